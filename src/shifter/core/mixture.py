"""The mixture: how much one metric speaks for "green is worse than blue".

A bet against the null hypothesis that green's rate of bad events is at most `r0` times
blue's, whatever blue's rate does.  Given that m bad events fell on both colours in an
interval, the null says that each fell on green with a probability of at most `pi`.
Each alternative `rho` in RHO says: green's rate is rho * r0 times blue's.

The bet begins anew with every interval ("the fault starts now"), each time with a part
`w` of the capital that was fixed before the interval was seen.  All parts together are
at most 1, so the capital is an e-process: under the null it exceeds 1/alpha with a
probability of at most alpha, however often one looks (Ville's inequality).

Everything is a natural logarithm; minus infinity is the logarithm of nothing.
"""

from __future__ import annotations

from math import exp, inf, log, log1p

RHO = (2.0, 4.0, 10.0, 40.0)
"""The alternatives, as multiples of the null's ratio."""
_LOG_RHO = tuple(log(rho) for rho in RHO)
_LOG_ALTERNATIVES = log(len(RHO))


def log_add(a: float, b: float) -> float:
    """ln(e^a + e^b), without overflow."""
    if a < b:
        a, b = b, a
    return a if b == -inf else a + log1p(exp(b - a))


def share_under_null(green: float, blue: float, r0: float) -> float:
    """The largest share of all bad events that may fall on green under the null."""
    return r0 * green / (r0 * green + blue)


def tolls(pi: float) -> list[float]:
    """What each bad event on either colour costs, for each alternative."""
    return [log1p(pi * (rho - 1.0)) for rho in RHO]


def gains(on_green: int, on_both: int, event_tolls: list[float]) -> list[float]:
    """What the bad events of one interval add to each alternative's capital."""
    return [
        on_green * log_rho - on_both * toll
        for log_rho, toll in zip(_LOG_RHO, event_tolls, strict=True)
    ]


class Mixture:
    """The capital of each alternative, over all moments at which a fault may start."""

    __slots__ = ("log_s",)

    def __init__(self) -> None:
        self.log_s = [-inf] * len(RHO)

    def bet(self, increments: list[float], log_w: float) -> None:
        """Stake w on each alternative, then add what the interval brought.

        `log_add` is written out, because this is the innermost loop.
        """
        capital = []
        for log_s, increment in zip(self.log_s, increments, strict=True):
            less = log_w - log_s
            if less > 0.0:
                capital.append(log_w + log1p(exp(-less)) + increment)
            else:
                capital.append(log_s + log1p(exp(less)) + increment)
        self.log_s = capital

    def log_e(self, log_unspent: float) -> float:
        """The whole capital: what was not staked yet, and the alternatives' mean."""
        most = max(self.log_s)
        if most == -inf:
            return log_unspent
        total = 0.0
        for log_s in self.log_s:
            total += exp(log_s - most)
        return log_add(log_unspent, most + log(total) - _LOG_ALTERNATIVES)
