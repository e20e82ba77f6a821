"""Evidence that green is worse than blue, or good enough for the next weight.

Two questions, and two kinds of evidence (docs/evidence.md says what they guarantee):

ROLLBACK needs *relative* evidence: green worse than blue in the same intervals.  A
fault that hurts both is no reason to leave green.  It may be asked for at any time.
ADVANCE needs *absolute* evidence: enough requests that green served well to say that
the next weight costs at most a budget of bad ones.
HOLD is the rest.  PAUSE: a person decides.  DONE: the last weight was clean.

Each closed interval counts once, in order.  What cannot be used is refused and changes
nothing.  Pure: the caller says what time it is, and keeps the state, which is small.
"""

from __future__ import annotations

from math import isfinite, log

from shifter.core.comparison import Comparison, Edge, summed
from shifter.core.counts import Counts, Unusable, added, checked, checked_pair
from shifter.core.evidence_parameters import Parameters
from shifter.core.evidence_state import VERSION, State, check_state
from shifter.core.permission import Permission

ANSWERS = {
    "worse": "ROLLBACK",
    "changed": "PAUSE",
    "timed_out": "PAUSE",
    "suspected": "HOLD",
    "blue_sick": "HOLD",
    "silent": "HOLD",
    "watching": "HOLD",
    "too_early": "HOLD",
    "too_little": "HOLD",
    "watched": "DONE",
    "enough": "ADVANCE",
}
"""What each rule answers; they are tried in this order."""

_HIGHEST_RATE = 0.49


class Evidence:
    """What is known about green, from the first interval of a cutover to the last.

    `rpm` is blue's requests per minute before the cutover, `hist_rate` its fractions of
    failed and of slow ones, and `phi` how far its failures come in clumps: `baseline`
    finds all three.  Parameters are chosen by name.
    """

    def __init__(
        self,
        rpm: float,
        hist_rate: tuple[float, float],
        phi: float = 1.0,
        **parameters: float | tuple[float, ...],
    ) -> None:
        failed, slow = hist_rate
        if not 0.0 < rpm < float("inf"):
            raise Unusable(f"rpm: {rpm}: must be above 0")
        if not (0.0 < failed < _HIGHEST_RATE and 0.0 < slow < _HIGHEST_RATE):
            raise Unusable(
                f"hist_rate: {hist_rate}: must be two rates above 0 and below "
                f"{_HIGHEST_RATE}: use (events + 0.5) / (requests + 1)"
            )
        if not 1.0 <= phi < float("inf"):
            raise Unusable(f"phi: {phi}: must be at least 1")
        self.parameters = Parameters(**parameters)
        self.steps = range(len(self.parameters.ladder))
        self.before = (float(rpm), float(failed), float(slow), float(phi))
        """What blue was like before the cutover."""
        self.comparison = Comparison(self.parameters, float(phi))
        self.permission = Permission(
            self.parameters, float(rpm), (float(failed), float(slow))
        )
        self.checksum = self.parameters.checksum(*self.before)
        self.gathered_with = self.checksum
        """Checksum of the parameters that the evidence was gathered with."""
        self.crossed_at: float | None = None
        """When the evidence sufficed to roll back; nothing later revokes it."""
        self.stamp: float | None = None
        """End of the newest interval that was taken."""
        self.miss = 0
        """Intervals in a row without usable counts."""
        self.green: Counts = (0, 0, 0)
        self.blue: Counts = (0, 0, 0)
        """Counts at the present step, for the explanation."""
        self.log_e = 0.0
        """How much speaks for "green is worse than blue", as a logarithm."""

    def update(
        self,
        *,
        now: float,
        step: int,
        blue: Counts,
        green: Counts,
        history: Counts | None = None,
        edge_2: Edge | None = None,
        whole: bool = True,
        missing: bool = False,
    ) -> bool:
        """Take one closed interval, and tell whether it counted as evidence.

        `now` is the end of the interval, in seconds: the same one again does nothing.
        `edge_2` has blue's and green's counts at a second edge, `history` is a block of
        blue's past that was not used before, `whole` says that the interval began after
        the last change of weights took effect, and `missing` that counts are unknown.
        """
        self._check(now, step)
        if self.stamp is not None and now <= self.stamp:
            if now == self.stamp:
                return False
            raise Unusable(
                f"now: {now:g}: lies before {self.stamp:g}, which was taken already: "
                "give closed intervals in order, once each"
            )
        if missing:
            self._take(now, step)
            self.miss += 1
            return False
        edges = [(checked("blue", blue), checked("green", green))]
        if edge_2 is not None:
            edges.append(checked_pair("edge_2", edge_2))
        past = None if history is None else checked("history", history)

        self._take(now, step)
        all_blue, all_green = summed(edges)
        if all_green[0] == 0:
            self.miss += 1
            return False
        self.miss = 0
        self.comparison.weigh(step, edges, past)
        self.permission.take(now, blue=all_blue, green=all_green, whole=whole)
        self.blue, self.green = added(self.blue, all_blue), added(self.green, all_green)
        self.log_e = self.comparison.log_e()
        if self.crossed_at is None and self.log_e >= -log(self.parameters.alpha):
            self.crossed_at = self.stamp
        return True

    def decide(self, *, now: float, step: int, since_step_s: float) -> str:
        """ROLLBACK, ADVANCE, HOLD, PAUSE or DONE; may be asked at any time."""
        return ANSWERS[self.rule(now=now, step=step, since_step_s=since_step_s)]

    def rule(self, *, now: float, step: int, since_step_s: float) -> str:
        """The first rule that matches; ANSWERS has them all."""
        self._check(now, step)
        chosen, permission = self.parameters, self.permission
        here = step == permission.step
        if self.crossed_at is not None:
            return "worse"
        if self.gathered_with != self.checksum:
            return "changed"
        if since_step_s > chosen.dwell_s:
            return "timed_out"
        if self.log_e >= log(chosen.hold_e):
            return "suspected"
        if now < permission.sick_until:
            return "blue_sick"
        if self._is_silent(now):
            return "silent"
        last = step == self.steps[-1]
        if last and since_step_s < chosen.final_s:
            return "watching"
        if not here or permission.whole < chosen.min_whole:
            return "too_early"
        if since_step_s < chosen.min_bake_s:
            return "too_early"
        if not permission.is_given():
            return "too_little"
        return "watched" if last else "enough"

    def _is_silent(self, now: float) -> bool:
        """No data is never good news: neither counts that are missing nor none."""
        chosen = self.parameters
        if self.miss >= chosen.stale_intervals:
            return True
        patience = chosen.settle_s + chosen.stale_intervals * chosen.period_s
        return self.stamp is not None and now - self.stamp > patience

    def _check(self, now: float, step: int) -> None:
        if not isfinite(now):
            raise Unusable(f"now: {now}: must be a number of seconds")
        if step not in self.steps:
            last = self.steps[-1]
            raise Unusable(f"step: {step}: must be a whole number from 0 to {last}")

    def _take(self, now: float, step: int) -> None:
        """Remember that this interval was taken; another step begins anew."""
        self.stamp = float(now)
        if step != self.permission.step:
            self.permission.enter(step)
            self.blue = self.green = (0, 0, 0)

    # --- the state, between two polls -----------------------------------------------

    def to_state(self) -> State:
        """Everything that was learnt, as strict JSON: null is minus infinity."""
        return {
            "v": VERSION,
            "parameters": self.gathered_with,
            "before": list(self.before),
            "stamp": self.stamp,
            "crossed_at": self.crossed_at,
            "miss": self.miss,
            "blue": list(self.blue),
            "green": list(self.green),
            **self.comparison.to_state(),
            **self.permission.to_state(),
        }

    def load_state(self, state: State) -> Evidence:
        """Go on from a state; one that was gathered with other parameters pauses."""
        check_state(state, len(self.steps))
        self.gathered_with = state["parameters"]
        self.stamp, self.crossed_at = state["stamp"], state["crossed_at"]
        self.miss = state["miss"]
        self.blue = checked("blue", state["blue"])
        self.green = checked("green", state["green"])
        self.comparison.load_state(state)
        self.permission.load_state(state)
        self.log_e = self.comparison.log_e()
        return self
