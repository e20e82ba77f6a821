"""What a function loads before it is called: the way back must not wait for more."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENGINE = {
    f"shifter.core.{name}"
    for name in (
        "comparison",
        "dossier",
        "evidence",
        "explanation",
        "mixture",
        "permission",
    )
}


def loaded_by(*statements: str) -> set[str]:
    told = "import sys; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", "\n".join((*statements, told))],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(printed.split())


@pytest.mark.parametrize("handler", ["roll_back", "breaker", "watchdog", "assess"])
def test_no_function_loads_the_evidence_engine_before_it_judges(handler: str) -> None:
    """Every one reads plans, and those may have the gate."""
    loaded = loaded_by(f"import shifter.handlers.{handler}")

    assert "shifter.core.gates.evidence" in loaded
    assert set() == ENGINE & loaded


def test_a_gate_that_judges_loads_it() -> None:
    """Or the test above would hold for a gate that never asks."""
    loaded = loaded_by(
        "from datetime import datetime, UTC",
        "from shifter.core.gates.evidence import EvidenceGate",
        "from shifter.core.gates.gate import Situation",
        "from shifter.core.outcomes import OutcomesSeen",
        "gate = EvidenceGate(name='proof', slow_above_ms=500)",
        "gate.judge(OutcomesSeen(), Situation(now=datetime.now(UTC)))",
    )

    assert {"shifter.core.dossier", "shifter.core.evidence"} <= loaded
