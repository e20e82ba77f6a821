"""Whatever happens, in whatever order: what must always hold.

Executions follow their directives, old directives come again, people order and edit,
gates change, calls are refused or lose their answers, and time passes.  After every
single effect the promises are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shifter.core.directive import Directive, Next
from shifter.core.edges import EdgeState
from shifter.core.errors import ShifterError
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.gate import Unreadable
from shifter.core.journal import broken_at
from shifter.core.lanes import ALL_BLUE, Lane, Split
from shifter.core.phases import ENDS, GOING_BACK, Action, Phase
from shifter.core.record import Record
from shifter.engine import control
from shifter.engine.roll_back import go_back
from tests.core.examples import plan
from tests.engine.bench import (
    BURROWS,
    CROAKING,
    EDGE_NAMES,
    OTTERS,
    Bench,
)
from tests.engine.bench import ENDS as LAST_WORDS

SHORT = plan(
    steps=[
        {"share": "5 %", "bake": "20s"},
        {"share": "50 %", "dns_share": "50 %", "bake": "30s"},
        {"share": "100 %"},
    ],
    gates=[
        CROAKING,
        BURROWS | {"on_unhealthy": "hold"},
        {"kind": "approval", "name": "elder", "before": "100 %"},
    ],
    final_bake="40s",
    poll="10s",
)
SOURCES = ("targets", "dns", "alarms", "capacity", "edges")
EFFECTS = ("write edge-1", "write edge-2", "write dns", "save", "send", "keep capacity")
WEIGHTS = (
    {"blue": 1},
    {"blue": 99, "green": 1},
    {"blue": 19, "green": 1},
    {"blue": 1, "green": 1},
    {"green": 1},
    {"blue": 9, "canary": 1},
)

Act = Callable[["Story"], object]


class Story:
    """One cutover to which things happen."""

    def __init__(self) -> None:
        self.bench = Bench(history_limit=400)
        self.edited: set[str] = set()
        """Edges that somebody else has written last."""
        self.directives = [self.bench.start(SHORT)]
        self.bench.river.watch = self._happened

    def follow(self, directive: Directive) -> None:
        """Do what a directive says, as often as it is told."""
        if directive.action in LAST_WORDS:
            return
        with suppress(ShifterError):
            self.directives.append(self.bench.follow(directive))

    def order(self, order: Callable[[], object]) -> None:
        with suppress(ShifterError):
            order()

    def edit(self, edge: str, weights: dict[str, int]) -> None:
        self.edited.add(edge)
        self.bench.river.edit(edge, **weights)

    def look(self) -> None:
        """What holds after everything that can happen."""
        record, bench = self.bench.record, self.bench
        for edge, state in bench.river.edges.items():
            if edge in self.edited or isinstance(state, Unreadable):
                continue
            assert state.weights.share * 1000 <= _allowed(record), (edge, record.phase)
        held = None if record.phase in ENDS else f"cutover:{OTTERS}"
        assert held == bench.holder
        assert record.version == record.journal_length == len(bench.journal)
        assert record.journal_head == bench.journal[-1].hash

    def _happened(self, effect: str) -> None:
        self.edited.discard(effect.removeprefix("write "))
        self.look()


def _allowed(record: Record) -> int:
    """Per mille that may leave blue at an edge, by the record alone."""
    if record.phase is Phase.ROLLED_BACK:
        return 0
    return record.split.share


def _every_step_was_settled_before_the_next(bench: Bench) -> None:
    settled = 0
    for entry in bench.journal:
        if entry.action == Action.SHIFT:
            assert entry.step in {settled, settled + 1}, entry.reason
        if entry.action == Action.SETTLE and entry.phase is Phase.BAKING:
            settled = entry.step


def _nothing_raises_after_going_back(bench: Bench) -> None:
    phases = [entry.phase for entry in bench.journal]
    back = [n for n, phase in enumerate(phases) if phase in GOING_BACK]
    if back:
        assert set(phases[back[0] :]) <= GOING_BACK | {Phase.ROLLED_BACK}


def _on(times: int) -> Act:
    """The execution goes on for a while."""

    def go(story: Story) -> None:
        for _ in range(times):
            story.follow(story.directives[-1])

    return go


def _wait(seconds: int) -> Act:
    return lambda story: story.bench.wait(seconds=seconds)


def _again(back: int) -> Act:
    """An old directive comes again: redriven, doubled, or just late."""
    return lambda story: story.follow(
        story.directives[-1 - back % len(story.directives)]
    )


def _edit(edge: str, weights: dict[str, int]) -> Act:
    return lambda story: story.edit(edge, weights)


def _alarm(state: AlarmState) -> Act:
    return lambda story: story.bench.river.alarms.update(
        {"frogs-complain": AlarmSeen(state)}
    )


def _targets(lane: Lane, edge: str, healthy: int) -> Act:
    return lambda story: story.bench.river.set_targets(lane, edge, healthy=healthy)


def _break(source: str) -> Act:
    return lambda story: story.bench.river.breaks(source)


def _refuse(effect: str) -> Act:
    return lambda story: story.bench.river.refused.add(effect)


def _lose(effect: str) -> Act:
    return lambda story: story.bench.river.lost.add(effect)


def _slow(effect: str, seconds: int) -> Act:
    """Time passes right after an effect, maybe more than a claim has."""
    return lambda story: story.bench.river.after(
        effect, lambda: story.bench.wait(seconds=seconds)
    )


def _mend(story: Story) -> None:
    """Everything answers again and is well."""
    river = story.bench.river
    river.mend()
    river.alarms["frogs-complain"] = AlarmSeen(AlarmState.OK)
    for lane in Lane:
        for edge in EDGE_NAMES:
            river.set_targets(lane, edge, healthy=2)


def _give(order: str) -> Act:
    def give(story: Story) -> None:
        ports = story.bench.ports
        orders: dict[str, Callable[[], object]] = {
            "abort": lambda: control.abort(OTTERS, ports, by="Fern", reason="a heron"),
            "pause": lambda: control.pause(OTTERS, ports, by="Fern", reason="lunch"),
            "resume": lambda: control.resume(OTTERS, ports, by="Fern", reason="done"),
            "back": lambda: go_back(
                story.bench.record, ports, actor="Fern", reason="a heron"
            ),
            "approve": lambda: control.answer(
                OTTERS, ports, gate="elder", approved=True, by="Fern", reason="calm"
            ),
            "decline": lambda: control.answer(
                OTTERS, ports, gate="elder", approved=False, by="Fern", reason="no"
            ),
        }
        story.order(orders[order])

    return give


def _meanwhile(act: Act, effect: str) -> Act:
    """Something happens right before an effect of a verb that runs."""
    return lambda story: story.bench.river.before(effect, lambda: act(story))


EDGES = st.sampled_from(EDGE_NAMES)
ORDERS = st.sampled_from(["abort", "pause", "resume", "back", "approve", "decline"])
SINGLE: st.SearchStrategy[Act] = st.one_of(
    st.builds(_give, ORDERS),
    st.builds(_edit, EDGES, st.sampled_from(WEIGHTS)),
    st.builds(_alarm, st.sampled_from([AlarmState.OK, *AlarmState])),
    st.builds(_targets, st.sampled_from(Lane), EDGES, st.sampled_from([0, 2])),
    st.builds(_wait, st.sampled_from([1, 15, 40, 3600])),
)
TROUBLES: st.SearchStrategy[Act] = st.one_of(
    st.builds(_break, st.sampled_from(SOURCES)),
    st.builds(_refuse, st.sampled_from(EFFECTS)),
    st.builds(_lose, st.sampled_from(EFFECTS)),
    st.builds(
        _slow, st.sampled_from((*EFFECTS, "edges")), st.sampled_from([5, 19, 20, 31])
    ),
    st.builds(_again, st.integers(1, 30)),
    st.builds(_meanwhile, SINGLE, st.sampled_from(EFFECTS)),
)
ACTS = st.one_of(
    *[st.builds(_on, st.sampled_from([1, 2, 3, 5, 8, 13]))] * 16,
    SINGLE,
    TROUBLES,
    *[st.just(_mend)] * 4,
    st.just(_give("approve")),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTS, min_size=20, max_size=80))
def test_whatever_happens_the_promises_hold(acts: list[Act]) -> None:
    """No share above the step's, no step skipped, no gap in the journal, the lock held
    until the end; and in the end, when everything is well again, every cutover ends."""
    story = Story()
    bench = story.bench
    for act in acts:
        act(story)
        story.look()

    _mend(story)
    for order in ("approve", "resume"):
        _give(order)(story)
    last = bench.now()
    for _ in range(60):
        last = last if last.action in LAST_WORDS else bench.follow(last)
    if last.action not in LAST_WORDS:
        _give("abort")(story)
        last = bench.finish_all(last)

    assert last.action in {Next.END_ROLLED_BACK, Next.END_COMPLETED}
    assert broken_at(bench.journal) is None
    _every_step_was_settled_before_the_next(bench)
    _nothing_raises_after_going_back(bench)
    wanted = ALL_BLUE if bench.record.phase is Phase.ROLLED_BACK else Split(green=1000)
    for edge in set(EDGE_NAMES) - story.edited:
        state = bench.river.edges[edge]
        assert isinstance(state, EdgeState)
        assert state.weights.matches(wanted)
