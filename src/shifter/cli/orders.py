"""Orders to a cutover that is under way; `control` takes them into its record."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from shifter.cli.asking import confirm, needed
from shifter.cli.connection import Connection
from shifter.cli.operated import AsJson, Id, Reason, Yes

Gate = Annotated[str, typer.Argument(metavar="GATE", help="Name of the approval gate.")]


def approve(
    to: Connection,
    *,
    gate: Gate,
    reason: Reason = None,
    cutover_id: Id = None,
    as_document: AsJson = False,
) -> None:
    """Approve at a gate that asks for it."""
    why = needed(reason)
    answer = to.order("approve", gate=gate, reason=why, cutover_id=cutover_id)
    _tell(f"Approved {gate}", answer, as_document=as_document)


def decline(
    to: Connection,
    *,
    gate: Gate,
    reason: Reason = None,
    cutover_id: Id = None,
    yes: Yes = False,
    as_document: AsJson = False,
) -> None:
    """Decline at a gate that asks: all goes back to blue."""
    why = needed(reason)
    confirm(f"Decline {gate}? Everything goes back to blue.", yes=yes)
    answer = to.order("decline", gate=gate, reason=why, cutover_id=cutover_id)
    _tell(f"Declined {gate}", answer, as_document=as_document)


def pause(
    to: Connection,
    *,
    reason: Reason = None,
    cutover_id: Id = None,
    as_document: AsJson = False,
) -> None:
    """Hold at the present step until somebody resumes.

    A breach still rolls back.
    """
    why = needed(reason)
    answer = to.order("pause", reason=why, cutover_id=cutover_id)
    _tell("Paused", answer, as_document=as_document)


def resume(
    to: Connection,
    *,
    reason: Reason = None,
    cutover_id: Id = None,
    as_document: AsJson = False,
) -> None:
    """Go on, at the weights of the present step.

    Weights that were changed by hand are made the step's again.
    """
    why = needed(reason)
    answer = to.order("resume", reason=why, cutover_id=cutover_id)
    _tell("Resumed", answer, as_document=as_document)


def resolve(
    to: Connection,
    *,
    reason: Reason = None,
    cutover_id: Id = None,
    yes: Yes = False,
    as_document: AsJson = False,
) -> None:
    """End a stuck rollback that was made safe by hand.

    It frees the environment. Every edge is looked at first: it is refused unless all of
    them are all blue, or all of them show the final step.
    """
    why = needed(reason)
    confirm("End the stuck rollback, and free the environment?", yes=yes)
    answer = to.order("resolve", reason=why, cutover_id=cutover_id)
    _tell("Resolved", answer, as_document=as_document)


def _tell(done: str, answer: dict[str, Any], *, as_document: bool) -> None:
    """What `control` answered: where the cutover stands with this order."""
    if as_document:
        print(json.dumps(answer, indent=2))
        return
    again = datetime.fromisoformat(answer["look_again_at"])
    print(
        f"{done}: {answer['cutover_id']} is {answer['phase']}, "
        f"step {answer['step']} of {answer['steps']}; "
        f"next look at {again:%H:%M:%S} UTC"
    )
    print(f"\n  shifter watch {answer['cutover_id']}")
