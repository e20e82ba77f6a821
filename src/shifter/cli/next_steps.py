"""What an operator can type next: the same words at the end of every view.

Rules of this file
* The command that helps most comes first: what is dead or stuck waits for one thing.
* No command is told that would be refused, or that would end at once.
"""

from __future__ import annotations

from shifter.cli.following import View
from shifter.core.gates.approval import ApprovalGate
from shifter.core.phases import GOING_BACK
from shifter.core.record import Record


def what_next(view: View) -> tuple[str, ...]:
    """What an operator can type next, for this phase."""
    record = view.record
    if view.ended:
        return (f"shifter explain {record.cutover_id}",)
    if view.stuck:
        return ("shifter status", "shifter explain", "shifter resolve --reason TEXT")
    if view.nobody_looks:
        return ("shifter rollback --reason TEXT", "shifter explain")
    if record.phase in GOING_BACK:
        return ("shifter watch", "shifter explain")
    asked = [
        f"shifter {answer}"
        for judged in view.judgements
        if judged.kind == "approval" and judged.gate in record.waiting
        for answer in (
            f"approve {judged.gate} --reason TEXT{_by_whom(record, judged.gate)}",
            f"decline {judged.gate} --reason TEXT",
        )
    ]
    hold = "resume" if record.pause or record.adopted else "pause"
    return (
        *asked,
        f"shifter {hold} --reason TEXT",
        "shifter rollback --reason TEXT",
    )


def _by_whom(record: Record, gate: str) -> str:
    """Who may not approve, as a comment of the shell: what is typed stays whole."""
    found = next((g for g in record.plan.all_gates if g.name == gate), None)
    if not isinstance(found, ApprovalGate) or found.allow_starter:
        return ""
    return f"  # somebody else than {record.started_by.rpartition('/')[2]} must"
