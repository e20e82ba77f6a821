"""`shifter sandbox`: the emulated account of the demo, for other programs to use."""

from __future__ import annotations

import gc
import json
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from shifter.cli.errors import ExitCode, epilog
from shifter.core.errors import Refused

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="An emulated AWS account with Shifter in it; no AWS account needed.",
)

_ENDS = signal.SIGINT, signal.SIGTERM
_READY = """\
{environment} is up at {endpoint}, and {pace}.
In other shells, as whoever you like (the access key is your name):

  unset AWS_PROFILE AWS_SESSION_TOKEN
  export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID=ada AWS_SECRET_ACCESS_KEY=sandbox

Ctrl-C ends it, and everything in it is gone.  What to try: docs/sandbox.md"""


@app.callback()
def sandbox() -> None:
    """Keep `serve` a command of its own, as long as it is the only one."""


@app.command(
    epilog=epilog(
        ExitCode.OK,
        ExitCode.UNEXPECTED,
        ExitCode.USAGE,
        ExitCode.REFUSED,
        ok="ended by Ctrl-C or SIGTERM",
    )
)
def serve(  # noqa: PLR0917  the options of a command
    speed: Annotated[
        float,
        typer.Option(
            min=0.1, max=10_000, help="Virtual seconds that pass in a real one."
        ),
    ] = 1,
    port: Annotated[
        int,
        typer.Option(min=0, max=65_535, help="Where to listen; 0 takes a free port."),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of the clients' traffic.")] = 1,
    past_days: Annotated[
        int,
        typer.Option(
            "--past",
            metavar="DAYS",
            min=0,
            max=14,
            help="Days of blue's past, for `shifter evidence check`.",
        ),
    ] = 0,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help="Append what the functions log; otherwise it is dropped.",
        ),
    ] = None,
    as_document: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when it is up.")
    ] = False,
) -> None:
    """Serve an emulated account on this machine, until Ctrl-C.

    Shifter is deployed in it beside a payment system with clients.  boto3, the AWS CLI
    and `shifter` itself reach it by its endpoint URL; only this machine can.
    """
    with _ended_by_signals(), _logging_to(log):
        from shifter_sandbox.served import served

        with served(
            speed=speed, port=port, seed=seed, past_days=past_days, lagging=_tell_lag
        ) as up:
            told = {
                "endpoint": up.endpoint,
                "environment": up.environment,
                "region": up.region,
                "speed": speed,
            }
            shown = _READY.format(**told, pace=_pace(speed))
            print(json.dumps(told) if as_document else shown, flush=True)
            up.wait()
    gc.freeze()  # or Python looks for garbage for seconds before it ends
    raise typer.Exit(ExitCode.OK)


def _pace(speed: float) -> str:
    return (
        "its time is real" if speed == 1 else f"its time runs {speed:g} times as fast"
    )


def _tell_lag(reached: float) -> None:
    print(
        f"this machine is too slow: time now runs {reached:.3g} times as fast as "
        "real time; choose a lower --speed",
        file=sys.stderr,
        flush=True,
    )


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let either signal end what is inside, once and quietly."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in _ENDS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(number, end) for number in _ENDS]
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in zip(_ENDS, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _logging_to(path: Path | None) -> Iterator[None]:
    """Keep the functions' logs off the terminal, and in a file if there is one."""
    from shifter.telemetry import logger

    handler = logger().registered_handler
    if path is None:
        logger().setLevel(logging.CRITICAL)
        yield
        return
    try:
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise Refused(
            f"--log {path}: {error.strerror}: name a file that can be written"
        ) from None
    with file:
        before = handler.setStream(file)  # type: ignore[attr-defined]
        try:
            yield
        finally:
            handler.setStream(before)  # type: ignore[attr-defined]
