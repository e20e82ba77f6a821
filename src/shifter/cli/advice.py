"""What to do about a failed call to AWS: the end of the sentence that tells it."""

from __future__ import annotations

from collections.abc import Mapping

from shifter.core.errors import AwsError, Denied, Throttled, Unavailable

_LOG_IN = "log in as you do for the AWS CLI, or choose another --profile"
_UNKNOWN = "AWS does not know these credentials: choose another --profile"
# By the code that the detail begins with, or by the exception that it names.
_CREDENTIALS: Mapping[str, str] = {
    "no usable credentials": _LOG_IN,
    "ExpiredToken": "your session has expired: log in again",
    "RequestExpired": "set your clock: AWS refuses requests that are signed too late",
    "InvalidClientTokenId": _UNKNOWN,
    "UnrecognizedClient": _UNKNOWN,
    "InvalidSignature": "the secret key or your clock is wrong: log in again",
    "SignatureDoesNotMatch": "the secret key or your clock is wrong: log in again",
}
# Permissions by API action; `translated` calls actions as the API does.
_PERMISSIONS: Mapping[str, str] = {
    "DescribeExecution": "states:DescribeExecution",
    "DescribeListeners": "elasticloadbalancing:DescribeListeners",
    "DescribeRules": "elasticloadbalancing:DescribeRules",
    "GetItem": "dynamodb:GetItem",
    "GetParameter": "ssm:GetParameter",
    "GetParametersByPath": "ssm:GetParametersByPath",
    "Invoke": "lambda:InvokeFunction",
    "InvokeFunctionUrl": "lambda:InvokeFunctionUrl and lambda:InvokeFunction",
    "Query": "dynamodb:Query",
}


_OF_THE_TABLE = frozenset({"GetItem", "Query"})
_BACK_WITHOUT = "; if the table or its key is out of use, traffic still goes back:"
WITHOUT_RECORD = "shifter rollback --without-record --reason TEXT"


def advice(error: AwsError) -> str:
    """What to do about it; where the table fails, a command follows: the way back."""
    return _advice(error) + _BACK_WITHOUT * breaks_the_glass(error)


def breaks_the_glass(error: AwsError) -> bool:
    """Whether going back without the record may be what is left."""
    by_the_caller = _advice(error) in _CREDENTIALS.values()
    return error.action in _OF_THE_TABLE and not by_the_caller


def _advice(error: AwsError) -> str:
    match error:
        case Denied():
            return _about_denial(error)
        case Unavailable():
            return (
                "try again, and look at the network, --region and --endpoint-url "
                "(AWS_ENDPOINT_URL)"
            )
        case Throttled():
            return "wait a little and try again"
        case _:
            return "AWS refused the request itself: look at --region and --profile"


def _about_denial(error: Denied) -> str:
    for beginning, told in _CREDENTIALS.items():
        if error.detail.startswith(beginning):
            return told
    needed = _PERMISSIONS.get(error.action, error.action)
    return f"an administrator must grant {needed}"
