"""The real handler over moto and MariaDB, driven as Secrets Manager drives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from interlock.lock import EnvironmentLock, HolderName, taking
from rotation_hooks import wiring
from rotation_hooks.core.errors import (
    BadEvent,
    Busy,
    Denied,
    ForeignSecret,
    Malformed,
    RotationError,
    SettingsError,
    TemplateError,
    TokenRefused,
    Unreachable,
    Untrusted,
)
from rotation_hooks.core.labels import CURRENT, PENDING, Step
from rotation_hooks.core.roles import Role
from rotation_hooks.handlers.rotate import handler
from tests.adapters.fixtures_b import RIVERBANK, TABLE, make_table
from tests.mariadb import MariaDB
from tests.rotation_hooks.manager import Line, drive, event, line_to_aws
from tests.rotation_hooks.passwords import KnownPasswords
from tests.rotation_hooks.stage import SQL, MariaBase, MotoVault, Stage


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """An account with a lock table, and the line to it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws(), line_to_aws() as made:
        make_table(client("dynamodb"))
        yield made


def client(service: str) -> Any:
    make: Any = boto3.client
    return make(service)


@pytest.fixture
def deployed(
    line: Line,
    base: MariaBase,
    passwords: KnownPasswords,
    monkeypatch: pytest.MonkeyPatch,
) -> Stage:
    """Secrets in moto, and the function's environment variables."""
    stage = Stage.made(MotoVault(client("secretsmanager")), base, passwords)
    names = {str(name): arn for arn, name in stage.ports.names.items()}
    monkeypatch.setenv("TABLE_NAME", TABLE)
    monkeypatch.setenv("ENVIRONMENT_NAME", RIVERBANK)
    monkeypatch.setenv("SECRETS", json.dumps(names))
    monkeypatch.setenv("SQL_FOLDER", str(SQL))
    monkeypatch.setenv("DATABASE_AUTHORITIES", str(base.server.authority))
    return stage


def lock() -> EnvironmentLock:
    return EnvironmentLock(client("dynamodb"), TABLE)


def rotated(stage: Stage, role: Role) -> int:
    token = stage.start(role)
    attempts = drive(stage.arns[role], token, stage.passwords)
    learn(stage)
    assert {CURRENT} == stage.labels(role, token)
    assert stage.works(role)
    assert lock().holder(RIVERBANK) is None
    return attempts


def learn(stage: Stage) -> None:
    """Passwords that the function made are searched for, too."""
    for arn in stage.arns.values():
        for version in stage.vault.describe(arn).versions:
            with suppress(ValueError, TypeError):
                found = json.loads(stage.vault.value(arn, version) or "{}")
                if found.get("password"):
                    stage.passwords.keep(str(found["password"]))


@pytest.mark.parametrize("role", list(Role))
def test_a_secret_is_rotated_in_four_steps(deployed: Stage, role: Role) -> None:
    assert 1 == rotated(deployed, role)
    assert 1 == rotated(deployed, role)


@pytest.mark.parametrize("on_the_way_back", [False, True])
@pytest.mark.parametrize("role", [Role.APP, Role.FENCE])
def test_whatever_call_is_lost_the_next_attempt_ends_it(
    deployed: Stage,
    line: Line,
    capsys: pytest.CaptureFixture[str],
    role: Role,
    *,
    on_the_way_back: bool,
) -> None:
    """A call that is lost on its way back has taken effect."""
    rotated(deployed, role)
    token = deployed.start(role)
    line.begin(None)
    drive(deployed.arns[role], token, deployed.passwords)
    calls = list(line.calls)
    for lost in range(1, len(calls) + 1):
        token = deployed.start(role)
        line.begin(lost, on_the_way_back=on_the_way_back)
        attempts = drive(deployed.arns[role], token, deployed.passwords)
        line.begin(None)
        learn(deployed)
        assert 2 == attempts
        assert {CURRENT} == deployed.labels(role, token)
        assert deployed.works(role)
        assert lock().holder(RIVERBANK) is None
    with capsys.disabled():
        way = "back" if on_the_way_back else "there"
        print(
            f"\n{role}: {len(calls)} schedules, each with a call lost on its way {way}"
        )
    assert len(calls) > 10
    assert role is not Role.APP or deployed.writes()


def test_a_cutover_refuses_the_handler_until_it_has_ended(deployed: Stage) -> None:
    holder = HolderName.cutover("otters-1")
    entry = taking(TABLE, RIVERBANK, holder, datetime.now(UTC))
    client("dynamodb").transact_write_items(TransactItems=[entry])
    token = deployed.start(Role.APP)

    assert isinstance(refused(deployed, token, Step.CREATE), Busy)
    assert deployed.credential(Role.APP, PENDING) is None
    client("dynamodb").delete_item(TableName=TABLE, Key=entry["Update"]["Key"])
    assert 1 == drive(deployed.arns[Role.APP], token, deployed.passwords)


def test_a_deployment_that_died_is_waited_for_until_its_lease_ends(
    deployed: Stage,
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    deploy = HolderName.deploy("change-set-1")
    lock().acquire(RIVERBANK, deploy, long_ago, timedelta(hours=2))

    assert 1 == rotated(deployed, Role.APP)


# --- bad input ------------------------------------------------------------------------


def refused(stage: Stage, token: str, step: Step, arn: str | None = None) -> Exception:
    """What the handler raises; the secret and its database are as they were."""
    before = {arn: stage.vault.describe(arn) for arn in stage.arns.values()}
    with pytest.raises(RotationError) as raised:
        handler(event(arn or stage.arns[Role.APP], token, step), None)
    stage.passwords.tell(raised.value)
    learn(stage)
    assert before == {arn: stage.vault.describe(arn) for arn in stage.arns.values()}
    return raised.value


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"Step": "dropSecret"}, "Step: Input should be 'createSecret', 'setSecret'"),
        ({"SecretId": "payments/blue/app"}, "SecretId: String should match"),
        ({"ClientRequestToken": ""}, "ClientRequestToken: String should have at least"),
        ({"ClientRequestToken": None}, "ClientRequestToken: Input should be a valid"),
    ],
)
def test_an_event_of_another_form_is_refused(
    deployed: Stage, sent: dict[str, Any], told: str
) -> None:
    arn = deployed.arns[Role.APP]
    with pytest.raises(BadEvent, match=told):
        handler(event(arn, "t" * 32, Step.CREATE) | sent, None)


@pytest.mark.parametrize("event", [None, [], "createSecret", {}])
def test_what_is_no_event_is_refused(event: Any) -> None:
    with pytest.raises(BadEvent):
        handler(event, None)


def test_a_foreign_secret_is_refused(deployed: Stage) -> None:
    other = deployed.vault.create("somebody/else", "{}")
    error = refused(deployed, "t" * 32, Step.CREATE, other)

    assert isinstance(error, ForeignSecret)
    assert "name it in SECRETS" in str(error)


def test_a_token_that_nobody_knows_is_refused(deployed: Stage) -> None:
    deployed.start(Role.APP)
    for step in Step:
        assert isinstance(refused(deployed, "t" * 32, step), TokenRefused)


def test_a_rotation_that_nobody_asked_for_is_refused(deployed: Stage) -> None:
    first = deployed.vault.describe(deployed.arns[Role.APP]).labelled(CURRENT)
    assert first is not None
    error = refused(deployed, first, Step.CREATE)

    assert isinstance(error, TokenRefused)
    assert "switch it on" in str(error)


CLEAR = "a-password-in-the-clear-0123456789"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"engine": "postgres"}, "engine: must be mysql or aurora-mysql"),
        ({"engine": None}, "engine: must be mysql or aurora-mysql"),
        ({"ssl": False}, "ssl: must be true: there is no login without TLS"),
        ({"host": "a host"}, "host: must be the name of the database's writer"),
        ({"port": 0}, "port: must be a port, such as 3306"),
        ({"dbname": "pay-db"}, "dbname: cannot be used"),
        ({"dbname": "x`; DROP TABLE payments; --"}, "dbname: cannot be used"),
        ({"username": "a'b"}, "username: cannot be used"),
        ({"username": "a" * 30}, "username: leaves no room for the ending _clone"),
        ({"userhost": "'"}, "userhost: cannot be used"),
        ({"password": ""}, "password: cannot be used"),
        ({"password": [CLEAR]}, "password: cannot be used"),
        ({"masterarn": None}, "masterarn: must be the ARN of the secret"),
        ({"masterarn": "master"}, "masterarn: must be the ARN of the secret"),
    ],
)
def test_a_secret_that_cannot_be_used_is_refused_by_its_key(
    deployed: Stage, changes: dict[str, Any], told: str
) -> None:
    deployed.passwords.keep(CLEAR)
    text = deployed.text("app", CLEAR, Role.APP, **changes)
    error = refused(deployed, spoilt(deployed, text), Step.CREATE)

    assert isinstance(error, Malformed)
    assert f"{deployed.arns[Role.APP]}: {told}" in str(error)


@pytest.mark.parametrize("text", ["", "{", f'"{CLEAR}"', "[]", f"password={CLEAR}"])
def test_a_secret_that_is_no_json_is_refused(deployed: Stage, text: str) -> None:
    deployed.passwords.keep(CLEAR)
    token = spoilt(deployed, text or " ")
    with pytest.raises(Malformed) as raised:
        handler(event(deployed.arns[Role.APP], token, Step.CREATE), None)
    deployed.passwords.tell(raised.value)

    assert "value: is not a JSON object" in str(raised.value)


def spoilt(stage: Stage, text: str) -> str:
    """The token of a rotation of a secret that says this."""
    vault = stage.vault
    assert isinstance(vault, MotoVault)
    vault.client.put_secret_value(SecretId=stage.arns[Role.APP], SecretString=text)
    return stage.start(Role.APP)


def test_a_master_of_another_database_is_refused(deployed: Stage) -> None:
    """Blue's users are not rotated in green's database."""
    vault = deployed.vault
    assert isinstance(vault, MotoVault)
    text = deployed.text("shifter_master", CLEAR, Role.MASTER, host="green.internal")
    master = deployed.arns[Role.MASTER]
    vault.client.put_secret_value(SecretId=master, SecretString=text)
    error = refused(deployed, deployed.start(Role.APP), Step.CREATE)

    assert isinstance(error, Malformed)
    assert f"{master}: host: is not 127.0.0.1" in str(error)


def test_a_host_that_does_not_answer_changes_nothing(deployed: Stage) -> None:
    token = deployed.start(Role.APP)
    text = deployed.text("app_clone", CLEAR, Role.APP, port=1)
    deployed.vault.put_pending(deployed.arns[Role.APP], token, text)
    error = refused(deployed, token, Step.SET)

    assert isinstance(error, Unreachable)
    assert "app_clone at 127.0.0.1:1: no answer" in str(error)
    assert deployed.works(Role.APP)


def test_a_server_that_nobody_vouches_for_is_told_nothing(
    deployed: Stage,
    mariadb_pair: tuple[MariaDB, MariaDB],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stranger, _ = mariadb_pair
    monkeypatch.setenv("DATABASE_AUTHORITIES", str(stranger.authority))
    token = deployed.start(Role.APP)
    handler(event(deployed.arns[Role.APP], token, Step.CREATE), None)
    error = refused(deployed, token, Step.SET)

    assert isinstance(error, Untrusted)
    assert "not one that the authorities vouch for" in str(error)
    assert deployed.works(Role.APP)


def test_a_key_that_may_not_be_used_is_an_administrators_business(
    deployed: Stage, line: Line
) -> None:
    token = deployed.start(Role.APP)

    def deny(**_: Any) -> Any:
        class Answer:
            status_code = 400

        return Answer(), {
            "Error": {"Code": "AccessDeniedException", "Message": CLEAR},
            "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "r-1"},
        }

    events: Any = wiring._client("secretsmanager").meta.events
    events.register_first("before-call.secretsmanager.GetSecretValue", deny)
    with pytest.raises(Denied) as raised:
        handler(event(deployed.arns[Role.APP], token, Step.CREATE), None)
    deployed.passwords.keep(CLEAR)
    deployed.passwords.tell(raised.value)

    assert "GetSecretValue" == raised.value.action


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("TABLE_NAME", None, "TABLE_NAME is not set"),
        ("ENVIRONMENT_NAME", " ", "ENVIRONMENT_NAME is ' ': String should have"),
        ("SECRETS", "[]", 'write {"blue/app": "arn:..."}'),
        ("SECRETS", "{}", "SECRETS is '{}'"),
        ("SECRETS", '{"red/app": "arn:aws:1"}', "'red/app' is none of blue/app"),
        ("SECRETS", '{"blue/app": "app"}', "SECRETS is 'app'"),
        (
            "SECRETS",
            '{"blue/app": "arn:aws:1", "green/app": "arn:aws:1"}',
            "two names have the same ARN",
        ),
        ("SECRETS", "{", "SECRETS is '{'"),
    ],
)
def test_a_wrong_setting_is_named(
    deployed: Stage,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str | None,
    told: str,
) -> None:
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    error = refused(deployed, deployed.start(Role.APP), Step.CREATE)

    assert isinstance(error, SettingsError)
    assert told in str(error)


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("SQL_FOLDER", "app.sql cannot be read (No such file or directory)"),
        ("DATABASE_AUTHORITIES", "which cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_not_in_the_package_is_named(
    deployed: Stage, monkeypatch: pytest.MonkeyPatch, variable: str, told: str
) -> None:
    token = deployed.start(Role.APP)
    handler(event(deployed.arns[Role.APP], token, Step.CREATE), None)
    monkeypatch.setenv(variable, "/not/there")
    error = refused(deployed, token, Step.SET)

    assert isinstance(error, TemplateError | SettingsError)
    assert told in str(error)
