"""Every event in events/rotation, through the function that gets it.

They are about one secret, on a stage that has it: each is sent where it would be sent.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rotation_hooks.core.roles import Role
from rotation_hooks.handlers import guard, hear, probe, reconcile, rotate
from tests.rotation_hooks.stage import Stage
from tests.rotation_hooks.test_handler import deployed, learn, line
from tests.rotation_hooks.test_outside_handlers import whole

__all__ = ["deployed", "line", "whole"]

FOLDER = Path(__file__).parents[2] / "events/rotation"
FILES = sorted(FOLDER.glob("*.json"))
HANDLERS: dict[str, Any] = {
    module.__name__.rpartition(".")[2]: module.handler
    for module in (guard, hear, probe, reconcile, rotate)
}
SECRET = json.loads((FOLDER / "rotate_create.json").read_text("utf-8"))


def sent(name: str, stage: Stage) -> Any:
    """What the function answers to an event, which is made to be about this stage."""
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    text = text.replace(SECRET["SecretId"], stage.arns[Role.APP])
    return HANDLERS[name.partition("_")[0]](json.loads(text), None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_event_is_written_so_that_people_can_read_it(path: Path) -> None:
    text = path.read_text("utf-8")

    assert json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n" == text


def test_each_handler_has_an_event() -> None:
    assert set(HANDLERS) == {path.stem.partition("_")[0] for path in FILES}


def test_a_rotation_from_its_start_to_what_follows(whole: Stage) -> None:
    told: list[str] = []

    def send(name: str) -> Any:
        told.append(name)
        return sent(name, whole)

    assert send("guard_look")["ok"]
    assert send("guard_prepare")["ok"]
    assert {"done": "it is no news of a rotation"} == send("hear_tested")
    whole.vault.start_rotation(whole.arns[Role.APP], SECRET["ClientRequestToken"])
    assert {"done": "a rotation has begun"} == send("hear_started")
    for step in ("create", "set", "test", "finish"):
        send(f"rotate_{step}")
    learn(whole)
    assert {"done": "it is VERIFIED"} == send("hear_label")
    assert {"done": "it is VERIFIED"} == send("hear_succeeded")
    assert {"done": "nothing: no version is half rotated any more"} == send(
        "hear_failed"
    )
    assert {} == send("reconcile_scheduled")
    login = send("probe_login")["login"]
    assert (True, "app_clone") == (login["ok"], login["user"])
    assert {"unknown_writers": []} == send("probe_writers")
    assert {"followed": {}} == send("guard_release")
    assert {path.stem for path in FILES} == set(told)
