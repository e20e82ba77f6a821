"""Saving: a record, its journal entry and its notice always change together.

A notice is put into the record by the save that causes it, once for people and once for
systems, and taken out when it was sent.  So a crash between the two tells twice rather
than never, and a way that is broken keeps nothing back from the other one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from shifter.core.directive import Directive, Next
from shifter.core.errors import AwsError, Conflict, NotFound, Rejected
from shifter.core.gates.gate import Judgement
from shifter.core.grounds import Grounds
from shifter.core.journal import Entry
from shifter.core.notice import Notice, Severity, Way
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter.ports import Ports

Done = TypeVar("Done")

ATTEMPTS = 5
"""So often is an act tried when others save at the same moment."""
EVENTS_PER_VERB = 15
"""History events that one function and the states around it use, rounded up."""
QUEUED = 25
"""So many notices wait for one way: a record must never grow too large to be saved."""
LONGEST_REASON = 2_000
"""Characters of a reason that is told; the journal has all of it."""


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
    grounds: Grounds | None = None,
    notify: Severity | None = None,
) -> Record:
    """Save a changed record with its journal entry; return it as it was saved.

    `record` carries the changes, and still the version that was loaded; `before` is the
    phase that was loaded; a decision says on which `grounds` it was made.  Raises
    Conflict when someone else saved first.
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
        grounds=grounds,
        previous=record.journal_head,
    ).sealed()
    changes: dict[str, Any] = {
        "version": record.version + 1,
        "journal_length": entry.number,
        "journal_head": entry.hash,
    }
    if notify is not None:
        notice = _notice(record, entry, notify)
        changes["outbox"] = _queued(record.outbox, notice)
        changes["unannounced"] = _queued(record.unannounced, notice)
    saved = record.model_copy(update=changes)
    ports.store.save(saved, entry)
    return saved


def _notice(record: Record, entry: Entry, severity: Severity) -> Notice:
    """What is told of a save; a reason that is too long to keep ends early."""
    return Notice(
        severity=severity,
        environment=record.environment,
        cutover_id=record.cutover_id,
        at=entry.at,
        phase=entry.phase,
        step=entry.step,
        steps=len(record.plan.steps),
        action=entry.action,
        rule=entry.rule,
        reason=entry.reason[:LONGEST_REASON],
        journal_head=entry.hash,
    )


def _queued(waiting: tuple[Notice, ...], notice: Notice) -> tuple[Notice, ...]:
    """One more notice; a full queue lets go of its oldest, of pages only at last."""
    queue = [*waiting, notice]
    if len(queue) > QUEUED:
        calm = (n for n, old in enumerate(queue) if old.severity is Severity.INFO)
        del queue[next(calm, 0)]
    return tuple(queue)


def persistently(once: Callable[[], Done]) -> Done:
    """Do it again, on what somebody else has saved at the same moment."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Conflict):
            return once()
    return once()


def deliver(ports: Ports, record: Record) -> Record:
    """Send what waits to be sent; what cannot be sent stays for later.

    Never raises for a notice: telling people must not keep traffic from safety.
    """
    told = _sent(ports, record.outbox, Way.PEOPLE)
    announced = _sent(ports, record.unannounced, Way.SYSTEMS)
    if not told and not announced:
        return record
    newest = (told or announced)[-1].subject
    count = f"{len(told)} sent" if told else f"{len(announced)} announced"
    try:
        return save(
            ports,
            record.model_copy(
                update={
                    "outbox": _without(record.outbox, told),
                    "unannounced": _without(record.unannounced, announced),
                }
            ),
            now=ports.clock.now(),
            actor="notifier",
            action="notify",
            rule="outbox",
            reason=f"{count}: {newest}",
            before=record.phase,
        )
    except (AwsError, Conflict):
        return record


def _sent(ports: Ports, waiting: tuple[Notice, ...], way: Way) -> list[Notice]:
    """Send the notices that wait for one way, until it fails; return those that went.

    One that is refused for itself is passed over: the next may be accepted.
    """
    sent: list[Notice] = []
    for notice in waiting:
        try:
            ports.notifier.send(notice, (way,))
        except Rejected:
            continue
        except AwsError:
            break
        sent.append(notice)
    return sent


def _without(waiting: tuple[Notice, ...], sent: list[Notice]) -> tuple[Notice, ...]:
    return tuple(notice for notice in waiting if notice not in sent)


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
