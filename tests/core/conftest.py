"""The profile of the property tests: enough examples, and no stopwatch on each."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "shifter",
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shifter")
