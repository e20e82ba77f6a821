"""What whoever asks the guard of rotations promises, over memory and over Lambda."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Protocol

import boto3
import pytest

from rotation_hooks.core import readiness
from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.core.schedule import Schedule
from shifter.adapters.memory.rotations import MemoryRotations
from shifter.adapters.memory.world import START, MemoryWorld
from shifter.adapters.rotations import LambdaRotations
from shifter.core.errors import AwsError, Rejected, Throttled
from shifter.core.rotation import (
    RotationAnswer,
    RotationLook,
    RotationReason,
    SecretStanding,
)
from shifter.ports import Rotations
from shifter_sandbox.account import Account, account
from tests.adapters.bench import invented_topology

DAY = timedelta(days=1)
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:blue-app"
DUE = RotationLook(
    ok=False,
    reasons=(RotationReason(code="ROTATION_DUE", secret="blue/app", detail="soon"),),
    rotate_first=("blue/app",),
    move_window=START + 2 * DAY,
    secrets=(SecretStanding(secret="blue/app", arn=ARN, login="works"),),
)
FREE = RotationLook(ok=True, reasons=(), secrets=DUE.secrets)


class Bench(Protocol):
    """A guard that says what a test wants, and the port that asks it."""

    rotations: Rotations

    @property
    def kept_out(self) -> bool: ...

    def says(self, answer: RotationLook) -> None: ...
    def fails(self) -> None: ...
    def waits(self) -> None:
        """Let what nobody waits for happen."""


class MemoryBench:
    """The bench over memory."""

    def __init__(self) -> None:
        self._world = MemoryWorld(invented_topology())
        self.rotations: Rotations = MemoryRotations(self._world)

    @property
    def kept_out(self) -> bool:
        return self._world.rotations_kept_out

    def says(self, answer: RotationLook) -> None:
        self._world.rotations = answer

    def fails(self) -> None:
        self._world.broken["rotations"] = Throttled("Invoke", "guard", "Rate exceeded")

    def waits(self) -> None:
        return


class LambdaBench:
    """The bench over Lambda: a guard of its own, told what to find."""

    def __init__(self, aws: Account) -> None:
        self._aws = aws
        self._answer = FREE
        self.orders: list[Any] = []
        self.kept_out = False
        arn = aws.add_function("guard", self._guard)
        self.rotations: Rotations = LambdaRotations(
            boto3.client("lambda"), f"{arn}:live"
        )

    def _guard(self, event: Any, context: object) -> Any:
        del context
        self.orders.append(event)
        if event["action"] == "release":
            self.kept_out = False
            return {"followed": {}}
        if event["action"] == "look":
            return self._answer.model_dump(mode="json")
        self.kept_out = self._answer.ok
        return self._answer.model_dump(mode="json", exclude={"secrets"})

    def says(self, answer: RotationLook) -> None:
        self._answer = answer

    def fails(self) -> None:
        self._aws.faults.throttle("lambda.Invoke")

    def waits(self) -> None:
        self._aws.advance(1)


@pytest.fixture(params=["memory", "lambda"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield MemoryBench()
        return
    with account(real_seconds=20) as aws:
        yield LambdaBench(aws)


@pytest.mark.parametrize("answer", [FREE, DUE])
def test_a_look_tells_everything_and_changes_nothing(
    bench: Bench, answer: RotationLook
) -> None:
    bench.says(answer)

    assert answer == bench.rotations.look(DAY)
    assert bench.kept_out is False


@pytest.mark.parametrize(("answer", "kept_out"), [(FREE, True), (DUE, False)])
def test_rotations_are_kept_out_only_if_nothing_is_in_the_way(
    bench: Bench, answer: RotationLook, kept_out: bool
) -> None:
    bench.says(answer)
    told = bench.rotations.prepare("otters-1", DAY)

    assert (answer.ok, answer.reasons, answer.way_out) == (
        told.ok,
        told.reasons,
        told.way_out,
    )
    assert bench.kept_out is kept_out


def test_after_the_end_rotations_are_let_in_again(bench: Bench) -> None:
    bench.rotations.prepare("otters-1", DAY)
    bench.rotations.release()
    bench.waits()

    assert bench.kept_out is False


@pytest.mark.parametrize(
    "ask",
    [
        lambda rotations: rotations.look(DAY),
        lambda rotations: rotations.prepare("otters-1", DAY),
        lambda rotations: rotations.release(),
    ],
    ids=["look", "prepare", "release"],
)
def test_a_guard_that_cannot_be_asked_is_an_error(
    bench: Bench, ask: Callable[[Rotations], object]
) -> None:
    bench.fails()

    with pytest.raises(AwsError):
        ask(bench.rotations)


# --- what only Lambda can do ----------------------------------------------------------


@pytest.fixture
def told() -> Iterator[LambdaBench]:
    with account(real_seconds=20) as aws:
        yield LambdaBench(aws)


def test_the_guard_is_asked_in_whole_seconds(told: LambdaBench) -> None:
    told.rotations.look(timedelta(seconds=1.5))
    told.rotations.prepare("otters-1", DAY)
    told.rotations.release()
    told.waits()

    assert told.orders == [
        {"action": "look", "window_s": 2},
        {"action": "prepare", "cutover_id": "otters-1", "window_s": 86400},
        {"action": "release"},
    ]


def _asking(aws: Account, answer: Callable[[], object]) -> Rotations:
    arn = aws.add_function("guard", lambda event, context: answer())
    return LambdaRotations(boto3.client("lambda"), f"{arn}:live")


def _fail() -> None:
    raise LookupError("no secret\nis named blue/app, password=swordfish")


def test_a_guard_that_fails_says_why_without_a_secret() -> None:
    with account(real_seconds=20) as aws, pytest.raises(Rejected) as failed:
        _asking(aws, _fail).look(DAY)

    assert "the function failed: LookupError: no secret is named blue/app" in str(
        failed.value
    )
    assert "swordfish" not in str(failed.value)


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (None, "answer"),
        ([], "answer"),
        ({"ok": True}, "reasons"),
        ({"ok": "perhaps", "reasons": []}, "ok"),
        ({"ok": True, "reasons": [{"code": "X"}]}, "reasons.0.secret"),
        ({"ok": False, "reasons": [], "secrets": []}, "answer"),
        ({"ok": True, "reasons": [], "secrets": "none"}, "secrets"),
    ],
)
def test_an_answer_of_another_form_is_refused(answer: object, field: str) -> None:
    with account(real_seconds=20) as aws, pytest.raises(Rejected) as failed:
        _asking(aws, lambda: answer).look(DAY)

    assert f"a form that is not known here ({field}: " in str(failed.value)


# --- both sides -----------------------------------------------------------------------


def _seen(**changes: Any) -> readiness.SecretSeen:
    found: dict[str, Any] = {
        "name": SecretName(Side.BLUE, Role.APP),
        "half_rotated": None,
        "schedule": Schedule(
            last=START - 29 * DAY, ends=START + DAY, counts_from_the_last=True
        ),
        "following": None,
        "failed": None,
        "login": readiness.LoginSeen(ok=True, user="app"),
        "master_user": "master",
        "oldest_task": None,
        "arn": ARN,
        "current": "v1",
        "stage": "VERIFIED",
    }
    return readiness.SecretSeen(**{**found, **changes})


def test_what_the_guard_answers_is_what_is_understood_here() -> None:
    """The two deployables share no code, so this is where they meet."""
    seen = _seen()
    judged = readiness.judge([seen], START, 2 * DAY)
    sent = readiness.Look(**dict(judged), secrets=(seen.standing,))
    found = RotationLook.model_validate_json(sent.model_dump_json())

    assert sent.model_dump(mode="json") == found.model_dump(mode="json")
    assert ("blue/app",) == found.rotate_first
    assert ["ROTATION_DUE"] == [reason.code for reason in found.reasons]
    assert judged.model_dump(mode="json") == RotationAnswer.model_validate_json(
        judged.model_dump_json()
    ).model_dump(mode="json")


@pytest.mark.parametrize("code", list(readiness.Code))
def test_every_code_of_the_guard_blocks(code: readiness.Code) -> None:
    reason = readiness.Reason(code=code, secret="blue", detail="")
    sent = readiness.Answer(ok=False, reasons=(reason,)).model_dump_json()

    assert [str(code)] == [
        told.code for told in RotationAnswer.model_validate_json(sent).reasons
    ]
