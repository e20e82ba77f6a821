"""The command behind `make deploy` and `make deploy-free`.

python -m deploying check PROFILE         what is asked for, and what is wrong with it
python -m deploying deploy PROFILE        deploy what `sam build` has built
python -m deploying free PROFILE ID       free what a dead deployment holds

It ends with 2 when something has to be changed first, and with SAM's own code else.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import ProfileNotFound

from deploy_guard.guard import Unreachable
from deploying import run as running
from deploying.place import AwsPlace
from deploying.run import Refused, Run
from deploying.sam import run_sam
from deploying.wanted import Wanted, Wrong, wanted
from deploying.weights import NotWritable
from shifter.core.errors import ShifterError
from template_checks.source import read

WRONG = 2

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=__doc__,
)
Profile = Annotated[str, typer.Argument(help="A section of samconfig.toml: dev, prod.")]


@app.command()
def check(profile: Profile) -> None:
    """Judge what samconfig.toml asks for; nothing is done, and no account is asked."""
    with _told():
        found = wanted(read(), profile)
    what = "everything" if found.deploys_infrastructure else "Shifter alone"
    _tell(f"{profile}: {what}, as {found.stack} in {found.region}.")


@app.command()
def deploy(profile: Profile) -> None:
    """Deploy what is built, under the environment's lock."""
    with _told():
        now = datetime.now(UTC)
        deploy_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        code = running.deploy(_run(wanted(read(), profile)), deploy_id)
    sys.exit(code)


@app.command()
def free(profile: Profile, deploy_id: Annotated[str, typer.Argument()]) -> None:
    """Free what a dead deployment holds; `shifter status` shows its id."""
    with _told():
        if not deploy_id:
            raise Refused(
                "ID: empty: give the id that stands behind deploy: in the lock"
            )
        running.free(_run(wanted(read(), profile)), deploy_id.removeprefix("deploy:"))


def _run(found: Wanted) -> Run:
    try:
        session = boto3.Session(region_name=found.region)
    except ProfileNotFound as error:
        raise Refused(f"AWS_PROFILE: {error}: name one of ~/.aws/config") from None

    @cache
    def client(service: str) -> Any:
        # boto3's own signature is an overload for each service by its literal name.
        make: Any = session.client
        return make(service)

    return Run(
        wanted=found,
        place=AwsPlace(client),
        sam=run_sam,
        now=lambda: datetime.now(UTC),
        tell=_tell,
    )


def _tell(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 - a command prints


@contextmanager
def _told() -> Iterator[None]:
    """What somebody has to change, in a sentence each, and no traceback."""
    try:
        yield
    except (Wrong, Refused, NotWritable, Unreachable, ShifterError) as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        sys.exit(WRONG)


app()
