"""Strategies: whatever plans, records, sights and cases there can be."""

from __future__ import annotations

import copy
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shifter.core.case import Case
from shifter.core.edges import DnsChange, DnsState, EdgeState, Found
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.approval import ApprovalGate
from shifter.core.gates.calendar import CalendarGate, CalendarSeen
from shifter.core.gates.capacity import CapacityGate, CapacitySeen
from shifter.core.gates.dns import DnsSeen, DnsSettledGate
from shifter.core.gates.gate import (
    Gate,
    Judgement,
    OnBad,
    OnDeadline,
    OnSilence,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.gates.hold import HoldGate
from shifter.core.gates.line import LineGate, LineSeen
from shifter.core.gates.replication import Lag, ReplicationGate, ReplicationSeen
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.gates.targets import TargetsGate, TargetsSeen
from shifter.core.gates.watchdog import HeartbeatSeen, WatchdogGate
from shifter.core.gates.weights import WeightsGate
from shifter.core.intervals import INTERVAL, Interval, TrafficSeen
from shifter.core.journal import Entry
from shifter.core.lanes import Lane, Split, Weights
from shifter.core.notice import Notice, Severity
from shifter.core.orders import Abort, Answer, Pause, Resume
from shifter.core.outcomes import Failure
from shifter.core.phases import Phase
from shifter.core.plan import Plan, parse_plan
from shifter.core.record import Baseline, Claim, Proof, Record, Rollback
from tests.core.examples import HOUR, NOW, OTTERS, plan

EDGES = ("edge-1", "edge-2")
SAID = st.text(string.ascii_lowercase + " äß→€", max_size=12)
NAMED = st.characters(codec="utf-8", exclude_categories=["Cc"])
"""What a plan's name may be made of."""
NAMES = st.text(string.ascii_lowercase, min_size=3, max_size=8)
MOMENTS = st.datetimes(
    min_value=datetime(2027, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2028, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
LATELY = st.integers(0, 15 * 60).map(lambda ago: NOW - timedelta(seconds=ago))
WHOLE_SECONDS = st.integers(0, 90_000).map(lambda seconds: timedelta(seconds=seconds))
EXACT_DNS_SHARES = (0, 4, 5, 10, 20, 100, 250, 500, 750, 996, 1000)

# --- numbers ------------------------------------------------------------------


@st.composite
def splits(draw: st.DrawFn) -> Split:
    """Any split over the three lanes."""
    low, high = sorted(draw(st.tuples(st.integers(0, 1000), st.integers(0, 1000))))
    return Split(blue=low, canary=high - low, green=1000 - high)


def weights(most: int = 999) -> st.SearchStrategy[Weights]:
    counts = st.integers(0, most)
    return st.builds(Weights, blue=counts, canary=counts, green=counts, other=counts)


# --- plans --------------------------------------------------------------------


def _write_share(share: int) -> st.SearchStrategy[str]:
    """One of the ways to write a share."""
    whole, tenth = divmod(share, 10)
    ways = [f"{whole}.{tenth} %", f"{whole}.{tenth}0%", f" {whole}.{tenth} % "]
    return st.sampled_from(ways if tenth else [*ways, f"{whole} %", f"{whole}%"])


def _write_duration(seconds: int) -> st.SearchStrategy[str]:
    """One of the ways to write a duration."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    return st.sampled_from(
        [f"{seconds // n}{unit}" for unit, n in units.items() if seconds % n == 0]
        + [f" {seconds} s "]
    )


def _durations(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).flatmap(_write_duration)


@st.composite
def plan_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any valid plan, as its operator may write it."""
    inner = draw(st.lists(st.integers(1, 999), max_size=4, unique=True))
    shares = [*sorted(inner), 1000]
    steps = [
        {"share": draw(_write_share(share)), "bake": draw(_durations(10, 3600))}
        for share in shares
    ]
    del steps[-1]["bake"]
    if draw(st.booleans()):
        share = draw(st.sampled_from(EXACT_DNS_SHARES))
        steps[0]["dns_share"] = draw(_write_share(share))
    names = draw(st.lists(NAMES, min_size=6, max_size=6, unique=True))
    policy = st.fixed_dictionaries(
        {"deadline": _durations(3600, 90_000)},
        optional={
            "on_no_data": st.sampled_from(OnSilence).map(str),
            "on_unreadable": st.sampled_from(OnSilence).map(str),
            "on_deadline": st.sampled_from(OnDeadline).map(str),
        },
    )
    gates = [
        {"name": f"g{name}", **draw(kind), **draw(policy)}
        for name, kind in zip(
            names,
            [_alarms(), *draw(st.lists(_kinds(shares), max_size=5))],
            strict=False,
        )
    ]
    standing = draw(
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                ("weights", "dns_settled", "capacity", "hold", "line", "watchdog"),
                policy,
            ),
        )
    )
    return {
        "name": draw(st.text(NAMED, min_size=1, max_size=20)),
        "environment": draw(NAMES),
        "steps": steps,
        "gates": draw(st.permutations(gates)),
        "standing": standing,
        "final_bake": draw(_durations(10, 200_000)),
        "poll": draw(_durations(10, 300)),
    }


def _alarms() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "kind": st.just("alarm"),
            "alarm": NAMES,
            "on_alarm": st.sampled_from(OnBad).map(str),
        },
        optional={"lane": st.sampled_from(["blue", "green"])},
    )


def _kinds(
    shares: list[int],
) -> st.SearchStrategy[st.SearchStrategy[dict[str, Any]]]:
    on_bad = st.sampled_from(OnBad).map(str)
    lanes = st.sampled_from(Lane).map(str)
    return st.sampled_from(
        [
            _alarms(),
            st.fixed_dictionaries(
                {
                    "kind": st.just("replication"),
                    "task": NAMES,
                    "hold_above": _durations(0, 60),
                },
                optional={
                    "breach_above": _durations(61, 600),
                    "datapoints": st.integers(1, 15),
                    "stale_after": _durations(60, 900),
                    "on_failed": on_bad,
                },
            ),
            st.fixed_dictionaries(
                {"kind": st.just("targets"), "lane": lanes},
                optional={
                    "minimum_healthy": st.integers(1, 50),
                    "on_unhealthy": on_bad,
                },
            ),
            st.fixed_dictionaries(
                {
                    "kind": st.just("sufficiency"),
                    "minimum_requests": st.integers(1, 10**9),
                },
                optional={
                    "lane": st.just("green"),
                    "stale_after": _durations(60, 900),
                },
            ),
            *_evidence(shares),
            st.fixed_dictionaries(
                {
                    "kind": st.just("approval"),
                    "before": st.sampled_from(shares).flatmap(_write_share),
                },
                optional={
                    "allow_starter": st.booleans(),
                    "valid_for": _durations(600, 90_000),
                },
            ),
            st.fixed_dictionaries({"kind": st.just("calendar"), "calendar": NAMES}),
        ]
    )


def _evidence(shares: list[int]) -> list[st.SearchStrategy[dict[str, Any]]]:
    """None where the only step leaves nothing on blue."""
    if shares[0] == 1000:
        return []
    common: dict[str, st.SearchStrategy[Any]] = {
        "budget": st.integers(1, 100_000),
        "alpha": st.integers(1, 100).flatmap(_write_share),
        "minimum_requests": st.integers(1, 10**9),
        "stale_after": _durations(10, 900),
        "on_worse": st.sampled_from(OnBad).map(str),
    }
    return [
        st.fixed_dictionaries(
            {"kind": st.just("evidence"), "slow_above_ms": st.integers(1, 600_000)},
            optional={
                **common,
                "source": st.just("load_balancer"),
                "errors": st.lists(
                    st.sampled_from(Failure).map(str), min_size=1, max_size=3
                ),
            },
        ),
        st.fixed_dictionaries(
            {"kind": st.just("evidence"), "source": st.just("application")},
            optional=common,
        ),
    ]


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "10 %",
            "0.05 %",
            "5m",
            "-1s",
            "1e3 %",
            "\u0665 %",
            "green",
            "\ud800",
            "0 %",
            "1d",
        ]
    )
    | MOMENTS
    | st.dates()
)
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(sorted(Plan.model_fields)) | st.text(max_size=6) | SCALARS,
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@st.composite
def spoiled_plan_documents(draw: st.DrawFn) -> Any:
    """A valid plan with garbage put, or something left out, at any place of it."""
    document = copy.deepcopy(draw(plan_documents()))
    for _ in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from(list(_places(document))))
        if draw(st.booleans()):
            holder[key] = draw(DOCUMENTS)
        elif isinstance(holder, dict) and draw(st.booleans()):
            holder[draw(st.text(max_size=6) | SCALARS)] = draw(SCALARS)
        else:
            del holder[key]
        if not document:
            break
    return document


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every holder and key in a document, the outermost first."""
    found: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        found = [(document, key) for key in document]
    elif isinstance(document, list):
        found = [(document, number) for number in range(len(document))]
    return found + [place for holder, key in found for place in _places(holder[key])]


# --- records ------------------------------------------------------------------

ANSWERS = st.builds(
    Answer,
    gate=st.sampled_from(["elder", "nobody"]),
    approved=st.booleans(),
    by=NAMES,
    at=MOMENTS,
    reason=SAID,
)
CHANGES = st.builds(
    DnsChange, id=NAMES, at=MOMENTS, insync_at=st.none() | LATELY | MOMENTS
)
EDGE_STATES = st.builds(
    EdgeState,
    weights=weights(),
    stickiness_seconds=st.none() | st.integers(1, 604_800),
    other_actions=SAID,
)
NOTICES = st.builds(
    Notice,
    severity=st.sampled_from(Severity),
    environment=NAMES,
    cutover_id=NAMES,
    at=MOMENTS,
    phase=st.sampled_from(Phase).map(str),
    step=st.integers(0, 100),
    steps=st.integers(1, 100),
    action=NAMES,
    rule=NAMES,
    reason=SAID,
    journal_head=NAMES,
)


def by_edge(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(EDGES), values, max_size=2)


@st.composite
def records(draw: st.DrawFn, plans: st.SearchStrategy[Plan]) -> Record:
    """Any record, as rich as a record can be."""
    whose = draw(plans)
    phase = draw(st.sampled_from(Phase))
    return Record(
        cutover_id=draw(NAMES),
        environment=whose.environment,
        plan=whose,
        started_by=draw(NAMES),
        started_at=draw(MOMENTS),
        phase=phase,
        step=draw(_steps(whose, phase)),
        version=draw(st.integers(0, 10**6)),
        decided=draw(st.integers(0, 10**6)),
        owner=draw(st.integers(1, 99)),
        history_events=draw(st.integers(0, 25_000)),
        look_again_at=draw(MOMENTS),
        epoch=draw(st.integers(0, 9)),
        baseline=draw(
            st.builds(
                Baseline,
                edges=by_edge(EDGE_STATES),
                dns_share=st.none() | st.integers(0, 1000),
                capacity=st.dictionaries(NAMES, st.integers(0, 99), max_size=3),
            )
        ),
        claim=draw(
            st.none() | st.builds(Claim, version=st.integers(1, 10**6), until=MOMENTS)
        ),
        settled_at=draw(st.none() | MOMENTS),
        bake_from=draw(st.none() | LATELY | MOMENTS),
        dns_change=draw(st.none() | CHANGES),
        adopted=draw(by_edge(weights())),
        waiting=draw(_waiting(whose)),
        memories=draw(st.dictionaries(NAMES, SAID, max_size=2)),
        abort=draw(_maybe(st.builds(Abort, by=NAMES, at=MOMENTS, reason=SAID))),
        pause=draw(_maybe(st.builds(Pause, by=NAMES, at=MOMENTS, reason=SAID))),
        resume=draw(_maybe(st.builds(Resume, by=NAMES, at=MOMENTS, reason=SAID))),
        answers=draw(st.lists(ANSWERS, max_size=3).map(tuple)),
        failures=draw(st.integers(0, 4)),
        reason=draw(SAID.map("because {}".format)),
        paged=draw(SAID),
        outbox=draw(st.lists(NOTICES, max_size=2).map(tuple)),
        rollback=draw(
            st.none()
            | st.builds(
                Rollback,
                since=MOMENTS,
                reason=SAID,
                unable=st.lists(st.sampled_from(EDGES), max_size=2).map(tuple),
                verified_at=st.none() | MOMENTS,
                attempts=st.integers(0, 99),
            )
        ),
        proof=draw(
            st.none() | st.builds(Proof, at=MOMENTS, safe=st.booleans(), detail=SAID)
        ),
        journal_length=draw(st.integers(0, 10**6)),
        journal_head=draw(st.text("0123456789abcdef", min_size=64, max_size=64)),
    )


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly nothing."""
    return st.one_of(st.none(), st.none(), st.none(), values)


def _steps(whose: Plan, phase: Phase) -> st.SearchStrategy[int]:
    """The steps at which a phase can be."""
    last = len(whose.steps)
    if phase is Phase.PREPARED:
        return st.just(0)
    if phase is Phase.COMPLETED:
        return st.just(last)
    if phase in {Phase.SHIFTING, Phase.BAKING}:
        return st.integers(1, last)
    return st.integers(0, last)


def _waiting(whose: Plan) -> st.SearchStrategy[dict[str, datetime]]:
    names = st.sampled_from([gate.name for gate in whose.all_gates])
    since = st.integers(0, 40).map(lambda hours: NOW - hours * HOUR)
    return st.dictionaries(names, since, max_size=3)


# --- cases --------------------------------------------------------------------

_LEAP = {
    "kind": "alarm",
    "name": "splash",
    "alarm": "very-wet",
    "on_alarm": "hold",
    "on_no_data": "breach",
}
PLANS = st.sampled_from(
    [
        OTTERS,
        plan(name="Otters in one leap", steps=[{"share": "100 %"}], gates=[_LEAP]),
        plan(name="Otters in a hurry", poll="10s", final_bake="10s"),
        plan(name="Otters that take their time", poll="5m"),
    ]
)
_MOODS = (
    (Verdict.PASS,),
    (Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.WAIT),
    tuple(Verdict),
)
_READINGS = st.sampled_from(
    [Reading(state=state, detail="as drawn") for state in State]
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any case: record, judgements, weights and failures are drawn apart."""
    of = draw(records(PLANS))
    verdicts = st.sampled_from(draw(st.sampled_from(_MOODS)))
    judged = tuple(
        Judgement(
            gate=gate.name,
            kind=gate.kind,
            reading=draw(_READINGS),
            verdict=draw(verdicts),
        )
        for gate in of.plan.all_gates
    )
    return Case.about(
        of,
        judgements=judged,
        now=NOW + timedelta(seconds=draw(st.integers(-5, 30 * 3600))),
        found=draw(
            st.just({}) | by_edge(st.just(Found.SAME)) | by_edge(st.sampled_from(Found))
        ),
        degraded=draw(_maybe(SAID.map("it broke: {}".format))),
    )


# --- gates, and what they see -------------------------------------------------


def situations() -> st.SearchStrategy[Situation]:
    return st.builds(
        Situation,
        now=st.just(NOW),
        split=splits(),
        expected=st.lists(splits(), min_size=1, max_size=2).map(tuple),
        settled_at=st.none() | LATELY,
        next_share=st.none() | st.just(500) | st.integers(1, 1000),
        next_bake=st.none() | WHOLE_SECONDS,
        adopted=by_edge(weights()),
        capacity=st.dictionaries(
            st.sampled_from(["running", *EDGES]), st.integers(0, 4)
        ),
        dns_share=st.none() | st.sampled_from(EXACT_DNS_SHARES),
        dns_change=st.none() | CHANGES,
        pause=st.none() | st.builds(Pause, by=NAMES, at=MOMENTS, reason=SAID),
        answers=st.lists(ANSWERS, max_size=3).map(tuple),
    )


LAGS = st.lists(
    st.tuples(
        st.integers(0, 15), st.sampled_from([0.0, 29.9, 30.0, 30.1, 120.0, 121.0])
    ),
    max_size=8,
    unique_by=lambda lag: lag[0],
).map(
    lambda told: tuple(
        Lag(NOW - timedelta(minutes=ago), seconds)
        for ago, seconds in sorted(told, reverse=True)
    )
)
COUNTS = by_edge(st.dictionaries(st.sampled_from(Lane), st.integers(0, 300)))
TRAFFIC = st.lists(
    st.builds(
        Interval,
        start=st.integers(1, 16).map(lambda ago: NOW - ago * INTERVAL),
        requests=COUNTS,
    ),
    max_size=6,
).map(lambda intervals: TrafficSeen(tuple(intervals)))
ALARMS = st.builds(
    AlarmSeen,
    state=st.sampled_from(AlarmState),
    actions_enabled=st.booleans(),
    updated_at=st.none() | MOMENTS,
    reason=SAID,
)
UNREADABLE = SAID.map(lambda said: Unreadable(f"cannot be asked: {said}"))

Sight = tuple[Gate[Any], Any, Situation]


def _sights(
    make: Callable[..., Gate[Any]],
    seen: st.SearchStrategy[Any],
    **fields: st.SearchStrategy[Any],
) -> st.SearchStrategy[Sight]:
    gates = st.builds(
        make,
        on_no_data=st.sampled_from(OnSilence),
        on_unreadable=st.sampled_from(OnSilence),
        **fields,
    )
    return st.tuples(gates, seen, situations())


def sights() -> st.SearchStrategy[Sight]:
    """Any gate with anything it may see, in any situation."""
    on_bad = st.sampled_from(OnBad)
    lanes = st.sampled_from(Lane)
    healthy = st.integers(0, 3)
    counts = st.dictionaries(st.sampled_from(["running", *EDGES]), healthy)
    nothing = st.none()
    return st.one_of(
        alarm_sights(),
        replication_sights(),
        _sights(
            TargetsGate,
            UNREADABLE
            | st.builds(
                TargetsSeen, healthy=by_edge(healthy), registered=by_edge(healthy)
            ),
            name=st.just("burrows"),
            lane=lanes,
            minimum_healthy=st.integers(1, 3),
            on_unhealthy=on_bad,
        ),
        _sights(
            SufficiencyGate,
            UNREADABLE | TRAFFIC,
            name=st.just("headcount"),
            minimum_requests=st.integers(1, 400),
            lane=lanes,
        ),
        _sights(ApprovalGate, nothing, name=st.just("elder"), before=st.just("50 %")),
        _sights(HoldGate, nothing),
        _sights(
            CalendarGate,
            UNREADABLE
            | st.builds(
                CalendarSeen, open=st.booleans(), changes_at=nothing | MOMENTS | LATELY
            ),
            name=st.just("season"),
            calendar=st.just("salmon-run"),
        ),
        _sights(
            LineGate,
            UNREADABLE
            | st.builds(
                LineSeen,
                parameter=nothing | st.just("line"),
                value=nothing | st.just("go") | SAID,
            ),
        ),
        _sights(
            WatchdogGate,
            UNREADABLE | st.builds(HeartbeatSeen, name=st.just("heart"), alarm=ALARMS),
        ),
        _sights(CapacityGate, UNREADABLE | st.builds(CapacitySeen, counts=counts)),
        _sights(
            DnsSettledGate,
            UNREADABLE
            | st.builds(
                DnsSeen,
                state=st.none()
                | st.builds(
                    DnsState,
                    weights=by_edge(st.integers(0, 255)),
                    ttl_seconds=st.integers(0, 300),
                ),
                insync=st.booleans(),
            ),
        ),
        _sights(WeightsGate, UNREADABLE | by_edge(UNREADABLE | EDGE_STATES)),
    )


def alarm_sights(
    make: Callable[..., AlarmGate] = AlarmGate,
) -> st.SearchStrategy[Sight]:
    return _sights(
        make,
        UNREADABLE | ALARMS,
        name=st.just("croaking"),
        alarm=st.just("frogs-complain"),
        on_alarm=st.sampled_from(OnBad),
        lane=st.none() | st.sampled_from(Lane),
    )


def replication_sights(
    make: Callable[..., ReplicationGate] = ReplicationGate,
) -> st.SearchStrategy[Sight]:
    return _sights(
        make,
        UNREADABLE
        | st.builds(
            ReplicationSeen,
            status=st.sampled_from([None, "running", "running", "running", "stopped"])
            | st.sampled_from(["failed", "starting", "creating", "failed-move"]),
            stop_reason=SAID,
            tables_errored=st.sampled_from([0, 0, 0, 1]),
            lags=LAGS,
        ),
        name=st.just("echo"),
        task=st.just("valley"),
        hold_above=st.just("30s"),
        breach_above=st.none() | st.just("2m"),
        datapoints=st.integers(1, 4),
        on_failed=st.sampled_from(OnBad),
    )


# --- the journal --------------------------------------------------------------

JUDGEMENTS = st.builds(
    Judgement,
    gate=NAMES,
    kind=NAMES,
    reading=st.builds(
        Reading,
        state=st.sampled_from(State),
        detail=SAID,
        value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        unit=SAID,
        source=SAID,
        at=st.none() | MOMENTS,
    ),
    verdict=st.sampled_from(Verdict),
    memory=st.none() | SAID,
)


def entries() -> st.SearchStrategy[Entry]:
    """An entry with anything in it; its place in a chain is for the test to give."""
    return st.builds(
        Entry,
        cutover_id=NAMES,
        number=st.integers(1, 99),
        at=MOMENTS,
        actor=SAID,
        action=NAMES,
        rule=NAMES,
        reason=SAID,
        phase_before=st.none() | st.sampled_from(Phase),
        phase=st.sampled_from(Phase),
        step=st.integers(0, 100),
        judgements=st.lists(JUDGEMENTS, max_size=2).map(tuple),
        grounds=st.none() | cases().map(lambda case: case.grounds),
        previous=SAID,
        hash=SAID,
    )


def parsed_plans() -> st.SearchStrategy[Plan]:
    return plan_documents().map(parse_plan)
