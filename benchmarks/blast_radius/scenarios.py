"""The scenarios: what happens to green, to both colours and to the telemetry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TICK_SECONDS = 10
PER_MINUTE = 6


class Kind(StrEnum):
    """What would be the right end."""

    HEALTHY = "healthy"
    FAULT = "fault"
    SHARED = "shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One world.  Rates are fractions of requests, times are minutes."""

    name: str
    kind: Kind
    base: float = 0.001
    """Blue's error rate."""
    traffic: float | None = None
    """Fraction of the usual traffic; None: anything from half to 1.6 times."""
    added: float = 0.0
    """Errors that green adds."""
    late: bool = False
    """Whether the fault starts 3 to 12 minutes after the first request, not at once."""
    from_weight: float = 0.0
    """The fault shows only from this weight on."""
    leak: tuple[float, float] | None = None
    """Errors that green adds at the end of so many minutes, rising evenly."""
    slower: bool = False
    """Whether green's slowest requests take half as long again."""
    warm_up: tuple[float, float, float] | None = None
    """Minutes, added errors, and how many times more slow requests."""
    clump: int = 1
    """So many errors come together."""
    incidents: tuple[float, float] | None = None
    """Incidents of a minute on both colours: per hour, and their error rate."""
    shared: tuple[float, float, float] | None = None
    """From minute, to minute, errors added on both colours."""
    lost: float = 0.0
    """Fraction of ticks without telemetry."""
    holes: float = 0.0
    """Holes of five minutes in the telemetry, per minute."""

    @property
    def ratio(self) -> float | None:
        """Green's rate of bad requests over blue's; None where it moves."""
        if self.kind is not Kind.FAULT or self.leak or self.slower:
            return None
        return min(self.base + self.added, 1.0) / self.base


ALL = (
    Scenario(name="healthy 0.1 %", kind=Kind.HEALTHY, base=0.001),
    Scenario(name="healthy 0.5 %", kind=Kind.HEALTHY, base=0.005),
    Scenario(
        name="healthy, incidents on both",
        kind=Kind.HEALTHY,
        base=0.005,
        incidents=(1.0, 0.03),
    ),
    Scenario(name="healthy at night", kind=Kind.HEALTHY, base=0.001, traffic=0.05),
    Scenario(
        name="healthy, gaps", kind=Kind.HEALTHY, base=0.001, lost=0.1, holes=1 / 40
    ),
    Scenario(name="healthy, clumps of 4", kind=Kind.HEALTHY, base=0.001, clump=4),
    Scenario(
        name="healthy, warming up",
        kind=Kind.HEALTHY,
        base=0.001,
        warm_up=(1.0, 0.02, 3.0),
    ),
    Scenario(name="x2", kind=Kind.FAULT, added=0.001),
    Scenario(name="x5", kind=Kind.FAULT, added=0.004),
    Scenario(name="+1 %", kind=Kind.FAULT, added=0.01),
    Scenario(name="+1 % on 0.5 %", kind=Kind.FAULT, base=0.005, added=0.01),
    Scenario(name="+5 %", kind=Kind.FAULT, added=0.05),
    Scenario(name="+5 % later", kind=Kind.FAULT, added=0.05, late=True),
    Scenario(name="outage", kind=Kind.FAULT, added=0.999),
    Scenario(name="outage later", kind=Kind.FAULT, added=0.999, late=True),
    Scenario(name="leak", kind=Kind.FAULT, leak=(0.20, 60.0)),
    Scenario(name="latency", kind=Kind.FAULT, slower=True),
    Scenario(name="+5 % from 25 %", kind=Kind.FAULT, added=0.05, from_weight=0.25),
    Scenario(name="+5 % at night", kind=Kind.FAULT, added=0.05, traffic=0.05),
    Scenario(name="+5 %, gaps", kind=Kind.FAULT, added=0.05, lost=0.1, holes=1 / 40),
    Scenario(name="both +5 %, early", kind=Kind.SHARED, shared=(8.0, 23.0, 0.05)),
    Scenario(name="both +5 %, late", kind=Kind.SHARED, shared=(26.0, 41.0, 0.05)),
)
BY_NAME = {scenario.name: scenario for scenario in ALL}
