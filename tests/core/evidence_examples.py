"""Streams of traffic for the tests of the evidence engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from shifter.core.counts import Counts
from shifter.core.evidence import Evidence

VECTORS: dict[str, Any] = json.loads(
    Path(__file__).with_name("decision-engine-vectors.json").read_text("utf-8")
)
TOLERANCE: float = VECTORS["tolerance_abs"]

RPM = 833.0
BEFORE = (0.001, 0.01)
HEALTHY_BLUE: Counts = (825, 1, 8)
HEALTHY_GREEN: Counts = (8, 0, 0)
MINUTE = 60.0


def engine(**parameters: float | tuple[float, ...]) -> Evidence:
    return Evidence(RPM, BEFORE, 1.0, **parameters)


def again(evidence: Evidence) -> Evidence:
    """The same evidence, as the next poll finds it."""
    kept = json.dumps(evidence.to_state(), allow_nan=False)
    rpm, failed, slow, phi = evidence.before
    chosen = {"ladder": evidence.parameters.ladder}
    return Evidence(rpm, (failed, slow), phi, **chosen).load_state(json.loads(kept))


def fed(
    evidence: Evidence,
    *intervals: tuple[Counts, Counts],
    step: int = 0,
    whole: bool = True,
) -> Evidence:
    """Feed (blue, green) of the next minutes."""
    for blue, green in intervals:
        now = (evidence.stamp or 0.0) + MINUTE
        evidence.update(now=now, step=step, blue=blue, green=green, whole=whole)
    return evidence


def answer(evidence: Evidence, *, step: int = 0, since_step_s: float = 300.0) -> str:
    return evidence.decide(
        now=evidence.stamp or 0.0, step=step, since_step_s=since_step_s
    )


def counts(most: int = 2_000) -> st.SearchStrategy[Counts]:
    """Any counts of an interval."""
    return st.integers(0, most).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))
    )
