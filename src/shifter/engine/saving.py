"""Saving: a record, its journal entry and its notice always change together.

A notice is put into the record's outbox by the save that causes it and taken out when
it was sent, so a crash between the two tells people twice rather than never.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from shifter.core.directive import Directive, Next
from shifter.core.errors import AwsError, Conflict, NotFound
from shifter.core.gates.gate import Judgement
from shifter.core.journal import Entry
from shifter.core.notice import Notice, Severity
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter.ports import Ports

Done = TypeVar("Done")

ATTEMPTS = 5
"""So often is an act tried when others save at the same moment."""
EVENTS_PER_VERB = 15
"""History events that one function and the states around it use, rounded up."""


def load(ports: Ports, cutover_id: str) -> Record:
    """The record.  Raises NotFound."""
    record = ports.store.load(cutover_id)
    if record is None:
        raise NotFound(
            f"there is no cutover {cutover_id}: check the id, and the environment"
        )
    return record


def save(
    ports: Ports,
    record: Record,
    *,
    now: datetime,
    actor: str,
    action: str,
    rule: str,
    reason: str,
    before: Phase | None,
    judgements: tuple[Judgement, ...] = (),
    notify: Severity | None = None,
) -> Record:
    """Save a changed record with its journal entry; return it as it was saved.

    `record` carries the changes, and still the version that was loaded; `before` is the
    phase that was loaded.  Raises Conflict when someone else saved first.
    """
    entry = Entry(
        cutover_id=record.cutover_id,
        number=record.journal_length + 1,
        at=now,
        actor=actor,
        action=action,
        rule=rule,
        reason=reason,
        phase_before=before,
        phase=record.phase,
        step=record.step,
        judgements=judgements,
        previous=record.journal_head,
    ).sealed()
    outbox = record.outbox
    if notify is not None:
        outbox = (
            *outbox,
            Notice(
                severity=notify,
                environment=record.environment,
                cutover_id=record.cutover_id,
                at=now,
                phase=record.phase,
                step=record.step,
                steps=len(record.plan.steps),
                action=action,
                rule=rule,
                reason=reason,
                journal_head=entry.hash,
            ),
        )
    saved = record.model_copy(
        update={
            "version": record.version + 1,
            "journal_length": entry.number,
            "journal_head": entry.hash,
            "outbox": outbox,
        }
    )
    ports.store.save(saved, entry)
    return saved


def persistently(once: Callable[[], Done]) -> Done:
    """Do it again, on what somebody else has saved at the same moment."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Conflict):
            return once()
    return once()


def deliver(ports: Ports, record: Record) -> Record:
    """Send what is in the outbox and empty it; what cannot be sent stays for later.

    Never raises for a notice: telling people must not keep traffic from safety.
    """
    if not record.outbox:
        return record
    try:
        for notice in record.outbox:
            ports.notifier.send(notice)
        return save(
            ports,
            record.model_copy(update={"outbox": ()}),
            now=ports.clock.now(),
            actor="notifier",
            action="notify",
            rule="outbox",
            reason=f"{len(record.outbox)} sent: {record.outbox[-1].subject}",
            before=record.phase,
        )
    except (AwsError, Conflict):
        return record


def direct(record: Record, action: Next, until: datetime) -> Directive:
    """Tell the state machine what to do next with this record."""
    return Directive(
        cutover_id=record.cutover_id,
        owner=record.owner,
        version=max(record.decided, 1),
        action=action,
        until=until,
    )


def superseded(directive: Directive) -> Directive:
    """The directive for an execution that does not own the cutover (any more)."""
    return directive.model_copy(update={"action": Next.END_SUPERSEDED})


def ending(record: Record, ports: Ports) -> Directive:
    """The directive for a cutover that has ended, once everybody was told."""
    record, now = deliver(ports, record), ports.clock.now()
    if record.phase is Phase.COMPLETED:
        return direct(record, Next.END_COMPLETED, now)
    if record.proof is None:
        return direct(record, Next.FINISH, now)
    return direct(record, Next.END_ROLLED_BACK, now)
