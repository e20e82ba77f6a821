"""A cutover of six hours and ten steps that looks every 20 seconds, in the sandbox.

It says how fast the sandbox is, and what such a cutover costs in AWS by list price:
as the plan's forecast has it, and as the calls that were really made have it, with the
watchdog's.  The sandbox runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.figure import Figure

if TYPE_CHECKING:
    from shifter.cli.running_cost import Charged
    from shifter_sandbox.play import Played

SHARES = ("0.5 %", "1 %", "2 %", "5 %", "10 %", "25 %", "50 %", "75 %", "95 %")
BAKE_MINUTES = 36
"""Of each of the ten steps: six hours in all."""
SHORT_BAKE_MINUTES = 4
SECONDS = 90.0
DOLLARS = 0.50


def measure(*, short: bool) -> Sequence[Figure]:
    """Play it, and tell how fast it was and what it would have cost."""
    asked = "short" if short else "whole"
    command = [sys.executable, "-m", "benchmarks.six_hours", asked]
    printed = subprocess.run(  # noqa: S603 - ourselves
        command, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return told(json.loads(printed.splitlines()[-1]), short=short)


def told(seen: Mapping[str, Any], *, short: bool) -> Sequence[Figure]:
    """The figures of what `play_it` saw; a short run keeps no promise of a long one."""
    looks, took = seen["looks"], seen["seconds"]
    speed, price = (None, None) if short else (SECONDS, DOLLARS)
    cost = sum(seen["dollars"].values())
    return [
        Figure(f"sandbox: {seen['hours']:.1f} h in ten steps", took, "s", speed),
        Figure("… looks in a second", looks / took, ""),
        Figure("… events in a look", seen["events"] / looks, "", counted=True),
        Figure("… calls to AWS in a look", seen["calls"] / looks, "", counted=True),
        Figure("… memory at most", seen["megabytes"], "MB"),
        Figure("its cost, by what it called", cost, "USD", price, counted=True),
        *(
            Figure(f"… {service}", part, "USD", counted=True)
            for service, part in seen["dollars"].items()
        ),
        Figure(
            "… as the plan's forecast has it", seen["forecast"], "USD", counted=True
        ),
    ]


def play_it(bake_minutes: int) -> Mapping[str, Any]:
    """Play the cutover in this process; what was seen, as JSON has it."""
    # Only here: they load the whole sandbox, which the measuring process does not need.
    from shifter.cli.running_cost import dollars, running_cost  # noqa: PLC0415
    from shifter.telemetry import logger  # noqa: PLC0415
    from shifter_sandbox.play import play  # noqa: PLC0415
    from shifter_sandbox.scenario import (  # noqa: PLC0415
        End,
        Scenario,
        shipped_gates,
        shipped_plan,
    )

    # What the functions tell is for AWS.
    logger().setLevel(logging.CRITICAL)
    bake = f"{bake_minutes}m"
    changes = {
        "steps": [*({"share": s, "bake": bake} for s in SHARES), {"share": "100 %"}],
        "final_bake": bake,
        "poll": "20s",
        # All of them, evidence too.  No deadline may be shorter than the longest bake.
        "gates": [g | {"deadline": "2h"} for g in shipped_gates(without="")],
    }
    story = Scenario("six-hours", "nothing goes wrong", End.COMPLETED, plan=changes)
    played = play(story)
    if played.record.phase.value != End.COMPLETED.value:
        raise SystemExit(f"it did not complete: {played.record.reason}")
    return {
        "hours": played.duration.total_seconds() / 3600,
        "seconds": played.real_seconds,
        "looks": sum(entry.actor == "assess" for entry in played.journal),
        "events": sum(len(execution.history) for execution in played.executions),
        "calls": sum(played.calls.values()),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "dollars": dict(dollars(charged(played))),
        "forecast": running_cost(shipped_plan(**changes)).total_dollars,
    }


def charged(played: Played) -> Charged:
    """What AWS would have charged for, counted in the run."""
    from shifter.cli.running_cost import Charged  # noqa: PLC0415

    calls = played.calls
    return Charged(
        transitions=sum(len(execution.states) for execution in played.executions),
        runs=len(played.invocations),
        saves=calls["dynamodb.TransactWriteItems"],
        reads=calls["dynamodb.GetItem"] + calls["dynamodb.Query"],
        metrics=played.metrics_asked,
        described=calls["cloudwatch.DescribeAlarms"],
    )


if __name__ == "__main__":
    whole = sys.argv[1:] == ["whole"]
    print(json.dumps(play_it(BAKE_MINUTES if whole else SHORT_BAKE_MINUTES)))
