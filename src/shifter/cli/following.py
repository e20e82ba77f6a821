"""Following a cutover: its record, its new journal entries and its live weights.

Each look is one read of the record and one of the journal after what is known.  Live
weights come from an API with a quota that the cutover itself needs, so they are read
only now and then, and when the cutover stands elsewhere than before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shifter.cli import connection
from shifter.cli.connection import Connection
from shifter.core.case import Case
from shifter.core.edges import EdgeState
from shifter.core.errors import AwsError, NotReady
from shifter.core.gates.gate import Judgement
from shifter.core.journal import Entry
from shifter.core.lanes import Weights
from shifter.core.phases import ENDS, Phase
from shifter.core.record import Record
from shifter.ports import Holder

LOOK_SECONDS = 2
LOOKS_PER_READ_OF_THE_EDGES = 5
DEAD_AFTER = timedelta(seconds=180)
"""So long after `look_again_at` the watchdog takes the cutover for abandoned."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the edges show: weights by edge, and what could not be read."""

    weights: Mapping[str, Weights]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything that can be said about one cutover at one moment."""

    now: datetime
    record: Record
    judgements: tuple[Judgement, ...]
    judged_at: datetime | None
    """When the gates were read last."""
    live: Live
    holder: Holder | None
    new: tuple[Entry, ...]
    """Entries since the look before."""

    @property
    def ended(self) -> bool:
        return self.record.phase in ENDS

    @property
    def stuck(self) -> bool:
        return self.record.phase is Phase.ROLLBACK_STUCK

    @property
    def nobody_looks(self) -> bool:
        """Whether whoever drives the cutover seems dead."""
        return not self.ended and self.now > self.record.look_again_at + DEAD_AFTER

    @property
    def bake_ends_at(self) -> datetime | None:
        return Case.about(self.record, now=self.now).bake_ends_at

    @property
    def baked(self) -> float | None:
        """The part of the bake that is over; None when nothing bakes."""
        begun, ends_at = self.record.bake_from, self.bake_ends_at
        if self.record.phase is not Phase.BAKING or begun is None or ends_at is None:
            return None
        return min(1.0, max(0.0, (self.now - begun) / (ends_at - begun)))


class Following:
    """Looks at one cutover again and again."""

    def __init__(self, to: Connection, cutover_id: str) -> None:
        self._to = to
        self._cutover_id = cutover_id
        self._known = 0
        self._judgements: tuple[Judgement, ...] = ()
        self._judged_at: datetime | None = None
        self._live = Live({})
        self._looks = 0
        self._stood: tuple[Phase, int] | None = None

    def look(self) -> View:
        """What there is to see now."""
        record = self._to.record(self._cutover_id)
        new = tuple(self._to.store.journal(self._cutover_id, self._known))
        for entry in new:
            self._known = entry.number
            if entry.judgements:
                self._judgements, self._judged_at = entry.judgements, entry.at
        stands = (record.phase, record.step)
        due = self._looks % LOOKS_PER_READ_OF_THE_EDGES == 0 or stands != self._stood
        if due or record.phase in ENDS:
            self._live, self._stood = live(self._to), stands
        self._looks += 1
        return View(
            now=self._to.now(),
            record=record,
            judgements=self._judgements,
            judged_at=self._judged_at,
            live=self._live,
            holder=self._to.store.environment(record.environment).holder,
            new=new,
        )

    def views(self) -> Iterator[View]:
        """Look until the cutover has ended: what is stuck is tried again."""
        while True:
            view = self.look()
            yield view
            if view.ended:
                return
            connection.sleep(LOOK_SECONDS)


def live(to: Connection) -> Live:
    """What the edges show, if the operator may read them."""
    try:
        found = to.edges()
    except (AwsError, NotReady) as error:
        return Live({}, f"live weights cannot be read: {error}")
    weights = {n: s.weights for n, s in found.items() if isinstance(s, EdgeState)}
    problems = [
        f"{name} cannot be read: {state.detail}"
        for name, state in sorted(found.items())
        if not isinstance(state, EdgeState)
    ]
    return Live(weights, "; ".join(problems))


def told_once(entries: tuple[Entry, ...], before: Entry | None) -> Iterator[Entry]:
    """The entries that tell something new: not each look that holds for one reason."""
    for entry in entries:
        if entry.action in _BOOKKEEPING or entry.rule == "already_going_back":
            continue
        if before is None or _topic(entry) != _topic(before):
            yield entry
        before = entry


_BOOKKEEPING = frozenset({"notify", "claim", "ignore"})


def _topic(entry: Entry) -> tuple[str, ...]:
    waiting = tuple(j.gate for j in entry.judgements if j.verdict)
    return (entry.action, entry.rule, str(entry.step), *waiting)
