"""rotations: what the end of a cutover tells whoever rotates the passwords.

What is asked before the beginning is in `readiness`: who only goes back does not wait
for the import of what the guard may answer.
"""

from __future__ import annotations

from contextlib import suppress

from shifter.core.errors import AwsError
from shifter.core.notice import Notice, Severity
from shifter.core.record import Record
from shifter.ports import Ports


def let_rotate(record: Record, ports: Ports) -> None:
    """Tell that the cutover has ended: what waited for it may go on.

    Never fails: whoever rotates looks at the lock every five minutes, too.
    """
    try:
        rotations = ports.rotations
        if rotations is not None:
            rotations.release()
    except AwsError as error:
        with suppress(AwsError):
            ports.notifier.send(_not_told(record, ports, error))


def _not_told(record: Record, ports: Ports, error: AwsError) -> Notice:
    return Notice(
        severity=Severity.INFO,
        environment=record.environment,
        cutover_id=record.cutover_id,
        at=ports.clock.now(),
        phase=record.phase,
        step=record.step,
        steps=len(record.plan.steps),
        action="let_rotate",
        rule="ended",
        reason="the guard of rotations was not told of the end, and finds it within "
        f"five minutes: {error}",
        journal_head=record.journal_head,
    )
