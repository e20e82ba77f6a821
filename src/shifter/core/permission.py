"""The permission to go on: green is good enough for the next weight.

Absolute evidence: a bet, for each metric, against "green's fraction of bad requests is
at least b + d".  b is blue's fraction of late, and d the margin: the excess at which
the next weight would cost `budget` bad requests before anybody could react.  Silence
wins nothing, and neither does time: only requests that green served well do.

It begins anew at every weight.  It may recover after an incident, so a permission that
comes wrongly costs exposure, never safety: the comparison goes on whatever it says.
"""

from __future__ import annotations

from math import ceil, log, log1p

from shifter.core.counts import Counts
from shifter.core.evidence_parameters import Parameters
from shifter.core.evidence_state import State

_HIGHEST = 0.999
"""No fraction of bad requests above this is tested."""


def margin(
    w_next: float, *, rpm: float, delay_min: float, budget: float, lo: float, hi: float
) -> float:
    """The largest excess for which `w_next` costs at most `budget` bad requests."""
    return min(max(budget / max(w_next * rpm * delay_min, 1e-9), lo), hi)


def gain(bad: float, requests: float, b: float, delta: float) -> float:
    """What requests add to the evidence that green is better than b + delta."""
    p0 = min(b + delta, _HIGHEST)
    return bad * log(b / p0) + (requests - bad) * (log1p(-b) - log1p(-p0))


class Permission:
    """The absolute evidence at the present weight, and what is known of blue."""

    def __init__(
        self, parameters: Parameters, rpm: float, hist_rate: tuple[float, float]
    ) -> None:
        self.parameters = parameters
        self.rpm = rpm
        self.hist_rate = hist_rate
        self.limits = [
            (before, max(2.0 * before, parameters.blue_cap)) for before in hist_rate
        ]
        self.fade = 0.5 ** (parameters.period_s / (60.0 * parameters.half_life_min))
        self.recent = [0.0, 0.0, 0.0]
        """Blue's requests, failed and slow ones of late, with a half-life."""
        self.sick_until = -1.0
        """Until when blue counts as sick itself."""
        self.enter(0)

    @property
    def enough(self) -> float:
        return -log(self.parameters.beta)

    def enter(self, step: int) -> None:
        """Begin anew at another weight."""
        self.step = step
        self.margins = self._margins()
        """The tolerated excess of failed and of slow requests."""
        self.whole = 0
        """Intervals that lie wholly at this weight."""
        self.arrived = [0, 0]
        """Requests on green and on blue in these, for the sample ratio."""
        self.gate = [0.0, 0.0]
        """The evidence for each metric, as a logarithm."""

    def take(self, now: float, *, blue: Counts, green: Counts, whole: bool) -> None:
        """Take one interval: follow blue, and count green if it is wholly here."""
        chosen, fade = self.parameters, self.fade
        _, sick_rate = self.limits[0]
        if blue[1] >= chosen.sick_min_events and blue[1] > sick_rate * blue[0]:
            self.sick_until = now + chosen.sick_hold_s
        n, failed, slow = self.recent
        self.recent = [
            n * fade + blue[0],
            failed * fade + blue[1],
            slow * fade + blue[2],
        ]
        if whole:
            self.whole += 1
            requests, failed, slow = green
            self.arrived = [self.arrived[0] + requests, self.arrived[1] + blue[0]]
            rate_failed, rate_slow = self.rates()
            margin_failed, margin_slow = self.margins
            had_failed, had_slow = self.gate
            self.gate = [
                max(had_failed, 0.0)
                + gain(failed, requests, rate_failed, margin_failed),
                max(had_slow, 0.0) + gain(slow, requests, rate_slow, margin_slow),
            ]

    def rates(self) -> tuple[float, float]:
        """Blue's fractions of failed and slow requests, as far as they may move."""
        n, failed, slow = self.recent
        (low_failed, high_failed), (low_slow, high_slow) = self.limits
        n = n or 1.0
        return (
            min(max(failed / n, low_failed), high_failed),
            min(max(slow / n, low_slow), high_slow),
        )

    def _margins(self) -> tuple[float, float]:
        chosen = self.parameters
        last = len(chosen.ladder) - 1
        if self.step >= last - 1:
            allowed = chosen.budget / (self.rpm * chosen.watch_min)
            allowed = min(max(allowed, chosen.d_final), chosen.d_final_hi)
            allowed = max(allowed, self.hist_rate[0])
            return allowed, max(chosen.slow_final, chosen.slow_mul * allowed)
        allowed = margin(
            chosen.ladder[min(self.step + 1, last)],
            rpm=self.rpm,
            delay_min=chosen.delay_min,
            budget=chosen.budget,
            lo=chosen.d_lo,
            hi=chosen.d_hi,
        )
        slow = chosen.slow_mul * allowed
        return allowed, min(max(slow, chosen.slow_lo), chosen.d_hi)

    def is_given(self) -> bool:
        """Tell whether both metrics allow the next weight."""
        return min(self.gate) >= self.enough

    def still_needed(self) -> int:
        """About how many more requests, as good as blue's, the next weight takes."""
        return max(
            ceil((self.enough - max(had, 0.0)) / gain(b, 1.0, b, delta))
            for had, b, delta in zip(self.gate, self.rates(), self.margins, strict=True)
        )

    def to_state(self) -> State:
        """What the next poll must know."""
        return {
            "step": self.step,
            "whole": self.whole,
            "arrived": list(self.arrived),
            "gate": list(self.gate),
            "recent": list(self.recent),
            "sick_until": self.sick_until,
        }

    def load_state(self, state: State) -> None:
        """Go on from there."""
        self.enter(state["step"])
        self.whole, self.arrived = state["whole"], list(state["arrived"])
        self.gate, self.recent = list(state["gate"]), list(state["recent"])
        self.sick_until = state["sick_until"]
