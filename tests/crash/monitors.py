"""Monitors: what must hold after every single effect, whoever caused it.

Each speaks as soon as its rule is broken, with the effect that broke it.  They look at
the world and at what was saved, never at what a function says about itself.

Rules (architecture, "What must always hold")
* no edge has weights that are all zero;
* no write gives an edge a larger share than an assessment has allowed so far, and after
  a rollback has settled none gives any lane but blue a weight;
* a function that begins after an abort was taken raises nothing, and after a completion
  nobody does;
* a settled record was read back, and so was an end, and what was read back was right;
* a step is taken only after the step before was settled, baked and assessed;
* versions and journal are without a gap, and each entry carries the hash before it;
* the lock is held from the first save to the last, and is free afterwards;
* blue is kept from scaling in while traffic moves away from it, or back to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from shifter.core.edges import EdgeState
from shifter.core.gates.gate import Unreadable
from shifter.core.journal import GENESIS, Entry
from shifter.core.lanes import ALL_BLUE, PER_MILLE, Lane, Split, Weights
from shifter.core.phases import ENDS, GOING_BACK, TABLE, Action, Phase
from shifter.core.record import Record
from shifter.ports import Holder

LATE_WORD = " late"
"""Ends the name of a write that lands after its function has gone on."""

States = Mapping[str, EdgeState | Unreadable]


class Monitor:
    """Watches one run."""

    def __init__(self, edges: States) -> None:
        self.violations: list[str] = []
        self.record: Record | None = None
        self.history: dict[str, list[tuple[datetime, Weights]]] = {
            edge: [] for edge in edges
        }
        """Every change of weights, by edge."""
        self.holds = 0
        """Assessments in a row that held for a reason that people were paged about."""
        self.abort_known = False
        """Whether the function that runs now began after an abort was taken."""
        self._known = dict(edges)
        self._allowed = 0
        self._kept = False
        self._head = GENESIS
        self._read: dict[str, EdgeState | Unreadable] = {}
        self._unread: set[str] = set()

    def edited(self, edge: str, state: EdgeState, now: datetime) -> None:
        """Somebody changed an edge by hand; that is not held against Shifter."""
        self._note(edge, state, now)

    def read(self, states: States) -> None:
        """A function has read all edges."""
        self._read = dict(states)
        self._unread.clear()

    def writing(self, edge: str) -> None:
        """A function is about to write an edge."""
        self._unread.add(edge)

    def look_at_edges(self, cause: str, states: States, now: datetime) -> None:
        """Compare the edges with what was allowed; only changes are looked at."""
        for edge, state in states.items():
            before = self._known[edge]
            if state is before or isinstance(state, Unreadable):
                continue
            self._note(edge, state, now)
            weights = state.weights
            if self.abort_known and not cause.endswith(LATE_WORD):
                self._nothing_raised(cause, before, state, "an abort had been taken")
            if self.record is not None and self.record.phase is Phase.COMPLETED:
                self._nothing_raised(cause, before, state, "it was completed")
            if weights.total == 0:
                self._speak(f"{cause}: all weights of {edge} are zero")
                continue
            if (
                weights.total - weights.blue
            ) * PER_MILLE > self._allowed * weights.total:
                self._speak(
                    f"{cause}: {edge} shows {weights}; allowed were at most "
                    f"{self._allowed} per mille"
                )

    def look_at_capacity(self, *, scale_in_suspended: bool) -> None:
        """Note whether blue was kept able at some moment of the way back."""
        if self.record is not None and self.record.phase in GOING_BACK:
            self._kept = self._kept or scale_in_suspended

    def look_at_record(
        self,
        record: Record,
        entry: Entry,
        *,
        states: States,
        holder: Holder | None,
        scale_in_suspended: bool,
    ) -> None:
        """Compare what was saved with what was saved before, and with the world."""
        before, self.record = self.record, record
        told = f"{entry.actor} saved {entry.action} ({entry.rule})"
        self._chain(told, before, record, entry)
        self._lock(told, record, holder)
        self._moves(told, before, record, entry)
        ends = record.phase in ENDS and (before is None or before.phase not in ENDS)
        if entry.action == Action.SETTLE or ends:
            self._settled(told, record, states)
        self._capacity(told, record, entry, kept=scale_in_suspended)
        if entry.actor == "assess" and entry.action == Action.SHIFT:
            self._allowed = max(self._allowed, record.split.share)
        if record.phase is Phase.ROLLED_BACK:
            self._allowed = 0
        if entry.actor == "assess":
            again = before is not None and record.paged == before.paged
            self.holds = self.holds + 1 if record.paged and again else 0

    def _note(self, edge: str, state: EdgeState, now: datetime) -> None:
        self._known[edge] = state
        self.history[edge].append((now, state.weights))

    def _nothing_raised(
        self, cause: str, before: EdgeState | Unreadable, state: EdgeState, since: str
    ) -> None:
        if isinstance(before, EdgeState) and state.weights.share > before.weights.share:
            self._speak(
                f"{cause}: raised from {before.weights} to {state.weights}, "
                f"though {since} before"
            )

    def _speak(self, violation: str) -> None:
        self.violations.append(violation)

    def _capacity(self, told: str, record: Record, entry: Entry, *, kept: bool) -> None:
        moving = entry.actor in {"assess", "shift"} and record.phase not in GOING_BACK
        if moving and record.phase not in ENDS and not kept:
            self._speak(f"{told}: blue may scale in during {record.phase}")
        if record.phase is Phase.ROLLED_BACK and not self._kept:
            self._speak(f"{told}: blue could scale in all the way back")

    def _chain(
        self, told: str, before: Record | None, record: Record, entry: Entry
    ) -> None:
        version, length = (before.version, before.journal_length) if before else (0, 0)
        if record.version != version + 1:
            self._speak(f"{told}: version {version} is followed by {record.version}")
        if entry.number != length + 1 or entry.previous != self._head:
            self._speak(f"{told}: journal entry {entry.number} breaks the chain")
        if record.journal_head != entry.hash or record.journal_length != entry.number:
            self._speak(f"{told}: the record does not know its newest entry")
        self._head = entry.hash

    def _lock(self, told: str, record: Record, holder: Holder | None) -> None:
        if record.phase in ENDS:
            if holder is not None:
                self._speak(f"{told}: {record.phase}, and the lock is not free")
        elif holder is None or holder.holder != f"cutover:{record.cutover_id}":
            self._speak(f"{told}: {record.phase} without the lock")

    def _moves(
        self, told: str, before: Record | None, record: Record, entry: Entry
    ) -> None:
        if before is None:
            return
        if record.phase is not before.phase and record.phase not in {
            *TABLE[before.phase].values()
        }:
            self._speak(f"{told}: {before.phase} is followed by {record.phase}")
        if record.step == before.step:
            return
        if record.step != before.step + 1 or entry.actor != "assess":
            self._speak(f"{told}: step {before.step} is followed by {record.step}")
            return
        if before.step == 0:
            return
        baked = before.bake_from and before.bake_from + before.plan.bake(before.step)
        if before.phase is not Phase.BAKING or baked is None or entry.at < baked:
            self._speak(f"{told}: step {before.step} was left before it had baked")

    def _settled(self, told: str, record: Record, states: States) -> None:
        """The edges are right, or were when they were read after the last write."""
        wanted = ALL_BLUE if record.phase is Phase.ROLLED_BACK else record.split
        for edge, state in states.items():
            read = self._read.get(edge)
            seen = edge not in self._unread and _shows(read, wanted)
            if not seen and not _shows(state, wanted):
                self._speak(f"{told}: {edge} shows {_told(state)}, not {wanted}")


def served(
    history: Mapping[str, list[tuple[datetime, Weights]]],
    start: datetime,
    end: datetime,
) -> dict[str, dict[Lane, int]]:
    """A request for each lane that had weight at some moment of an interval."""
    counts: dict[str, dict[Lane, int]] = {}
    for edge, changes in history.items():
        lanes = {Lane.BLUE}
        for at, weights in changes:
            if at >= end:
                break
            given = {lane for lane in Lane if weights.of(lane)}
            lanes = given if at <= start else lanes | given
        counts[edge] = dict.fromkeys(lanes, 1)
    return counts


def _shows(state: EdgeState | Unreadable | None, wanted: Split) -> bool:
    return isinstance(state, EdgeState) and state.weights.matches(wanted)


def _told(state: EdgeState | Unreadable) -> str:
    return str(state.weights) if isinstance(state, EdgeState) else state.detail
