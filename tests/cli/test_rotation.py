"""`shifter rotation`: what passwords are in the way of, and rotating them first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import boto3
import pytest

from interlock.lock import EnvironmentLock, HolderName
from shifter.cli import connection
from shifter_sandbox.patching import patched
from shifter_sandbox.rotation import EVERY, FOLLOWED, Rotations
from shifter_sandbox.stage import Stage
from tests.cli.stages import operated_stage, operator, run

HOUR = timedelta(hours=1)
PLAN = "examples/plan.yaml"


@pytest.fixture
def on() -> Iterator[Stage]:
    with operated_stage(edges=1, rotation=True) as opened, operator("ada"):
        yield opened


@pytest.fixture
def due(on: Stage) -> Rotations:
    """Two secrets are rotated in the next hours."""
    found = secrets(on)
    found.fall_due("blue/app", 4 * HOUR)
    found.fall_due("green/app", 6 * HOUR)
    return found


def secrets(on: Stage) -> Rotations:
    assert on.system.rotations is not None
    return on.system.rotations


def rotated(found: Rotations) -> dict[str, bool]:
    """Which secrets were rotated in these minutes."""
    now = found.clock.now()
    return {name: now - one.rotated_at < HOUR for name, one in found.secrets.items()}


# --- status ---------------------------------------------------------------------------


def test_a_look_shows_every_secret_and_changes_nothing(on: Stage) -> None:
    done = run(on, "rotation", "status")

    assert (0, "") == (done.exit_code, done.stderr)
    for name in secrets(on).secrets:
        assert f"{name} " in done.stdout
    assert "VERIFIED" in done.stdout
    assert done.stdout.endswith("No password is in the way of a cutover from now.\n")
    assert [{"action": "look", "window_s": 0}] == secrets(on).orders


@pytest.mark.parametrize("window", [("--window", "31h"), ("--plan", PLAN)])
def test_what_is_in_the_way_of_a_window_is_told(
    on: Stage, due: Rotations, window: tuple[str, str]
) -> None:
    done = run(on, "rotation", "status", *window)

    assert 4 == done.exit_code
    assert "in the way: ROTATION_DUE blue/app: a rotation may begin" in done.stdout
    assert "in the way: ROTATION_DUE green/app" in done.stdout
    assert "Way out: rotate blue/app, green/app first (shifter" in done.stdout
    assert not any(rotated(due).values())


def test_programs_get_one_document(on: Stage, due: Rotations) -> None:
    found = run(on, "rotation", "status", "--window", "4h", "--json").document

    assert (14400, False) == (found["window_s"], found["ok"])
    assert ["blue/app"] == found["rotate_first"]
    assert list(due.secrets) == [one["secret"] for one in found["secrets"]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--window", "6"), "--window 6: write a number with its unit"),
        (("--window", "31d"), "--window 31d: the guard looks at most 30d ahead"),
        (("--window", "6h", "--plan", PLAN), "give either --plan or --window"),
    ],
)
def test_a_window_that_cannot_be_asked_for(
    on: Stage, arguments: tuple[str, ...], told: str
) -> None:
    done = run(on, "rotation", "status", *arguments)

    assert (2, "") == (done.exit_code, done.stdout)
    assert told in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_without_a_guard_there_is_nothing_to_tell() -> None:
    with operated_stage(edges=1) as on:
        done = run(on, "rotation", "status")
        for_programs = run(on, "rotation", "status", "--json")

    assert (0, True) == (for_programs.exit_code, for_programs.document["ok"])
    assert 0 == done.exit_code
    assert done.stdout.endswith(
        "names no guard of rotations: no password is in the way of a cutover\n"
    )


def test_a_guard_that_fails_is_told_in_one_sentence(on: Stage) -> None:
    secrets(on).broken = "no such table"
    done = run(on, "rotation", "status")

    assert 6 == done.exit_code
    assert "the function failed: RuntimeError: no such table" in done.stderr
    assert 1 == len(done.stderr.splitlines())


# --- rotating first -------------------------------------------------------------------


def test_what_is_due_is_rotated_one_after_another(on: Stage, due: Rotations) -> None:
    began = on.aws.now()
    done = run(on, "rotation", "rotate-first", "--window", "31h", "--yes")

    assert 0 == done.exit_code, done.stderr
    assert [
        "blue/app: is rotated",
        "blue/app: CURRENT",
        "blue/app: VERIFIED",
        "green/app: is rotated",
        "green/app: CURRENT",
        "green/app: VERIFIED",
    ] == done.stderr.splitlines()
    assert {
        "blue/app": True,
        "blue/dms": False,
        "green/app": True,
        "green/dms": False,
    } == rotated(due)
    assert due.secrets["blue/app"].ends > began + EVERY
    assert due.secrets["green/app"].rotated_at > began + FOLLOWED
    assert "No password is in the way of a cutover that takes 31h from now" in (
        done.stdout
    )


def test_where_nothing_is_due_nothing_is_rotated_or_asked(on: Stage) -> None:
    done = run(on, "rotation", "rotate-first", "--plan", PLAN)

    assert (0, "") == (done.exit_code, done.stderr)
    assert not any(rotated(secrets(on)).values())


def test_without_a_yes_and_a_terminal_nothing_is_rotated(
    on: Stage, due: Rotations
) -> None:
    done = run(on, "rotation", "rotate-first", "--window", "31h")

    assert 4 == done.exit_code
    assert not any(rotated(due).values())
    assert all(one.under_way is None for one in due.secrets.values())


def _held(on: Stage, due: Rotations) -> str:
    del due
    lock = EnvironmentLock(boto3.client("dynamodb"), on.system.table)
    lock.acquire("payments-prod", HolderName.deploy("friday"), on.aws.now(), HOUR)
    return "held by deploy:friday since"


def _by_the_calendar(on: Stage, due: Rotations) -> str:
    del on
    for secret in due.secrets.values():
        secret.counts_from_the_last = False
    return "rotating first helps nothing: ROTATION_DUE blue/app"


def _half_rotated(on: Stage, due: Rotations) -> str:
    del on
    due.rotate("blue/app")
    return "mend this before anything is rotated: ROTATION_PENDING blue/app"


def _failed(on: Stage, due: Rotations) -> str:
    del on
    due.secrets["green/app"].failed = "it does not log in"
    return "mend this before anything is rotated: LAST_ROTATION_FAILED green/app"


@pytest.mark.parametrize("trouble", [_held, _by_the_calendar, _half_rotated, _failed])
def test_nothing_is_rotated_where_it_would_not_help_or_hurt(
    on: Stage, due: Rotations, trouble: Callable[[Stage, Rotations], str]
) -> None:
    told = trouble(on, due)
    done = run(on, "rotation", "rotate-first", "--window", "31h", "--yes")

    assert 4 == done.exit_code
    assert told in done.stderr
    assert 1 == len(done.stderr.splitlines())
    assert not any(rotated(due).values())


def test_one_must_say_how_long_the_cutover_takes(on: Stage, due: Rotations) -> None:
    done = run(on, "rotation", "rotate-first", "--yes")

    assert (2, "say how long the cutover takes, with --plan or --window\n") == (
        done.exit_code,
        done.stderr,
    )
    assert not any(rotated(due).values())


def test_a_rotation_that_fails_ends_the_command(on: Stage, due: Rotations) -> None:
    def fail(seconds: float) -> None:
        due.secrets["blue/app"].failed = "AccessDenied: no right to write"
        on.aws.advance(seconds)

    with patched(connection, "sleep", fail):
        done = run(on, "rotation", "rotate-first", "--window", "31h", "--yes")

    assert 1 == done.exit_code
    assert "blue/app: AccessDenied: no right to write: see When a" in done.stderr
    assert not any(rotated(due).values())
    assert due.secrets["green/app"].under_way is None


def test_a_rotation_that_takes_too_long_goes_on_without_the_command(
    on: Stage, due: Rotations
) -> None:
    command = ("rotation", "rotate-first", "--window", "31h", "--yes")
    done = run(on, *command, "--deadline", "90s")

    assert 1 == done.exit_code
    assert "blue/app: not verified within 90s, last seen: CURRENT" in done.stderr
    on.aws.advance(FOLLOWED.total_seconds())
    assert 0 == run(on, *command).exit_code


def test_the_waiting_can_be_stopped(on: Stage, due: Rotations) -> None:
    def stop(seconds: float) -> None:
        del seconds
        raise KeyboardInterrupt

    with patched(connection, "sleep", stop):
        done = run(on, "rotation", "rotate-first", "--window", "31h", "--yes")

    assert 130 == done.exit_code
    assert "What was begun goes on: shifter rotation status" in done.stderr
    assert due.secrets["blue/app"].under_way is not None


def test_a_look_that_comes_to_nothing_is_tried_again(on: Stage, due: Rotations) -> None:
    due.fall_due("green/app", EVERY)
    troubles = iter([lambda: on.aws.faults.throttle("lambda.Invoke")])

    def sleep(seconds: float) -> None:
        on.aws.faults.clear()
        on.aws.advance(seconds)
        next(troubles, lambda: None)()

    with patched(connection, "sleep", sleep):
        done = run(on, "rotation", "rotate-first", "--window", "24h", "--yes")

    assert 0 == done.exit_code
    assert "blue/app: cannot be looked at: Invoke on arn:" in done.stderr
    assert done.stderr.endswith("blue/app: VERIFIED\n")
