"""Flaws: whatever a run did or left behind that it must not, whichever its story.

Each check tells what is wrong, one sentence each; a run without flaws ended as told.
Nothing is taken from Shifter's own word where the world can be asked: shares are those
that the edges really had at each moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from shifter.core.hindsight import decided_otherwise
from shifter.core.journal import Entry, broken_at
from shifter.core.lanes import ALL_BLUE, Lane, Split, dns_weights, percent
from shifter.core.phases import ENDS, Action, Phase
from shifter_sandbox.play import Played
from shifter_sandbox.scenario import End
from shifter_sandbox.timeline import Shown

Check = Callable[[Played], Iterator[str]]


def flaws(played: Played) -> tuple[str, ...]:
    """Everything that is wrong with a run."""
    return tuple(told for check in CHECKS for told in check(played))


def the_end(played: Played) -> Iterator[str]:
    """It ends as its story says, for that reason, and the story took place."""
    scenario, record = played.scenario, played.record
    if record.phase != scenario.end.value:
        yield f"ended {record.phase}, not {scenario.end.value}: {record.reason}"
    if scenario.because not in record.reason:
        yield f"the reason does not say {scenario.because!r}: {record.reason}"
    for happening in scenario.happenings:
        if happening.told not in played.happened:
            yield f"it never happened that {happening.told}"
    for fault in played.faults:
        if not fault.hits:
            yield f"the fault of {fault.operation} never struck"


def what_the_story_shows(played: Played) -> Iterator[str]:
    """What the story promises besides its end is there."""
    yield from filter(None, (shows(played) for shows in played.scenario.shows))


def the_journal(played: Played) -> Iterator[str]:
    """The chain is whole, and ends at the record's head."""
    broken = broken_at(played.journal)
    if broken is not None:
        yield f"the journal is broken at entry {broken}"
    last = played.journal[-1]
    if (last.hash, len(played.journal)) != (
        played.record.journal_head,
        played.record.journal_length,
    ):
        yield "the journal does not end at the head that the record names"


def the_decisions(played: Played) -> Iterator[str]:
    """Each assessment tells its grounds, and follows from them once more."""
    for entry in played.journal:
        if entry.actor == "assess" and entry.grounds is None:
            yield f"entry {entry.number} decided without grounds"
    for entry, now in decided_otherwise(played.journal, played.record.plan):
        yield (
            f"entry {entry.number} decided {entry.action} by {entry.rule}, and now "
            f"it is {now.action} by {now.rule}: {now.reason}"
        )


def the_steps(played: Played) -> Iterator[str]:
    """No step is skipped, and none begins before the one before it was read back."""
    for before, entry in zip(played.journal, played.journal[1:], strict=False):
        if entry.step == before.step:
            continue
        ready = before.phase in {Phase.PREPARED, Phase.BAKING}
        if entry.step != before.step + 1 or not ready:
            yield (
                f"entry {entry.number} goes from step {before.step} in "
                f"{before.phase} to step {entry.step}"
            )


def the_share(played: Played) -> Iterator[str]:
    """No edge ever gives green more than the step that the journal has then."""
    for shown in played.timeline:
        allowed = _allowed(played, shown.at)
        if shown.by_hand or _within(shown, allowed):
            continue
        yield (
            f"{shown.edge} showed {shown.weights} at {shown.at:%H:%M:%S}, "
            f"when the step allowed {percent(allowed.share)}"
        )


def _allowed(played: Played, at: datetime) -> Split:
    """The largest split that the journal allows at a moment."""
    present = [entry for entry in played.journal if entry.at <= at]
    if not present or present[-1].phase is Phase.ROLLED_BACK:
        return ALL_BLUE
    return played.record.plan.split(present[-1].step)


def _within(shown: Shown, allowed: Split) -> bool:
    weights = shown.weights
    known = all(
        allowed.of(lane) or not weights.of(lane) for lane in Lane if lane != Lane.BLUE
    )
    # All-zero weights have a share of 1.
    return known and not weights.other and weights.share * 1000 <= allowed.share


def the_edges(played: Played) -> Iterator[str]:
    """COMPLETED is all green at every edge, ROLLED_BACK all blue without stickiness."""
    wanted = {
        End.COMPLETED: Split(green=1000),
        End.ROLLED_BACK: ALL_BLUE,
    }.get(played.scenario.end)
    if wanted is None:
        return
    for edge, weights in sorted(played.weights.items()):
        if not weights.matches(wanted):
            yield f"{edge} was left with {weights}, not {wanted}"
    if wanted == ALL_BLUE and played.sticky:
        yield f"{' and '.join(sorted(played.sticky))} still pins clients to a lane"


def the_names(played: Played) -> Iterator[str]:
    """DNS shows the plan's last share, or after a rollback what prepare found."""
    record = played.record
    share = record.baseline.dns_share
    if played.scenario.end is End.COMPLETED:
        share = record.dns_share
    if share is None or played.scenario.end is End.STUCK:
        return
    first, second = dns_weights(share)
    if played.dns != {"edge-1": first, "edge-2": second}:
        yield f"DNS was left with {dict(played.dns)}, not {first}/{second}"


def the_lock(played: Played) -> Iterator[str]:
    """The lock is free after an end, and held for as long as somebody must act."""
    if played.locked and played.record.phase in ENDS:
        yield "the environment is still locked"
    if not played.locked and played.record.phase not in ENDS:
        yield "the environment is not locked any more, and the cutover goes on"


def what_stays_open(played: Played) -> Iterator[str]:
    """No notice, no right to write, no suspension and no execution is left."""
    record = played.record
    if record.outbox:
        yield f"{len(record.outbox)} notices were never sent"
    if record.unannounced:
        yield f"{len(record.unannounced)} notices were never announced"
    if record.writes_end_at is not None and record.writes_end_at > played.ended:
        yield f"a write may still land until {record.writes_end_at:%H:%M:%S}"
    if played.scale_in_suspended and record.phase in ENDS:
        yield "scale-in of blue stays suspended"
    for execution in (*played.executions, *played.others):
        if execution.status == "RUNNING":
            yield f"execution {execution.name} still runs"


def the_notices(played: Played) -> Iterator[str]:
    """Each transition is told by an event and a message with the head of that save."""
    entries = {entry.hash: entry for entry in played.journal}
    details = [event["detail"] for event in played.events]
    for detail in details:
        entry = entries.get(detail["journal_head"])
        if entry is None:
            yield f"a notice names the head {detail['journal_head'][:8]} of no entry"
        elif not _tells(detail, entry):
            yield f"a notice tells entry {entry.number} otherwise than the journal"
    told = {detail["journal_head"] for detail in details}
    texts = "\n".join(str(message.get("message", "")) for message in played.messages)
    for entry in played.journal:
        if entry.phase_before is entry.phase:
            continue
        if entry.hash not in told or entry.hash not in texts:
            yield (
                f"nobody was told of entry {entry.number}, "
                f"{entry.phase_before} to {entry.phase}"
            )
    if played.record.phase not in {Phase.COMPLETED} and "PAGE" not in texts:
        yield f"{played.record.phase}, and nobody was paged"


def _tells(detail: dict[str, object], entry: Entry) -> bool:
    return (detail["phase"], detail["step"], detail["reason"]) == (
        entry.phase,
        entry.step,
        entry.reason,
    )


def the_execution(played: Played) -> Iterator[str]:
    """The last execution is red exactly when the cutover did not complete."""
    scenario, last = played.scenario, played.executions[-1]
    wanted: tuple[str, str | None] = {
        End.COMPLETED: ("SUCCEEDED", None),
        End.ROLLED_BACK: ("FAILED", "RolledBack"),
        End.STUCK: ("FAILED", "RollbackStuck"),
    }[scenario.end]
    if scenario.execution_gives_up:
        wanted = "FAILED", "RollbackStuck"
    if scenario.execution_dies:
        wanted = "ABORTED", None
    if (last.status, last.error) != wanted:
        found = f"{last.status} ({last.error})"
        yield f"execution {last.name} ended {found}, not {wanted[0]} ({wanted[1]})"
    by_watchdog = any(
        (entry.actor, entry.action) == ("watchdog", Action.ROLL_BACK)
        for entry in played.journal
    )
    if by_watchdog and not scenario.execution_dies:
        yield "the watchdog went back although somebody was in charge"


def the_proof(played: Played) -> Iterator[str]:
    """After a rollback it is proven that green is quiet, where that can be seen."""
    scenario, proof = played.scenario, played.record.proof
    alone = scenario.execution_dies or scenario.execution_gives_up
    if played.record.phase is not Phase.ROLLED_BACK or (alone and proof is None):
        return
    if proof is None:
        yield "nobody looked whether green is quiet"
    elif proof.safe is not scenario.proven:
        yield f"the proof says safe={proof.safe}: {proof.detail}"


CHECKS: tuple[Check, ...] = (
    the_end,
    what_the_story_shows,
    the_journal,
    the_decisions,
    the_steps,
    the_share,
    the_edges,
    the_names,
    the_lock,
    what_stays_open,
    the_notices,
    the_execution,
    the_proof,
)
