from __future__ import annotations

from datetime import UTC, datetime

import pytest
import typer
from typer.testing import CliRunner

from shifter.cli.errors import (
    Commands,
    ExitCode,
    NotTaken,
    exit_code,
    sentences,
    to_type,
)
from shifter.core.errors import (
    AwsError,
    BadEvent,
    ClaimExpired,
    Conflict,
    Denied,
    IllegalTransition,
    LockHeld,
    NotFound,
    NotReady,
    PlanError,
    Problem,
    Refused,
    Rejected,
    ShifterError,
    Throttled,
    Unavailable,
)

PROBLEMS = (Problem("poll", "1s", "too fast"), Problem("name", "x", "too short"))
HELD = LockHeld(
    environment="payments-prod", holder="cutover:x", since=datetime.now(UTC)
)

CODES: list[tuple[ShifterError, ExitCode]] = [
    (PlanError(PROBLEMS), ExitCode.WRONG_INPUT),
    (BadEvent("x"), ExitCode.WRONG_INPUT),
    (NotReady(PROBLEMS), ExitCode.REFUSED),
    (Refused("x"), ExitCode.REFUSED),
    (HELD, ExitCode.REFUSED),
    (Conflict("x"), ExitCode.REFUSED),
    (NotFound("x"), ExitCode.NOT_FOUND),
    (Denied("GetItem", "table", "no"), ExitCode.AWS),
    (Unavailable("GetItem", "table", "no"), ExitCode.AWS),
    (Throttled("GetItem", "table", "no"), ExitCode.AWS),
    (Rejected("GetItem", "table", "no"), ExitCode.AWS),
    (IllegalTransition("x"), ExitCode.UNEXPECTED),
    (ClaimExpired("x"), ExitCode.UNEXPECTED),
]


@pytest.mark.parametrize(("error", "code"), CODES, ids=lambda x: type(x).__name__)
def test_who_must_act_decides_the_exit_code(
    error: ShifterError, code: ExitCode
) -> None:
    app = typer.Typer(cls=Commands)

    @app.callback()
    def group() -> None: ...

    @app.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(app, ["fail"])

    assert exit_code(error) is code
    assert result.exit_code == code
    assert result.stdout == ""
    command = to_type(error)
    typed = () if command is None else ("", f"  {command}")
    assert tuple(result.stderr.splitlines()) == (*sentences(error), *typed)
    assert "Traceback" not in result.stderr


def test_every_problem_is_a_sentence_of_its_own() -> None:
    told = ("poll: 1s: too fast", "name: x: too short")

    assert sentences(PlanError(PROBLEMS)) == told
    assert sentences(NotReady(PROBLEMS)) == told


def test_what_is_quoted_stays_on_its_line_and_moves_no_cursor() -> None:
    app = typer.Typer(cls=Commands)

    @app.callback()
    def group() -> None: ...

    @app.command()
    def fail() -> None:
        raise NotFound("there is no cutover a\nb\x1b[2Jé\ud800")

    result = CliRunner().invoke(app, ["fail"])

    assert "there is no cutover a b␛[2Jé�\n" == result.stderr


def test_what_nobody_foresaw_is_not_swallowed() -> None:
    app = typer.Typer(cls=Commands)

    @app.callback()
    def group() -> None: ...

    @app.command()
    def fail() -> None:
        raise ZeroDivisionError

    result = CliRunner().invoke(app, ["fail"])

    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.parametrize("error", [Denied, Unavailable, Throttled, Rejected])
def test_whoever_cannot_read_the_table_is_told_the_way_back(
    error: type[AwsError],
) -> None:
    of_the_table = error("Query", "environment payments-prod", "no")
    of_a_function = error("Invoke", "roll_back", "no")

    command = "shifter rollback --without-record --reason TEXT"
    assert sentences(of_the_table)[0].endswith(" traffic still goes back:")
    assert (command, None) == (to_type(of_the_table), to_type(of_a_function))


def test_the_way_back_stands_on_a_line_of_its_own() -> None:
    """Who is in a hurry copies it, and reads the rest later."""
    app = typer.Typer(cls=Commands)

    @app.callback()
    def group() -> None: ...

    @app.command()
    def fail() -> None:
        raise NotTaken("neither took it (no; RequestId: 7): by hand, or:")

    told = CliRunner().invoke(app, ["fail"]).stderr

    assert told == (
        "neither took it (no; RequestId: 7): by hand, or:\n"
        "\n  shifter rollback --without-record --reason TEXT\n"
    )


def test_a_session_that_has_expired_is_no_reason_to_break_the_glass() -> None:
    error = Denied("Query", "environment payments-prod", "ExpiredToken: x")
    [told] = sentences(error)

    assert to_type(error) is None
    assert told.endswith("your session has expired: log in again")
