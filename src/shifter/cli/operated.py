"""What every command over AWS has: the options that say whom to reach, and as who.

    @operated
    def pause(to: Connection, reason: Reason = None) -> None: ...

is a command with `--reason`, and with `--profile`, `--region`, `--endpoint-url` and
`--environment`, which become its connection.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from shifter.cli.clients import Options
from shifter.cli.connection import Connection
from shifter.cli.errors import WrongCall


def filled(param: typer.CallbackParam, value: str | None) -> str | None:
    """The value of an option; none is none, and an empty one is a mistake.

    A script whose variable is not set gives it, and it would mean what the script did
    not say: the latest cutover, or the only environment.  Raises WrongCall.
    """
    if value is None or value.strip():
        return value
    option = next((name for name in param.opts if name.startswith("-")), param.metavar)
    raise WrongCall(
        f"{option}: {value!r}: is empty: write a value, set the variable that it comes "
        "from, or leave it out"
    )


Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        callback=filled,
        help="Profile of the AWS CLI to use.  [env var: AWS_PROFILE]",
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        envvar=["AWS_REGION", "AWS_DEFAULT_REGION"],
        callback=filled,
        help="AWS region.",
    ),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        callback=filled,
        help="Where to reach AWS, for a sandbox.  [env var: AWS_ENDPOINT_URL]",
    ),
]
Environment = Annotated[
    str | None,
    typer.Option(
        "--environment",
        envvar="SHIFTER_ENVIRONMENT",
        callback=filled,
        help="Which Shifter; not needed where only one is deployed.",
    ),
]
Id = Annotated[
    str | None,
    typer.Option(
        "--id",
        metavar="ID",
        callback=filled,
        help="The cutover; the latest unless told.",
    ),
]
MaybeId = Annotated[
    str | None,
    typer.Argument(
        metavar="ID", callback=filled, help="The cutover; the latest unless told."
    ),
]
Reason = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Why; it stands in the journal."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document for programs.")
]

_OPTIONS: dict[str, Any] = {
    "environment": Environment,
    "profile": Profile,
    "region": Region,
    "endpoint_url": EndpointUrl,
}


def operated(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command, whose first argument is a connection, the options for one."""

    @wraps(command)
    def run(**given: Any) -> None:
        options = Options(**{name: given.pop(name) for name in _OPTIONS})
        command(Connection(options), **given)

    hints = get_type_hints(command, include_extras=True) | _OPTIONS
    _, *own = inspect.signature(command).parameters.values()
    defaults = {p.name: p.default for p in own} | dict.fromkeys(_OPTIONS)
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint
            )
            for name, default in defaults.items()
            for hint in [hints[name]]
        ]
    )
    run.__annotations__ = {name: hints[name] for name in defaults}
    return run
