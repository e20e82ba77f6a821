"""Every event in events/ does through its function what its story says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from shifter.core.plan import parse_plan
from shifter_sandbox.stage import stage
from tests.events.stories import (
    FOLDER,
    HANDLERS,
    STORIES,
    Fire,
    Sent,
    Wait,
    event,
    function_of,
    handler_of,
    word,
)

FILES = sorted(FOLDER.glob("*.json"))


def _sent() -> set[str]:
    return {
        step.event
        for story in STORIES.values()
        for step in story
        if isinstance(step, Sent)
    }


def test_each_event_is_in_a_story_and_each_story_has_its_events() -> None:
    assert {path.stem for path in FILES} == _sent()


def test_each_handler_has_an_event() -> None:
    assert set(HANDLERS) == {handler_of(path.stem) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_event_is_written_so_that_people_can_read_it(path: Path) -> None:
    text = path.read_text("utf-8")

    assert json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n" == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_plan_of_an_event_is_good(path: Path) -> None:
    for plan in _plans(json.loads(path.read_text("utf-8"))):
        parse_plan(plan)


def _plans(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "plan":
                yield inner
            elif name == "body":
                yield from _plans(json.loads(inner))
            else:
                yield from _plans(inner)


@pytest.mark.parametrize("name", STORIES)
def test_each_function_answers_as_its_story_says(name: str) -> None:
    with stage(edges=2) as on:
        for step in STORIES[name]:
            match step:
                case Wait(seconds):
                    on.aws.advance(seconds)
                case Fire():
                    step.do(boto3.client("cloudwatch"))
                case Sent(sent, expected):
                    assert expected == word(_invoke(sent)), sent


def _invoke(name: str) -> Any:
    answer = boto3.client("lambda").invoke(
        FunctionName=f"{function_of(name)}:live",
        Payload=json.dumps(event(name)).encode(),
    )
    return json.loads(answer["Payload"].read())
