"""How a command ends: its exit code, and one sentence for each problem on stderr.

A mistake of the caller never shows a traceback.  What nobody foresaw does, because it
is a bug and the traceback belongs into its report.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import typer
from typer.core import TyperGroup

from shifter.cli.advice import WITHOUT_RECORD, advice, breaks_the_glass
from shifter.cli.documents import BadDocument
from shifter.core.errors import (
    AwsError,
    Conflict,
    LockHeld,
    NotFound,
    NotReady,
    PlanError,
    Refused,
    ShifterError,
    UserError,
)
from shifter.core.plain import plain


class ExitCode(IntEnum):
    """What a command tells the shell; from 10 on, how a cutover ended."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    WRONG_INPUT = 3
    REFUSED = 4
    NOT_FOUND = 5
    AWS = 6
    OUTPUT = 7
    ROLLED_BACK = 10
    STUCK = 11
    INTERRUPTED = 130
    UNREAD = 141


MEANINGS: Mapping[ExitCode, str] = MappingProxyType(
    {
        ExitCode.OK: "done; a cutover ended all green",
        ExitCode.UNEXPECTED: "unexpected: a bug, or a world that did not do as asked",
        ExitCode.USAGE: "the command was called in a wrong way",
        ExitCode.WRONG_INPUT: "the plan or another input is wrong",
        ExitCode.REFUSED: "refused, not ready, or held by somebody else",
        ExitCode.NOT_FOUND: "not found",
        ExitCode.AWS: "AWS could not be reached, or denied the call",
        ExitCode.OUTPUT: "the output could not be written, as on a full disk",
        ExitCode.ROLLED_BACK: "the cutover was rolled back: all blue",
        ExitCode.STUCK: "the rollback is stuck: people were paged",
        ExitCode.INTERRUPTED: "stopped watching; the cutover goes on",
        ExitCode.UNREAD: "whoever read the output, as `head` does, stopped reading",
    }
)


_OF_OUTPUT = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO})
"""What only standard output fails with: files are read, and AWS's calls translated."""


class WrongCall(UserError):
    """The command was called in a way that cannot be right."""


class NotTaken(ShifterError):
    """No function took the order to go back: it is left to the operator."""


def epilog(*codes: ExitCode, ok: str = MEANINGS[ExitCode.OK]) -> str:
    """The exit codes of a command, for the end of its help."""
    meanings = {**MEANINGS, ExitCode.OK: ok}
    lines = [f"  {code.value:>3}  {meanings[code]}" for code in codes]
    # The first line keeps Typer from making one paragraph of the others.
    return "\n".join(["\b", "Exit codes:", *lines])


def exit_code(error: ShifterError) -> ExitCode:
    """The exit code of an error: who must act decides it."""
    match error:
        case WrongCall():
            return ExitCode.USAGE
        case NotFound():
            return ExitCode.NOT_FOUND
        case Refused() | NotReady() | LockHeld() | Conflict():
            return ExitCode.REFUSED
        case UserError():
            return ExitCode.WRONG_INPUT
        case AwsError():
            return ExitCode.AWS
        case _:
            return ExitCode.UNEXPECTED


def sentences(error: ShifterError) -> tuple[str, ...]:
    """What to tell the caller, one sentence for each problem."""
    match error:
        case BadDocument():
            return error.sentences
        case PlanError() | NotReady():
            return tuple(str(problem) for problem in error.problems)
        case AwsError():
            return (f"{error}: {advice(error)}",)
        case _:
            return (str(error),)


def to_type(error: ShifterError) -> str | None:
    """What to type next, where one command leads out."""
    match error:
        case NotTaken():
            return WITHOUT_RECORD
        case AwsError() if breaks_the_glass(error):
            return WITHOUT_RECORD
        case _:
            return None


class Commands(TyperGroup):
    """The group of all commands; here every error of theirs ends."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for, and tell what went wrong."""
        try:
            return self._invoke(ctx)
        except OSError as error:
            if error.errno not in _OF_OUTPUT:
                raise
            raise typer.Exit(_unwritten(error)) from None

    def _invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ShifterError as error:
            for sentence in sentences(error):
                print(plain(sentence), file=sys.stderr)
            if (command := to_type(error)) is not None:
                print(f"\n  {command}", file=sys.stderr)
            raise typer.Exit(exit_code(error)) from None
        finally:
            sys.stdout.flush()


def _unwritten(error: OSError) -> ExitCode:
    """Tell that the output is lost, to whoever can still be told."""
    with suppress(OSError):  # what is left of it would fail once more at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return ExitCode.UNREAD
    told = f"the output cannot be written: {error.strerror}: an order that was given "
    with suppress(OSError):
        print(told + "stays given: look with shifter status", file=sys.stderr)
    return ExitCode.OUTPUT
