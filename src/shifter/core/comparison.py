"""The comparison: green's bad requests against blue's, in the same intervals.

Two metrics, failed and slow requests, have a mixture each; their mean is the evidence.
At each edge green is compared with blue at that edge, because another edge may have
other clients.  An edge where only one colour had traffic says nothing.

Where blue has next to no traffic, a block of its past may stand in for it.  Then twice
the ratio is tolerated, and a minute can add only so much, because an incident of the
present looks like a fault of green.
"""

from __future__ import annotations

from math import inf, log, log1p
from operator import add

from shifter.core.counts import Counts, added
from shifter.core.evidence_parameters import Parameters
from shifter.core.evidence_state import State
from shifter.core.mixture import RHO, Mixture, gains, log_add, share_under_null, tolls

Edge = tuple[Counts, Counts]
"""Blue's and green's counts at one edge."""

_LOG_2 = log(2.0)


def summed(edges: list[Edge]) -> Edge:
    """Blue's and green's counts over all edges."""
    blue, green = edges[0]
    for more_blue, more_green in edges[1:]:
        blue, green = added(blue, more_blue), added(green, more_green)
    return blue, green


class Comparison:
    """The relative evidence, from the first interval of a cutover to the last."""

    def __init__(self, parameters: Parameters, phi: float) -> None:
        self.parameters = parameters
        self.phi = phi
        """Only failures come in clumps."""
        even = 1.0 - parameters.w_first - parameters.w_steps
        self.even_stake = even * parameters.period_s / (60.0 * parameters.horizon_min)
        self.mixtures = (Mixture(), Mixture())
        self.spent = 0.0
        """How much of the capital was staked."""
        self.age = 0
        """Intervals that were weighed."""
        self.seen_step = -1
        """Step of the newest of them."""

    def log_e(self) -> float:
        """The evidence that green is worse than blue, as a logarithm."""
        unspent = log1p(-self.spent)
        errors, slow = [mixture.log_e(unspent) for mixture in self.mixtures]
        return log_add(errors, slow) - _LOG_2

    def weigh(self, step: int, edges: list[Edge], history: Counts | None) -> None:
        """Take one interval with requests on green."""
        chosen = self.parameters
        r0, cap = chosen.r0, inf
        if history is not None:
            blue, green = summed(edges)
            if blue[0] < chosen.hist_share * (green[0] + blue[0]):
                edges, r0 = [(history, green)], r0 * chosen.r_hist
                cap = chosen.hist_cap * chosen.period_s / 60.0
        priced = [
            (of_blue, of_green, tolls(share_under_null(of_green[0], of_blue[0], r0)))
            for of_blue, of_green in edges
            if of_blue[0] and of_green[0]
        ]
        log_w = log(self._stake(step))
        for k, mixture in enumerate(self.mixtures, 1):
            increments = [0.0] * len(RHO)
            for of_blue, of_green, event_tolls in priced:
                x, m = of_green[k], of_green[k] + of_blue[k]
                if m:
                    won = gains(x, m, event_tolls)
                    increments = list(map(add, increments, won))
            if k == 1 and self.phi != 1.0:
                increments = [won / self.phi for won in increments]
            if cap != inf and not self._is_gross(edges[0][1], k):
                increments = [min(won, cap) for won in increments]
            mixture.bet(increments, log_w)

    def _stake(self, step: int) -> float:
        """Take from the capital what is staked on a start with this interval."""
        chosen, rest = self.parameters, 1.0 - self.spent
        if step == self.seen_step:
            stake = self.even_stake
            if rest < chosen.w_tail:
                stake *= (rest / chosen.w_tail) ** 2
        elif self.age:
            stake = chosen.w_steps / (len(chosen.ladder) - 1)
        else:
            stake = chosen.w_first
        if self.age:
            stake = min(stake, rest / 2.0)
        self.age += 1
        self.seen_step = step
        self.spent += stake
        return stake

    def _is_gross(self, green: Counts, k: int) -> bool:
        """Tell whether so much of green is bad that no incident explains it."""
        chosen = self.parameters
        most = max(chosen.hist_uncap_x, chosen.hist_uncap_frac * green[0])
        return green[k] >= most

    def to_state(self) -> State:
        """What the next poll must know; null is minus infinity."""
        return {
            "log_s": [
                [None if log_s == -inf else log_s for log_s in mixture.log_s]
                for mixture in self.mixtures
            ],
            "spent": self.spent,
            "age": self.age,
            "seen_step": self.seen_step,
        }

    def load_state(self, state: State) -> None:
        """Go on from there."""
        for mixture, kept in zip(self.mixtures, state["log_s"], strict=True):
            mixture.log_s = [-inf if log_s is None else log_s for log_s in kept]
        self.spent, self.age = state["spent"], state["age"]
        self.seen_step = state["seen_step"]
