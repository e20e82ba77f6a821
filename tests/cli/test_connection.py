"""Whom a command reaches, and what is said when it reaches nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from shifter.cli.clients import Options
from shifter.cli.connection import Connection
from shifter.cli.deployed import environment_in, parameter_of, parse_deployed
from shifter.cli.errors import sentences
from shifter.cli.main import app
from shifter.core.errors import NotReady
from shifter_sandbox.account import Account, account
from tests.cli.command import PLAIN

PLAN = str(Path(__file__).parents[2] / "examples" / "plan.yaml")
COMMANDS: dict[str, tuple[str, ...]] = {
    "preflight": ("preflight", PLAN, "--no-page"),
    "start": ("start", PLAN, "--yes"),
    "watch": ("watch",),
    "status": ("status",),
    "approve": ("approve", "half", "--reason", "x"),
    "decline": ("decline", "half", "--reason", "x", "--yes"),
    "pause": ("pause", "--reason", "x"),
    "resume": ("resume", "--reason", "x"),
    "rollback": ("rollback", "--reason", "x", "--yes"),
    "resolve": ("resolve", "--reason", "x", "--yes"),
    "history": ("history",),
    "explain": ("explain",),
}
NOBODY = {
    "AWS_ACCESS_KEY_ID": None,
    "AWS_SECRET_ACCESS_KEY": None,
    "AWS_SESSION_TOKEN": None,
    "AWS_PROFILE": None,
    "AWS_ENDPOINT_URL": None,
    "AWS_REGION": None,
    "AWS_DEFAULT_REGION": None,
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SHIFTER_ENVIRONMENT": None,
}
SOMEBODY = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "very-secret"}


def run(*arguments: str, **variables: str | None) -> Result:
    env = {**PLAIN, "COLUMNS": "100", **NOBODY, **variables}
    return CliRunner(env=env).invoke(app, list(arguments))


def deployment(name: str = "payments-prod", **changes: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "environment": name,
        "table": f"{name}-shifter",
        "topology_parameter": f"/shifter/{name}/topology",
        "state_machine_arn": (
            "arn:aws:states:eu-west-1:123456789012:stateMachine:cutover"
        ),
        "control_url": "http://127.0.0.1:9/",
        "functions": {"preflight": "Preflight:live", "roll_back": "RollBack:live"},
        **changes,
    }


def put(name: str, value: dict[str, Any]) -> None:
    boto3.client("ssm").put_parameter(Name=name, Type="String", Value=json.dumps(value))


@pytest.fixture
def aws() -> Iterator[Account]:
    with account(real_seconds=20) as opened:
        yield opened


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_region_no_command_guesses_one(command: str) -> None:
    result = run(*COMMANDS[command], **SOMEBODY)

    assert result.stderr == "no region is known: give --region or set AWS_REGION\n"
    assert (2, "") == (result.exit_code, result.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_without_credentials_it_says_to_log_in(command: str) -> None:
    result = run(*COMMANDS[command], "--region", "eu-west-1")

    assert result.stderr.splitlines()[-1].endswith(
        "no usable credentials (NoCredentialsError): log in as you do for the AWS CLI, "
        "or choose another --profile"
    )
    assert (6, "") == (result.exit_code, result.stdout)


def test_half_of_the_credentials_are_none() -> None:
    result = run("status", "--region", "eu-west-1", AWS_ACCESS_KEY_ID="a")

    assert "no usable credentials (PartialCredentialsError)" in result.stderr
    assert 6 == result.exit_code


def test_a_profile_that_does_not_exist_is_named() -> None:
    result = run("status", "--profile", "nobody", "--region", "eu-west-1")

    assert result.stderr == (
        "The config profile (nobody) could not be found: "
        "look at --profile and AWS_PROFILE\n"
    )
    assert 2 == result.exit_code


def test_an_endpoint_that_nothing_answers_at_is_said_to_be_so() -> None:
    """Port 9 of this machine: nothing listens there."""
    result = run(
        "status",
        *("--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:9"),
        **SOMEBODY,
    )

    assert "no answer (endpoint connection at 127.0.0.1:9)" in result.stderr
    assert "look at the network, --region and --endpoint-url" in result.stderr
    assert "very-secret" not in result.output
    assert 6 == result.exit_code


def test_an_endpoint_that_is_no_address_is_a_wrong_call() -> None:
    result = run(
        "status", "--region", "eu-west-1", "--endpoint-url", "nonsense", **SOMEBODY
    )

    assert result.stderr.startswith("Invalid endpoint: nonsense: look at ")
    assert 2 == result.exit_code


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ("--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:99999"),
            "Invalid endpoint: http://127.0.0.1:99999: Port out of range 0-65535",
        ),
        (("--region", "mars east"), "'mars east' doesn't match a supported format"),
    ],
)
def test_what_botocore_cannot_use_is_named(options: tuple[str, ...], told: str) -> None:
    result = run("status", *options, **SOMEBODY)

    assert told in result.stderr
    assert ": look at --endpoint-url, AWS_ENDPOINT_URL and --region\n" in result.stderr
    assert (2, "", 1) == (result.exit_code, result.stdout, result.stderr.count("\n"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[profile x\nfoo", "mend it, or name another in AWS_CONFIG_FILE"),
        (
            (
                "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/x\n"
                "source_profile = y\n"
            ),
            (
                'The source_profile "y" referenced in the profile "x" does not exist: '
                "look at --profile"
            ),
        ),
    ],
    ids=["torn", "without its source"],
)
def test_a_configuration_that_cannot_be_used_is_named(
    content: str, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    file.write_text(content)

    result = run(
        "status",
        *("--profile", "x", "--region", "eu-west-1"),
        AWS_CONFIG_FILE=str(file),
    )

    assert told in result.stderr
    assert (2, "", 1) == (result.exit_code, result.stdout, result.stderr.count("\n"))


def test_a_session_that_has_expired_says_to_log_in(tmp_path: Path) -> None:
    """What most people meet who come back to their laptop at night."""
    file = tmp_path / "config"
    file.write_text(
        "[profile x]\nsso_session = night\nsso_account_id = 123456789012\n"
        "sso_role_name = operator\n[sso-session night]\nsso_region = eu-west-1\n"
        "sso_start_url = https://login.invalid/\n"
    )

    result = run(
        "status",
        *("--profile", "x", "--region", "eu-west-1"),
        AWS_CONFIG_FILE=str(file),
        HOME=str(tmp_path),
    )

    assert "no usable credentials (SSOTokenLoadError): log in as you" in result.stderr
    assert (6, "") == (result.exit_code, result.stdout)


def test_where_nothing_is_deployed_the_parameter_is_named(aws: Account) -> None:
    put("/shifter/payments-prod/topology", {})

    result = CliRunner().invoke(app, ["status"])

    assert result.stderr == (
        "no Shifter is deployed in eu-west-1: no parameter is named "
        "/shifter/<environment>/deployment; look at --region and --profile\n"
    )
    assert 5 == result.exit_code


def test_of_two_deployments_one_has_to_be_chosen(aws: Account) -> None:
    put("/shifter/payments-test/deployment", deployment("payments-test"))
    put("/shifter/payments-prod/deployment", deployment())

    result = CliRunner().invoke(app, ["status"])

    assert result.stderr == (
        "several Shifters are deployed in eu-west-1, for payments-prod and "
        "payments-test: choose one with --environment\n"
    )
    assert 2 == result.exit_code


def test_an_environment_that_has_none_is_told_which_have(aws: Account) -> None:
    put("/shifter/payments-test/deployment", deployment("payments-test"))

    result = CliRunner(env={"SHIFTER_ENVIRONMENT": "nowhere"}).invoke(app, ["status"])

    assert result.stderr == (
        "no Shifter is deployed for nowhere in eu-west-1: found payments-test; "
        "look at --environment, --region and --profile\n"
    )
    assert 5 == result.exit_code


def test_the_plan_and_the_option_must_mean_one_environment(aws: Account) -> None:
    arguments = ["start", PLAN, "--environment", "payments-test"]

    result = CliRunner().invoke(app, arguments)

    assert result.stderr == (
        "the plan is for payments-prod, not for payments-test: "
        "leave --environment out, or correct one of them\n"
    )
    assert 2 == result.exit_code


def test_a_deployment_that_cannot_be_read_names_each_field() -> None:
    text = json.dumps(deployment(control_url="nothing", table=""))

    with pytest.raises(NotReady) as raised:
        parse_deployed(text, "/shifter/payments-prod/deployment")

    fields = [sentence.split(":")[0] for sentence in sentences(raised.value)]
    name = "/shifter/payments-prod/deployment"
    assert [f"{name}.table", f"{name}.control_url"] == fields


def test_a_newer_deployment_may_tell_more() -> None:
    parsed = parse_deployed(json.dumps(deployment(added="later")), "x")

    assert "payments-prod" == parsed.environment
    assert parsed.execution_arn("one") == (
        "arn:aws:states:eu-west-1:123456789012:execution:cutover:one"
    )


def test_only_the_deployment_itself_tells_an_environment() -> None:
    assert "a" == environment_in(parameter_of("a"))
    assert environment_in("/shifter/a/topology") is None
    assert environment_in("/shifter/a/b/deployment") is None


def test_the_time_is_that_of_the_last_answer(aws: Account) -> None:
    put("/shifter/payments-prod/deployment", deployment())
    to = Connection(Options())
    aws.advance(3600)

    assert "payments-prod" == to.deployed.environment
    assert aws.now().replace(microsecond=0) == to.now()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("start", PLAN), "say --yes if you mean it"),
        (("decline", "half", "--reason", "x"), "say --yes if you mean it"),
        (("resolve", "--reason", "x"), "say --yes if you mean it"),
        (("rollback", "--without-record", "--reason", "x"), "say --yes if you mean it"),
    ],
    ids=str,
)
def test_what_destroys_is_not_done_unasked(
    command: tuple[str, ...], told: str, aws: Account
) -> None:
    put("/shifter/payments-prod/deployment", deployment())

    result = CliRunner().invoke(app, list(command))

    assert result.stderr.splitlines()[-1] == (
        f"nothing was done: there is no terminal to ask at; {told}"
    )
    assert 4 == result.exit_code


@pytest.mark.parametrize(
    "command",
    [
        ("approve", "half"),
        ("decline", "half", "--yes"),
        ("pause",),
        ("resume",),
        ("resolve", "--yes"),
        ("rollback", "--yes"),
        ("pause", "--reason", "  "),
    ],
    ids=str,
)
def test_an_order_without_a_reason_is_not_sent(command: tuple[str, ...]) -> None:
    result = run(*command)

    assert "say why with --reason: it stands in the journal\n" == result.stderr
    assert 2 == result.exit_code


def test_a_bad_plan_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("name: x\nstepps: []\n")

    for command in ("start", "preflight"):
        result = run(command, str(plan))

        assert f"{plan}:2:9: stepps: unknown field" in result.stderr
        assert 3 == result.exit_code


@pytest.mark.parametrize("id_", ["a b", "x" * 71, "ü"])
def test_an_id_that_no_execution_can_have_is_a_wrong_call(id_: str) -> None:
    result = run("start", PLAN, "--id", id_)

    assert f"--id {id_}: use 1 to 70 letters" in result.stderr
    assert 2 == result.exit_code


@pytest.mark.parametrize(
    ("option", "arguments"),
    [
        ("--id", ("rollback", "--reason", "a heron", "--id", "")),
        ("--id", ("rollback", "--without-record", "--reason", "a heron", "--id", " ")),
        ("--id", ("pause", "--reason", "a heron", "--id", "")),
        ("--id", ("start", PLAN, "--id", "")),
        *(("ID", (c, "")) for c in ("status", "watch", "history", "explain", "replay")),
        ("--environment", ("status", "--environment", "")),
        ("--profile", ("status", "--profile", "")),
        ("--region", ("status", "--region", "")),
        ("--endpoint-url", ("rotation", "status", PLAN, "--endpoint-url", "")),
    ],
)
def test_what_is_empty_never_means_what_is_active(
    option: str, arguments: tuple[str, ...]
) -> None:
    """A script whose variable is not set says nothing about the latest cutover."""
    result = run(*arguments)

    told = f"{option}: {arguments[-1]!r}: is empty: write a value, set the variable "
    assert result.stderr.startswith(told)
    assert (2, "") == (result.exit_code, result.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_over_aws_documents_its_options(command: str) -> None:
    shown = run(command, "--help").stdout

    for option in (
        "--profile",
        "--region",
        "--endpoint-url",
        "--environment",
        "--json",
    ):
        assert option in shown
    assert "Exit codes:" in shown
