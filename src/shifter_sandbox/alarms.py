"""Alarms: evaluated each virtual minute from the datapoints that are visible then.

Rules, from the Amazon CloudWatch user guide, "Evaluating an alarm" and "Configuring how
CloudWatch alarms treat missing data": a new alarm is INSUFFICIENT_DATA; the evaluation
range is a little longer than the evaluation periods; with enough real datapoints in it,
how missing data are treated does not matter; otherwise what is missing is filled in.
A period counts as missing only when its datapoint cannot come any more, so an alarm
lags its metric and never fires because a datapoint is late.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from shifter_sandbox.clock import MINUTE, minute_of
from shifter_sandbox.metrics import VISIBLE_AFTER, Metrics, Series

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

BEYOND = 2
"""Periods by which the evaluation range exceeds the evaluation periods."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, bound: value > bound,
    "GreaterThanOrEqualToThreshold": lambda value, bound: value >= bound,
    "LessThanThreshold": lambda value, bound: value < bound,
    "LessThanOrEqualToThreshold": lambda value, bound: value <= bound,
}


def supported(comparison: str) -> bool:
    """Tell whether a comparison can be evaluated here."""
    return comparison in _COMPARE


def evaluate(alarm: Any, metrics: Metrics, now: datetime) -> tuple[State, str]:
    """The state that an alarm of moto's has now, and AWS's kind of reason."""
    points = _breaches(alarm, metrics, now)
    needed = int(alarm.evaluation_periods)
    out_of = int(alarm.datapoints_to_alarm or needed)
    state = judge(
        points,
        needed=needed,
        to_alarm=out_of,
        missing=alarm.treat_missing_data or "missing",
        current=alarm.state_value,
    )
    real = [point for point in points if point is not None][-needed:]
    crossed = sum(real)
    return state, (
        f"Threshold Crossed: {crossed} out of the last {len(real)} datapoints were "
        f"beyond the threshold ({alarm.threshold}) (minimum {out_of} datapoints for "
        "OK -> ALARM transition)."
        if real
        else f"No datapoints were received for {needed} periods; "
        f"missing data is treated as {alarm.treat_missing_data or 'missing'}."
    )


def judge(
    points: list[bool | None],
    *,
    needed: int,
    to_alarm: int,
    missing: str,
    current: State,
) -> State:
    """The state that a range of datapoints means: breaching, not breaching, missing.

    `points` is the evaluation range, oldest first; `to_alarm` of `needed` must breach.
    """
    real = [point for point in points if point is not None]
    if len(real) >= needed:
        return "ALARM" if sum(real[-needed:]) >= to_alarm else "OK"
    breaching = sum(real)
    match missing:
        case "breaching":
            filled = breaching + needed - len(real)
            return "ALARM" if filled >= to_alarm else "OK"
        case "notBreaching":
            return "ALARM" if breaching >= to_alarm else "OK"
        case _ if not real:
            return current if missing == "ignore" else "INSUFFICIENT_DATA"
        case _:
            return _by_what_is_there(points, to_alarm, missing, current)


def _by_what_is_there(
    points: list[bool | None], to_alarm: int, missing: str, current: State
) -> State:
    """Too few datapoints, and nothing to fill in: `missing` and `ignore`."""
    real = [point for point in points if point is not None]
    breaching = sum(real)
    if breaching >= to_alarm:
        return "ALARM"
    if breaching < len(real):
        return "OK"
    # All that is known breaches, and it is too little.
    oldest = len(points) - points.index(True)
    old_enough = missing == "missing" and oldest >= to_alarm
    return "ALARM" if old_enough else current


def _breaches(alarm: Any, metrics: Metrics, now: datetime) -> list[bool | None]:
    period = int(alarm.period)
    span = timedelta(seconds=period)
    series = Series.of(
        alarm.namespace,
        alarm.metric_name,
        {dimension.name: dimension.value for dimension in alarm.dimensions},
    )
    late = timedelta(seconds=VISIBLE_AFTER[1]) - MINUTE
    if not series.namespace.startswith("AWS/"):
        late = timedelta(0)
    compare = _COMPARE[alarm.comparison_operator]
    statistic = alarm.statistic or alarm.extended_statistic
    newest = _aligned(now, period) - span
    points: list[bool | None] = []
    start = newest
    while len(points) < int(alarm.evaluation_periods) + BEYOND:
        found = metrics.period(series, start, period, now)
        may_come = start + span + late > now
        if found is not None:
            value = found.statistic(statistic)
            points.append(compare(value, float(alarm.threshold)))
        elif points or not may_come:
            points.append(None)
        start -= span
    points.reverse()
    return points


def _aligned(moment: datetime, period: int) -> datetime:
    seconds = int(minute_of(moment).timestamp()) // period * period
    return datetime.fromtimestamp(seconds, tz=moment.tzinfo)
