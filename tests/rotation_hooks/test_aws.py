"""What AWS refuses, and what of that is told: its code, and never its text."""

from __future__ import annotations

import pytest
from botocore.exceptions import NoCredentialsError, ParamValidationError

from rotation_hooks.adapters.failures import translated
from rotation_hooks.adapters.notices import SnsEventBridgeNotifier
from rotation_hooks.adapters.secretsmanager import SecretsManager
from rotation_hooks.core.errors import (
    AwsError,
    Denied,
    Rejected,
    Throttled,
    Unavailable,
)
from rotation_hooks.core.notice import Notice
from tests.adapters.account import Account
from tests.rotation_hooks.stage import NOW

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments/blue/app"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:notices"
NOTICE = Notice(
    secret="blue/app",
    version="v-1",
    step="rotation",
    diagnosis="it failed",
    action="look",
    at=NOW,
)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ThrottlingException", 400, Throttled),
        ("Whatever", 429, Throttled),
        ("InternalServiceError", 500, Unavailable),
        ("Whatever", 503, Unavailable),
        ("AccessDeniedException", 400, Denied),
        ("DecryptionFailure", 400, Denied),
        ("UnrecognizedClientException", 400, Denied),
        ("InvalidRequestException", 400, Rejected),
    ],
)
def test_a_refusal_is_one_of_four_kinds_and_its_text_is_not_told(
    account: Account, code: str, status: int, kind: type[AwsError]
) -> None:
    account.refuse(
        "secretsmanager",
        "RotateSecret",
        code,
        message="password=very-secret",
        status=status,
    )
    secrets = SecretsManager(account.client("secretsmanager"))
    with pytest.raises(kind) as raised:
        secrets.resume(ARN, "t" * 32)

    assert f"RotateSecret on {ARN}: {code} (request r-1)" == str(raised.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoCredentialsError(), Denied),
        (ParamValidationError(report="password=very-secret"), Rejected),
    ],
)
def test_what_botocore_says_is_not_told_either(
    error: Exception, kind: type[AwsError]
) -> None:
    with pytest.raises(kind) as raised, translated("PutSecretValue", ARN):
        raise error

    assert "very-secret" not in str(raised.value)


def test_one_way_that_fails_does_not_keep_the_other(account: Account) -> None:
    """And it counts as not told, so that it is told again."""
    account.refuse("sns", "Publish")
    sent = account.record("events", "PutEvents")
    notifier = SnsEventBridgeNotifier(
        account.client("sns"), account.client("events"), topic_arn=TOPIC, bus="default"
    )
    with pytest.raises(Throttled):
        notifier.tell(NOTICE)

    [entry] = sent[0]["Entries"]
    assert "Shifter Rotation Failed" == entry["DetailType"]
    assert NOTICE == Notice.model_validate_json(entry["Detail"])


def test_an_event_that_the_bus_refused_is_not_sent(account: Account) -> None:
    topic = account.client("sns").create_topic(Name="notices")["TopicArn"]
    account.answer(
        "events",
        "PutEvents",
        lambda _: {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalError"}]},
    )
    notifier = SnsEventBridgeNotifier(
        account.client("sns"), account.client("events"), topic_arn=topic, bus="default"
    )
    with pytest.raises(Unavailable, match="it refused: InternalError"):
        notifier.tell(NOTICE)
