"""Which evidence gate of a plan a command means."""

from __future__ import annotations

from typing import Annotated

import typer

from shifter.core.errors import NotFound
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.plan import Plan

GateName = Annotated[
    str | None,
    typer.Option(
        "--gate", metavar="NAME", help="Which evidence gate; the first unless told."
    ),
]


def evidence_gate(plan: Plan, name: str | None, whose: str) -> EvidenceGate:
    """The evidence gate of this name, or the first.  Raises NotFound."""
    gates = [gate for gate in plan.gates if isinstance(gate, EvidenceGate)]
    found = next((gate for gate in gates if name in {None, gate.name}), None)
    if found is not None:
        return found
    known = ", ".join(gate.name for gate in gates) or "none"
    told = "an evidence gate" if name is None else f"an evidence gate {name}"
    raise NotFound(f"{whose} has not {told}: it has {known}")
