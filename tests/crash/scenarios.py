"""Scenarios: small cutovers, each with something that happens to it.

A happening is armed by what was saved and comes a moment later, in the middle of
whatever is going on then.  Steps, bakes and polls are as few and as short as plans
allow, because each scenario is run tens of thousands of times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shifter.core.edges import EdgeState
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.lanes import ALL_BLUE, Lane, Split
from shifter.core.phases import GOING_BACK, Phase
from shifter.core.record import Record
from shifter.core.topology import Topology
from shifter.engine import control
from tests.crash.schedule import Racer
from tests.crash.world import CUTOVER, CrashWorld

STARTER, OPERATOR = "ada", "grace"


class End(StrEnum):
    """How a run may end.

    GREEN and BLUE: at every edge, five minutes later, too.  HELD and STUCK: people were
    paged, and the record says why.  NOT_STARTED: nothing was touched.
    """

    GREEN = "green"
    BLUE = "blue"
    HELD = "held"
    STUCK = "stuck"
    NOT_STARTED = "not started"
    WRONG = "WRONG"


WENT_WELL = frozenset({End.GREEN, End.BLUE, End.HELD, End.STUCK, End.NOT_STARTED})
WENT_BACK = frozenset({End.BLUE, End.STUCK, End.NOT_STARTED})


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens once, some time after a record was saved that arms it."""

    armed_by: Callable[[Record], bool]
    happens: Callable[[CrashWorld], None]
    after: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A cutover, what happens to it, and how it may end."""

    name: str
    plan: dict[str, Any]
    topology: Topology
    happenings: tuple[Happening, ...] = ()
    ends: frozenset[End] = WENT_WELL
    usual_end: End = End.GREEN
    """How it ends when nothing fails."""
    history_limit: int = 20_000
    pairs: bool = True
    """Whether pairs of faults are worth their time: not in a long run of the same."""


def _plan(
    *steps: tuple[str, str | None],
    gates: tuple[dict[str, Any], ...] = (),
    on_unhealthy: str = "roll_back",
) -> dict[str, Any]:
    written: list[dict[str, Any]] = []
    for share, dns_share in steps:
        step: dict[str, Any] = {"share": share, "bake": "10s"}
        if dns_share is not None:
            step["dns_share"] = dns_share
        written.append(step)
    del written[-1]["bake"]
    soon = {"deadline": "40s"}
    return {
        "name": "crash schedules",
        "environment": "payments",
        "steps": written,
        "gates": [
            {
                "kind": "alarm",
                "name": "errors",
                "alarm": "errors",
                "on_alarm": "roll_back",
                **soon,
            },
            {
                "kind": "targets",
                "name": "green-targets",
                "lane": "green",
                "on_unhealthy": on_unhealthy,
                **soon,
            },
            *({**gate, **soon} for gate in gates),
        ],
        "standing": dict.fromkeys(("weights", "dns_settled", "capacity", "hold"), soon),
        "final_bake": "10s",
        "poll": "10s",
    }


def _topology(edges: int = 1, *, dns: bool = False) -> Topology:
    names = [f"edge-{number}" for number in range(1, edges + 1)]

    def arn(rest: str) -> str:
        return f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:{rest}"

    return Topology.model_validate(
        {
            "environment": "payments",
            "edges": [
                {
                    "name": name,
                    "rule_arn": arn(f"listener-rule/{name}"),
                    "load_balancer_arn": arn(f"loadbalancer/{name}"),
                    "target_groups": {
                        lane: arn(f"targetgroup/{name}-{lane}")
                        for lane in (Lane.BLUE, Lane.GREEN)
                    },
                    "probe_url": f"https://{name}.example.com/lane",
                }
                for name in names
            ],
            "dns": {
                "zone_id": "Z1",
                "name": "pay.example.com",
                "records": [{"edge": n, "set_identifier": n} for n in names],
            }
            if dns
            else None,
            "services": {"blue": {"cluster": "payments", "service": "blue"}},
        }
    )


def _at(phase: Phase, step: int) -> Callable[[Record], bool]:
    return lambda record: record.phase is phase and record.step == step


def _rolled_back(record: Record) -> bool:
    return record.phase is Phase.ROLLED_BACK


def _completed(record: Record) -> bool:
    return record.phase is Phase.COMPLETED


def _going_back(record: Record) -> bool:
    return record.phase in GOING_BACK


def _alarm(world: CrashWorld) -> None:
    world.alarms["errors"] = AlarmSeen(AlarmState.ALARM, reason="too many errors")


def _edit(edge: str, split: Split) -> Callable[[CrashWorld], None]:
    state = EdgeState(weights=split.weights())
    return lambda world: world.edit(edge, state)


def _healthy_green(count: int) -> Callable[[CrashWorld], None]:
    return lambda world: world.set_targets(Lane.GREEN, "edge-1", healthy=count)


def _healthy_blue(count: int) -> Callable[[CrashWorld], None]:
    return lambda world: world.set_targets(Lane.BLUE, "edge-1", healthy=count)


def _visit(racer: Racer) -> Callable[[CrashWorld], None]:
    return lambda world: world.visit(racer)


def _watched(armed_by: Callable[[Record], bool]) -> tuple[Happening, ...]:
    """The watchdog comes three times, a minute apart: each may die."""
    return tuple(
        Happening(armed_by, _visit(Racer.WATCHDOG), timedelta(minutes=minute))
        for minute in (1, 2, 3)
    )


def _refuse(*effects: str) -> Callable[[CrashWorld], None]:
    return lambda world: world.refuse(*effects)


def _resume(world: CrashWorld) -> None:
    world.order(
        lambda ports: control.resume(CUTOVER, ports, by=OPERATOR, reason="checked")
    )


def _approve(world: CrashWorld) -> None:
    world.order(
        lambda ports: control.answer(
            CUTOVER, ports, gate="go", approved=True, by=OPERATOR, reason="looks good"
        )
    )


_TWO_STEPS = _plan(("20 %", None), ("100 %", None))
_THREE_STEPS = _plan(("10 %", None), ("50 %", None), ("100 %", None))

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("completes", _TWO_STEPS, _topology(2)),
        Scenario(
            "breach-in-the-middle",
            _THREE_STEPS,
            _topology(),
            (Happening(_at(Phase.BAKING, 2), _alarm),),
            ends=WENT_BACK,
            usual_end=End.BLUE,
        ),
        Scenario(
            "breach-while-shifting",
            _TWO_STEPS,
            _topology(2),
            (Happening(_at(Phase.SHIFTING, 2), _alarm, timedelta(milliseconds=150)),),
            ends=WENT_BACK,
            usual_end=End.BLUE,
        ),
        Scenario(
            "lowered-by-hand",
            _TWO_STEPS,
            _topology(2),
            (
                Happening(_at(Phase.BAKING, 1), _edit("edge-1", ALL_BLUE)),
                Happening(
                    lambda record: bool(record.adopted), _resume, timedelta(seconds=5)
                ),
            ),
        ),
        Scenario(
            "raised-by-hand",
            _TWO_STEPS,
            _topology(2),
            (
                Happening(
                    _at(Phase.BAKING, 1), _edit("edge-2", Split.leaving_blue(500))
                ),
            ),
            ends=WENT_BACK,
            usual_end=End.BLUE,
        ),
        Scenario(
            "green-ill-at-a-raise",
            _plan(("20 %", None), ("100 %", None), on_unhealthy="hold"),
            _topology(),
            (
                Happening(
                    _at(Phase.SHIFTING, 2),
                    _healthy_green(0),
                    timedelta(milliseconds=10),
                ),
                Happening(
                    _at(Phase.SHIFTING, 2), _healthy_green(2), timedelta(seconds=15)
                ),
            ),
        ),
        Scenario(
            "approval",
            _plan(
                ("20 %", None),
                ("100 %", None),
                gates=({"kind": "approval", "name": "go", "before": "100 %"},),
            ),
            _topology(),
            (
                Happening(
                    lambda record: "go" in record.waiting,
                    _approve,
                    timedelta(seconds=15),
                ),
            ),
        ),
        Scenario(
            "edge-refuses-way-back",
            _TWO_STEPS,
            _topology(2),
            (
                Happening(_at(Phase.BAKING, 1), _alarm),
                Happening(_at(Phase.BAKING, 1), _refuse("write edge-2")),
                Happening(_going_back, _refuse(), timedelta(seconds=35)),
            ),
            ends=WENT_BACK,
            usual_end=End.BLUE,
        ),
        Scenario(
            "blue-ill-on-way-back",
            _TWO_STEPS,
            _topology(2),
            (
                Happening(_at(Phase.BAKING, 1), _healthy_blue(0)),
                Happening(_at(Phase.BAKING, 1), _alarm),
                Happening(_going_back, _healthy_blue(2), timedelta(seconds=25)),
            ),
            ends=WENT_BACK,
            usual_end=End.BLUE,
        ),
        Scenario(
            "edge-refuses-for-ever",
            _TWO_STEPS,
            _topology(2),
            (
                Happening(_at(Phase.BAKING, 1), _alarm),
                Happening(_at(Phase.BAKING, 1), _refuse("write edge-2")),
            ),
            ends=WENT_BACK,
            usual_end=End.STUCK,
            pairs=False,
        ),
        Scenario(
            "raised-after-the-end",
            _TWO_STEPS,
            _topology(2),
            (
                Happening(_at(Phase.BAKING, 1), _alarm),
                Happening(_rolled_back, _edit("edge-1", Split.leaving_blue(500))),
                *_watched(_rolled_back),
            ),
            ends=WENT_BACK,
            usual_end=End.BLUE,
            pairs=False,
        ),
        Scenario(
            "lowered-after-the-end",
            _TWO_STEPS,
            _topology(2),
            (
                Happening(_completed, _edit("edge-1", ALL_BLUE)),
                *_watched(_completed),
            ),
            pairs=False,
        ),
        Scenario("hand-over", _TWO_STEPS, _topology(), history_limit=40),
        Scenario(
            "dns", _plan(("20 %", "20 %"), ("100 %", "50 %")), _topology(2, dns=True)
        ),
    )
}
