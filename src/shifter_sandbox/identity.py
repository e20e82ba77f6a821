"""Identity: who calls, by the access key of the signature.

A key that IAM or STS of this account has made is who they say.  Any other key is a user
of its name in lower case, so that two shells with two keys are two operators.
Signatures are not verified: the sandbox has no secrets.

Sources: AWS Signature Version 4, "Authorization header"; AWS STS API reference,
"GetCallerIdentity".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse

from shifter_sandbox.patching import patched

_SCOPE = re.compile(
    r"AWS4-HMAC-SHA256 .*?Credential="
    r"(?P<key>[\w.@-]+)/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/aws4_request"
)


@dataclass(frozen=True, slots=True)
class Signer:
    """What a signature says: whose key, and for which service in which region."""

    access_key: str
    region: str
    service: str

    @classmethod
    def of(cls, authorization: str | None) -> Signer | None:
        """Read it from the header Authorization; None when that is no signature."""
        found = _SCOPE.match(authorization or "")
        return cls(*found.groups()) if found else None

    @property
    def identity(self) -> tuple[str, str]:
        """Id and ARN of the caller."""
        key, account = self.access_key, DEFAULT_ACCOUNT_ID
        if role := sts_backends[account]["aws"].get_assumed_role_from_access_key(key):
            return str(role.user_id), str(role.arn)
        if user := iam_backends[account]["aws"].get_user_from_access_key_id(key):
            return str(user.id), str(user.arn)
        return key.upper(), f"arn:aws:iam::{account}:user/{key.lower()}"


@contextmanager
def keys_name_users() -> Iterator[None]:
    """Let STS tell who calls inside the context."""

    def identity(response: TokenResponse) -> ActionResult:
        signer = Signer.of(response.headers["Authorization"])
        assert signer is not None  # noqa: S101  STS is reached by its signature
        id_, arn = signer.identity
        return ActionResult({"UserId": id_, "Account": DEFAULT_ACCOUNT_ID, "Arn": arn})

    with patched(TokenResponse, "get_caller_identity", identity):
        yield
