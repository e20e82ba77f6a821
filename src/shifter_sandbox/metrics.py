"""Metrics: datapoints by minute, which become visible late, as CloudWatch's do.

Rules: a datapoint belongs to the minute in which it was measured and is stamped with
that minute's start; one of an `AWS/...` namespace becomes visible 60 to 180 seconds
after that start, the same delay in every run of one seed; others at once.  Metrics of
high resolution have datapoints of ten seconds instead.  Delivery may stop for a while:
what was measured meanwhile never arrives.  Dimensions match exactly or not at all.
Percentiles are nearest rank over the values themselves; AWS interpolates its own way,
so judge data whose percentile is clear.  So are trimmed counts.

Sources: Amazon CloudWatch user guide, "Metrics concepts" (periods, percentiles,
dimensions, high resolution) and "CloudWatch statistics definitions" (`TC`: lower bounds
are exclusive); CloudWatch API reference, "GetMetricData", "PutMetricData".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from zlib import crc32

from shifter_sandbox.clock import MINUTE, minute_of
from shifter_sandbox.wire import Refused

VISIBLE_AFTER = (60, 180)
"""Seconds from a minute's start to the moment at which its datapoint can be read."""
TEN_SECONDS = timedelta(seconds=10)
HIGH_RESOLUTION = frozenset({"Shifter/Application"})
"""Namespaces whose metrics have datapoints of ten seconds."""
_PERCENT = 100
_OVER = re.compile(r"TC\((\d+(?:\.\d+)?):\)")


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; moto's parsers give UTC without saying so."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Series:
    """The name of one metric: namespace, name and all of its dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @property
    def resolution(self) -> timedelta:
        """Span of one datapoint."""
        return TEN_SECONDS if self.namespace in HIGH_RESOLUTION else MINUTE

    def start(self, moment: datetime) -> datetime:
        """Start of the datapoint that a moment belongs to."""
        return moment - (moment - minute_of(moment)) % self.resolution

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Series:
        return cls(namespace, name, frozenset(dimensions.items()))

    def __str__(self) -> str:
        named = ",".join(f"{k}={v}" for k, v in sorted(self.dimensions))
        return f"{self.namespace}/{self.name}[{named}]"


@dataclass(slots=True)
class Datapoint:
    """What was measured in one minute, or in ten seconds."""

    total: float = 0.0
    count: float = 0.0
    minimum: float = float("inf")
    maximum: float = float("-inf")
    values: dict[float, float] = field(default_factory=dict)

    def add(self, value: float, count: float = 1.0) -> None:
        """Add `count` measurements of the same value."""
        self.merge_statistics(value * count, count, value, value)
        self.values[value] = self.values.get(value, 0.0) + count

    def merge_statistics(
        self, total: float, count: float, minimum: float, maximum: float
    ) -> None:
        """Add measurements of which only the statistics are known."""
        self.total += total
        self.count += count
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)

    def statistic(self, name: str) -> float:
        """One statistic; refuses those that the sandbox does not know."""
        match name:
            case "Sum":
                return self.total
            case "SampleCount":
                return self.count
            case "Average":
                return self.total / self.count
            case "Minimum":
                return self.minimum
            case "Maximum":
                return self.maximum
            case _:
                return self._by_percentile(name)

    def _by_percentile(self, name: str) -> float:
        over = _OVER.fullmatch(name)
        if over is not None:
            least = float(over[1])
            return sum(count for value, count in self.values.items() if value > least)
        if name[:1] == "p" and name[1:].replace(".", "", 1).isdigit():
            return self._percentile(float(name[1:]))
        raise NotImplementedError(f"the sandbox has no statistic {name}")

    def _percentile(self, percent: float) -> float:
        rank = ceil(sum(self.values.values()) * percent / _PERCENT)
        seen = 0.0
        for value in sorted(self.values):
            seen += self.values[value]
            if seen >= rank:
                return value
        raise NotImplementedError("percentiles need values, not statistic sets")


@dataclass
class Silence:
    """A span of time from which the datapoints of some metrics never arrive."""

    begins: datetime
    namespace: str
    name: str
    """Of the metric; empty for all of the namespace."""
    ends: datetime | None = None

    def holds_back(self, series: Series, minute: datetime) -> bool:
        return (
            series.namespace == self.namespace
            and self.name in {"", series.name}
            and minute + series.resolution > self.begins
            and (self.ends is None or minute < self.ends)
        )


class Metrics:
    """All datapoints of one account."""

    def __init__(self, seed: int) -> None:
        self.silences: list[Silence] = []
        self._seed = seed
        self._minutes: dict[Series, dict[datetime, Datapoint]] = defaultdict(dict)

    @property
    def series(self) -> tuple[Series, ...]:
        """Every metric that has a datapoint."""
        return tuple(self._minutes)

    def at(self, series: Series, moment: datetime) -> Datapoint:
        """The datapoint to add measurements of this moment to."""
        return self._minutes[series].setdefault(series.start(moment), Datapoint())

    def record(
        self, series: Series, moment: datetime, values: Mapping[float, float]
    ) -> None:
        """Add measurements: value to number of times."""
        datapoint = self.at(series, moment)
        for value, count in values.items():
            datapoint.add(value, count)

    def visible_at(self, series: Series, minute: datetime) -> datetime:
        """When the datapoint of a minute can be read."""
        if not series.namespace.startswith("AWS/"):
            return minute
        soonest, latest = VISIBLE_AFTER
        mixed = crc32(f"{self._seed}|{series}|{minute:%Y%m%d%H%M}".encode())
        return minute + timedelta(seconds=soonest + mixed % (latest - soonest + 1))

    def period(
        self, series: Series, start: datetime, seconds: int, now: datetime
    ) -> Datapoint | None:
        """What is visible of one period; None when nothing is."""
        minutes = self._minutes.get(series)
        if minutes is None:
            return None
        resolution = series.resolution
        many = timedelta(seconds=seconds) // resolution
        found = [
            minutes[minute]
            for minute in (start + resolution * n for n in range(many))
            if minute in minutes
            and self.visible_at(series, minute) <= now
            and not any(s.holds_back(series, minute) for s in self.silences)
        ]
        if len(found) <= 1:
            return found[0] if found else None
        merged = Datapoint()
        for point in found:
            merged.merge_statistics(
                point.total, point.count, point.minimum, point.maximum
            )
            for value, count in point.values.items():
                merged.values[value] = merged.values.get(value, 0.0) + count
        return merged

    def statistics(
        self,
        series: Series,
        statistic: str,
        *,
        start: datetime,
        end: datetime,
        period: int,
        now: datetime,
    ) -> list[tuple[datetime, float]]:
        """Visible values of the periods that start in [start, end), oldest first."""
        Datapoint(1, 1, 1, 1, {1: 1}).statistic(statistic)
        resolution = int(series.resolution.total_seconds())
        if period % resolution:
            told = f"Period {period} is no multiple of {resolution}"
            raise Refused("ValidationError", told)
        first = int(utc(start).timestamp()) // period * period
        moment = datetime.fromtimestamp(first, tz=UTC)
        found = []
        while moment < utc(end):
            datapoint = self.period(series, moment, period, now)
            if datapoint is not None:
                found.append((moment, datapoint.statistic(statistic)))
            moment += timedelta(seconds=period)
        return found
