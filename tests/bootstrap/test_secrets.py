"""Secrets are read strictly, and what is wrong with one is told by its keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from bootstrap.errors import BadSecret, Denied, Unreachable
from bootstrap.secrets import Secrets, Stage, master_login, role_login
from bootstrap.secrets_manager import SecretsManager
from sql_files.rights import Account
from tests.bootstrap.world import Database, MemorySecrets
from tests.mariadb import HOST

ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:payments-AbCdEf"
GOOD = {
    "engine": "mysql",
    "host": HOST,
    "port": 3306,
    "dbname": "paymentdb",
    "ssl": True,
    "username": "app",
    "userhost": "%",
    "password": "s3cret-Passw0rd",
}


def _without(key: str) -> dict[str, object]:
    return {name: value for name, value in GOOD.items() if name != key}


def test_a_good_secret_is_a_login() -> None:
    login = role_login(ARN, json.dumps(GOOD), host=HOST, port=3306)

    assert (Account("app", "%"), "s3cret-Passw0rd") == (login.account, login.password)
    assert "s3cret-Passw0rd" not in repr(login)


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        (None, "it has no current version"),
        ("not json {s3cret-Passw0rd", "its text is no JSON object"),
        ("[]", "its text is no JSON object"),
        (_without("engine"), "its JSON has no 'engine'; attach it to its database"),
        (GOOD | {"engine": "postgres"}, "'engine' has to be mysql or aurora-mysql"),
        (GOOD | {"ssl": "true"}, "'ssl' has to be True"),
        (GOOD | {"dbname": "mysql"}, "'dbname' has to be paymentdb"),
        (GOOD | {"host": "elsewhere"}, f"'host' has to be {HOST}"),
        (GOOD | {"port": 3307}, "'port' has to be 3306"),
        (_without("password"), "its JSON has no 'password'"),
        (GOOD | {"password": ""}, "its JSON has no 'password'"),
        (GOOD | {"username": 7}, "its JSON has no 'username'"),
        (GOOD | {"username": "a'b"}, "the user's name has to be"),
        (_without("userhost"), "the user's host has to be"),
    ],
)
def test_a_secret_that_is_wrong_is_told_by_its_keys(secret: Any, told: str) -> None:
    text = json.dumps(secret) if isinstance(secret, dict) else secret

    with pytest.raises(BadSecret) as caught:
        role_login(ARN, text, host=HOST, port=3306)

    assert f"{ARN}: " in str(caught.value)
    assert told in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_master_secret_needs_no_more_than_a_name_and_a_password() -> None:
    """RDS writes no more into one that it manages itself."""
    login = master_login(ARN, '{"username": "admin", "password": "p"}')

    assert "admin" == login.account.user


@pytest.mark.parametrize("other", ["root", "dms", "dms_clone"])
def test_one_user_is_not_two_roles(other: str, blue: Database) -> None:
    """Least of all the master: an application that logs in with it is never fenced."""
    blue.keep("app", blue.secret("app", username=other))

    reason = blue.refusal()

    assert "BadSecret: the secrets of " in reason
    assert "name the same user" in reason
    assert [] == blue.accounts()


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="us-east-1")


def _in_memory(_: Any) -> tuple[Secrets, str]:
    secrets = MemorySecrets()
    secrets.texts = {(ARN, "AWSCURRENT"): "now", (ARN, "AWSPENDING"): "soon"}
    return secrets, ARN


def _in_moto(client: Any) -> tuple[Secrets, str]:
    arn = client.create_secret(Name="payments", SecretString="now")["ARN"]
    client.put_secret_value(
        SecretId=arn,
        SecretString="soon",
        ClientRequestToken="a" * 36,
        VersionStages=["AWSPENDING"],
    )
    return SecretsManager(client), str(arn)


@pytest.mark.parametrize("make", [_in_memory, _in_moto])
def test_a_stage_gives_its_text_or_none(
    make: Callable[[Any], tuple[Secrets, str]], manager: Any
) -> None:
    """The contract of the port, over its twin and over the real one."""
    secrets, arn = make(manager)

    assert "now" == secrets.text(arn, Stage.CURRENT)
    assert "soon" == secrets.text(arn, Stage.PENDING)
    assert secrets.text(arn.replace("payments", "others"), Stage.CURRENT) is None


def test_reading_a_secret_is_the_only_call(manager: Any) -> None:
    """The role of infra/bootstrap.yaml allows no other."""
    calls: list[str] = []
    _, arn = _in_moto(manager)
    manager.meta.events.register(
        "before-call.secretsmanager", lambda model, **_: calls.append(model.name)
    )

    for stage in Stage:
        SecretsManager(manager).text(arn, stage)

    assert ["GetSecretValue"] * 2 == calls


class _Refusing:
    """A client whose call is refused as AWS does it."""

    def __init__(self, client: Any, code: str) -> None:
        self.exceptions = client.exceptions
        self._code = code

    def get_secret_value(self, **_: str) -> Any:
        answer: Any = {"Error": {"Code": self._code, "Message": "s3cret"}}
        raise self.exceptions.ClientError(answer, "GetSecretValue")


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        ("AccessDeniedException", Denied, "allow the function's role"),
        ("DecryptionFailure", Denied, "and its key"),
        ("InternalServiceError", Unreachable, "deploy again"),
    ],
)
def test_a_refusal_of_aws_says_who_must_act(
    code: str, error: type[Exception], told: str, manager: Any
) -> None:
    with pytest.raises(error, match=told) as caught:
        SecretsManager(_Refusing(manager, code)).text(ARN, Stage.CURRENT)

    assert "s3cret" not in str(caught.value)


def test_an_endpoint_that_does_not_answer_is_told() -> None:
    client: Any = boto3.client(
        "secretsmanager",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        endpoint_url=f"http://{HOST}:1",
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )

    with pytest.raises(Unreachable, match="look at its endpoint"):
        SecretsManager(client).text(ARN, Stage.CURRENT)
