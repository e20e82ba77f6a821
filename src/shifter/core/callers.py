"""Callers: who somebody is by the ARN that AWS names, and whether two may be one.

The ARN of an assumed role ends in the name of its session, which whoever assumes the
role has chosen.  Where nobody has, the SDK makes one up from the time, and a fresh one
with each renewal of the credentials: so two names tell two people apart only where
both were given.

AWS documentation: IAM user guide, "IAM identifiers" (ARNs of assumed roles); AWS SDKs
and Tools Reference Guide, "Assume role credential provider" (`role_session_name`).
"""

from __future__ import annotations

import re

_ASSUMED = re.compile(r"^(arn:aws[a-z-]*:sts::\d*:assumed-role/.+)/([^/]+)$")
_MADE_UP = re.compile(r"(^|[^0-9])[0-9]{10,}$")
"""A name that ends in a time: `botocore-session-1764000000`, `aws-go-sdk-17640…`."""


def may_be_one(one: str, other: str) -> bool:
    """Tell whether two callers are the same person, as far as anybody can know."""
    if one == other:
        return True
    first, second = _ASSUMED.match(one), _ASSUMED.match(other)
    if first is None or second is None or first[1] != second[1]:
        return False
    return any(_MADE_UP.search(session[2]) for session in (first, second))
