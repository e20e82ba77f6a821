"""Stories of deaths: every function is killed at each place, and the execution itself.

A function is killed before its first call, after a save of its own, and after a write;
its invocation ends there, as when its runtime dies, and nobody in it notices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from shifter_sandbox import mishaps, people
from shifter_sandbox.scenario import (
    QUICK,
    SHORT,
    End,
    Onset,
    Scenario,
    when,
)
from shifter_sandbox.shows import died
from shifter_sandbox.stage import Happening
from shifter_sandbox.stories.green import FAILS

SAVE = "dynamodb.TransactWriteItems"
WEIGHTS = "elbv2.ModifyRule"
SCALING = "application-autoscaling.RegisterScalableTarget"


class Place(NamedTuple):
    """Where a function dies."""

    name: str
    told: str
    operation: str
    after: bool
    saying: str = ""


FIRST_CALL = Place("first-call", "before its first call", "*", after=False)
SAVED = Place("save", "after it has saved", SAVE, after=True)
INTENT = Place(
    "save",
    "after it has saved the intent of a step",
    SAVE,
    after=True,
    saying="SHIFTING",
)
UNWRITTEN = Place("before-write", "before it writes an edge", WEIGHTS, after=False)
WRITTEN = Place("write", "after it has written an edge", WEIGHTS, after=True)
SCALED = Place("write", "after it has changed scaling", SCALING, after=True)
TOLD = Place(
    "notice", "after it has told people, and not saved that", "sns.Publish", after=True
)
STARTED = Place(
    "write",
    "after it has started an execution",
    "stepfunctions.StartExecution",
    after=True,
)
_WORDS = {"RollBack": "roll_back", "HandOver": "hand_over"}


def _dies(
    function: str,
    place: Place,
    end: End,
    *then: Happening,
    onset: Onset = Onset.MIDDLE,
    **more: Any,
) -> Scenario:
    """A story in which a function dies once, as soon as it comes to a place."""
    kill = mishaps.kill(
        function, place.operation, after=place.after, saying=place.saying
    )
    word = _WORDS.get(function, function.lower())
    told = f"{word} dies {place.told}"
    return Scenario(
        f"{word}-dies-{place.name}".replace("_", "-"),
        told,
        end,
        (when(told, kill, later=timedelta()), *then),
        shows=(died(function),),
        onset=onset,
        **more,
    )


def _prepare() -> Iterator[Scenario]:
    for place in (FIRST_CALL, SAVED, SCALED):
        story = _dies("Prepare", place, End.COMPLETED)
        yield replace(QUICK.before(story, Onset.FIRST), onset=Onset.START)


def _assess_and_shift() -> Iterator[Scenario]:
    for place in (FIRST_CALL, INTENT, TOLD):
        yield from QUICK.before_each(_dies("Assess", place, End.COMPLETED))
    for place in (FIRST_CALL, SAVED, UNWRITTEN, WRITTEN):
        yield from QUICK.before_each(_dies("Shift", place, End.COMPLETED))


def _roll_back() -> Iterator[Scenario]:
    for place in (FIRST_CALL, SAVED, WRITTEN):
        yield from QUICK.at_each(
            _dies("RollBack", place, End.ROLLED_BACK, ABORTS, because="aborted")
        )


def _finish() -> Iterator[Scenario]:
    for place in (FIRST_CALL, SAVED, SCALED):
        story = _dies("Finish", place, End.COMPLETED)
        yield replace(QUICK.at(story, Onset.MIDDLE), onset=Onset.END)
    proof = Place("proof", "after it has saved the proof", SAVE, after=True)
    yield QUICK.at(
        _dies("Finish", proof, End.ROLLED_BACK, ABORTS, because="aborted"),
        Onset.MIDDLE,
    )


def _hand_over() -> Iterator[Scenario]:
    for place in (FIRST_CALL, SAVED, STARTED):
        story = _dies("HandOver", place, End.COMPLETED, history_limit=250)
        yield QUICK.at(story, Onset.MIDDLE)


ABORTS = when("the operator aborts", people.abort)
STOPS = when("the execution is stopped", people.stop_execution)

BREAKER_DIES = _dies(
    "Breaker", SAVED, End.ROLLED_BACK, FAILS, plan={"poll": "5m"}, because="5xx"
)
EXECUTION_DIES = Scenario(
    "execution-dies",
    "somebody stops the execution, and nobody is in charge any more",
    End.ROLLED_BACK,
    (STOPS,),
    because="nobody",
    execution_dies=True,
)
WATCHDOG_DIES = _dies(
    "Watchdog", SAVED, End.ROLLED_BACK, STOPS, because="nobody", execution_dies=True
)

RUNS = (
    *_prepare(),
    *_assess_and_shift(),
    *_roll_back(),
    *_finish(),
    *_hand_over(),
    SHORT.at(BREAKER_DIES, Onset.MIDDLE),
    *QUICK.at_both_ends(EXECUTION_DIES),
    QUICK.at(WATCHDOG_DIES, Onset.MIDDLE),
)
