"""Failures of AWS calls become one of four kinds."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from shifter.adapters.failures import translated
from shifter.core.errors import AwsError, Denied, Rejected, Throttled, Unavailable


def failure(raised: Exception) -> AwsError:
    with pytest.raises(AwsError) as caught, translated("GetThing", "thing-1"):
        raise raised
    return caught.value


def refusal(code: str, status: int = 400, message: str = "no") -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "r-1",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "GetThing",
    )


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("Throttling", 400, Throttled),
        ("ThrottlingException", 400, Throttled),
        ("ThrottledException", 400, Throttled),
        ("TooManyRequestsException", 429, Throttled),
        ("RequestLimitExceeded", 503, Throttled),
        ("ProvisionedThroughputExceededException", 400, Throttled),
        ("PriorRequestNotComplete", 400, Throttled),
        ("ConcurrentUpdateException", 400, Throttled),
        ("KMSThrottlingFault", 400, Throttled),
        ("Whatever", 429, Throttled),
        ("AccessDenied", 403, Denied),
        ("AccessDeniedException", 400, Denied),
        ("UnauthorizedOperation", 403, Denied),
        ("AuthorizationError", 403, Denied),
        ("ExpiredToken", 403, Denied),
        ("ExpiredTokenException", 400, Denied),
        ("UnrecognizedClientException", 400, Denied),
        ("InvalidClientTokenId", 403, Denied),
        ("SignatureDoesNotMatch", 403, Denied),
        ("KMSAccessDenied", 400, Denied),
        ("KMSDisabledException", 400, Denied),
        ("KmsInvalidStateException", 400, Denied),
        ("com.amazonaws.service#Whatever", 403, Denied),
        ("InternalFailure", 500, Unavailable),
        ("ServiceUnavailable", 503, Unavailable),
        ("RequestTimeout", 408, Unavailable),
        ("Whatever", 502, Unavailable),
        ("RuleNotFound", 400, Rejected),
        ("ValidationException", 400, Rejected),
        ("InvalidChangeBatch", 400, Rejected),
        ("Whatever", 404, Rejected),
    ],
)
def test_a_refusal_is_told_by_its_code(
    code: str, status: int, kind: type[AwsError]
) -> None:
    assert type(failure(refusal(code, status))) is kind


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReadTimeoutError(endpoint_url="https://x"),
        lambda: ConnectTimeoutError(endpoint_url="https://x"),
        lambda: EndpointConnectionError(endpoint_url="https://x"),
        lambda: ResponseParserError("<html>"),
    ],
)
def test_no_answer_may_mean_that_the_call_took_effect(
    make: Callable[[], Exception],
) -> None:
    error = failure(make())

    assert type(error) is Unavailable
    assert str(error).endswith("it may have taken effect")


def test_a_timeout_reads_as_a_sentence() -> None:
    assert str(failure(ReadTimeoutError(endpoint_url="https://x:9/p?q"))) == (
        "GetThing on thing-1: no answer (read timeout at x:9); it may have taken effect"
    )


def test_of_an_address_only_host_and_port_are_told() -> None:
    told = str(failure(ReadTimeoutError(endpoint_url="https://ada:hunter2@x/secret")))

    assert "(read timeout at x)" in told


def test_missing_credentials_are_for_an_administrator() -> None:
    assert str(failure(NoCredentialsError())) == (
        "GetThing on thing-1: no usable credentials (NoCredentialsError)"
    )


def test_a_call_that_botocore_does_not_send_is_rejected() -> None:
    """Its report quotes parameters, so only its name is told."""
    error = failure(ParamValidationError(report="ClientSecret: 'hunter2' is short"))

    assert type(error) is Rejected
    assert "hunter2" not in str(error)


def test_an_unknown_failure_of_botocore_is_rejected() -> None:
    assert type(failure(BotoCoreError())) is Rejected


def test_the_error_names_action_resource_and_request() -> None:
    error = failure(refusal("RuleNotFound", message="One or more\n  rules not found"))

    assert (error.action, error.resource) == ("GetThing", "thing-1")
    assert str(error) == (
        "GetThing on thing-1: RuleNotFound: One or more rules not found (request r-1)"
    )


@pytest.mark.parametrize(
    "message",
    [
        "value at password: hunter2 is too short",
        "{'ClientSecret': 'hunter2'} is not valid",
        '{"SecretString":"hunter2"}',
        "x-amz-security-token=hunter2",
        "Authorization: hunter2",
    ],
)
def test_what_looks_like_a_secret_is_struck_out(message: str) -> None:
    error = failure(refusal("ValidationException", message=message))

    assert "hunter2" not in str(error)
    assert "***" in str(error)


def test_a_message_about_a_signature_is_not_told() -> None:
    """It quotes the signed request, with the session's token in it."""
    error = failure(
        refusal("SignatureDoesNotMatch", 403, "should have been 'POST hunter2'")
    )

    assert str(error) == "GetThing on thing-1: SignatureDoesNotMatch (request r-1)"


def test_a_traceback_tells_no_more_than_the_error() -> None:
    error = failure(refusal("SignatureDoesNotMatch", 403, "POST hunter2"))

    assert "hunter2" not in "".join(traceback.format_exception(error))


def test_a_long_message_is_cut() -> None:
    error = failure(refusal("ValidationException", message="x" * 10_000))

    assert len(str(error)) < 400


def test_other_errors_pass_through() -> None:
    """A bug is not a failure of AWS."""
    with pytest.raises(KeyError), translated("GetThing", "thing-1"):
        raise KeyError("bug")
