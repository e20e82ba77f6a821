"""DMS replication: status and lag of one task.

A stopped task has no lag, and a task without fresh datapoints has an unknown one:
neither is ever taken for a lag of zero.  Lag is `CDCLatencyTarget` (AWS DMS user guide,
"Monitoring AWS DMS tasks"), published once a minute and some minutes late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from shifter.core.gates.gate import Gate, OnBad, Reading, Situation, State, Verdict
from shifter.core.quantities import Duration, format_duration

_RUNNING = "running"
_BROKEN = frozenset({"stopped", "stopping", "failed", "deleting", "failed-move"})


@dataclass(frozen=True, slots=True)
class Lag:
    """One datapoint of the lag metric."""

    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class ReplicationSeen:
    """A DMS task as DMS and CloudWatch tell it."""

    status: str | None
    """None when no such task exists."""
    stop_reason: str = ""
    tables_errored: int = 0
    lags: tuple[Lag, ...] = ()
    """Oldest first."""


class ReplicationGate(Gate[ReplicationSeen]):
    """Passes while the task runs without failed tables and its lag is small, fresh."""

    kind: Literal["replication"] = "replication"
    task: str
    """Name of the task in the topology."""
    hold_above: Duration
    """Lag above this waits."""
    breach_above: Duration | None = None
    """Breaches when `datapoints` in a row are above; None: lag only ever holds."""
    datapoints: int = Field(default=3, ge=1, le=15)
    """Datapoints in a row that make a breach; there is one a minute."""
    stale_after: Duration = Field(default=timedelta(minutes=5))
    """A datapoint older than this says nothing: no data."""
    on_failed: OnBad = OnBad.ROLL_BACK
    """What a task that has stopped or failed, or tables in error, lead to."""

    @field_validator("breach_above")
    @classmethod
    def _ordered(
        cls, found: timedelta | None, known: ValidationInfo
    ) -> timedelta | None:
        hold_above = known.data.get("hold_above")  # missing where it is wrong itself
        if found is not None and hold_above is not None and found <= hold_above:
            told = format_duration(hold_above)
            raise ValueError(f"more than hold_above, which is {told}")
        return found

    def look(
        self, seen: ReplicationSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        if seen.status is None:
            return self._tell(State.NO_DATA, f"no DMS task for {self.task}")
        if seen.status in _BROKEN:
            reason = f": {seen.stop_reason}" if seen.stop_reason else ""
            return self._tell(
                State.BAD, f"task is {seen.status}{reason}", self.on_failed.verdict
            )
        if seen.status != _RUNNING:
            return self._tell(State.NO_DATA, f"task is {seen.status}")
        if seen.tables_errored:
            return self._tell(
                State.BAD,
                f"{seen.tables_errored} tables in error",
                self.on_failed.verdict,
            )
        return self._judge_lag(seen.lags, situation.now)

    def _judge_lag(
        self, lags: tuple[Lag, ...], now: datetime
    ) -> tuple[Reading, Verdict]:
        if not lags or now - lags[-1].at > self.stale_after:
            return self._tell(
                State.NO_DATA,
                f"no lag datapoint in the last {format_duration(self.stale_after)}",
            )
        newest = lags[-1]
        detail = f"lag {newest.seconds:.0f} s"
        recent = lags[-self.datapoints :]
        if (
            self.breach_above is not None
            and len(recent) == self.datapoints
            and all(lag.seconds > self.breach_above.total_seconds() for lag in recent)
        ):
            return self._tell(
                State.BAD,
                f"{detail}, above {format_duration(self.breach_above)} "
                f"for {self.datapoints} datapoints",
                Verdict.BREACH,
                newest,
            )
        if newest.seconds > self.hold_above.total_seconds():
            return self._tell(
                State.BAD,
                f"{detail}, above {format_duration(self.hold_above)}",
                Verdict.WAIT,
                newest,
            )
        return self._tell(State.GOOD, detail, Verdict.WAIT, newest)

    def _tell(
        self,
        state: State,
        detail: str,
        bad: Verdict = Verdict.WAIT,
        newest: Lag | None = None,
    ) -> tuple[Reading, Verdict]:
        return (
            Reading(
                state=state,
                detail=detail,
                value=newest.seconds if newest else None,
                unit="s" if newest else "",
                source=f"DMS task {self.task}",
                at=newest.at if newest else None,
            ),
            bad,
        )
