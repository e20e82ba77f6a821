"""The statement in a secret's policy that keeps a hosted rotation from beginning.

A rotation function that AWS hosts knows nothing of our lock.  What it cannot do is
write a new version against the secret's policy: createSecret fails, before the database
has changed.  Whatever else the policy says is somebody else's, and stays as it is.

AWS documentation: Secrets Manager user guide, "Resource-based policies"; IAM user
guide, "Policy evaluation logic" (an explicit deny wins).
"""

from __future__ import annotations

import json
from typing import Any

SID = "NoRotationDuringACutover"
ACTION = "secretsmanager:PutSecretValue"


def closed(policy: str | None, role: str) -> str:
    """The policy with our statement, which denies this role to write versions."""
    found = _parsed(policy)
    ours = {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": {"AWS": role},
        "Action": ACTION,
        "Resource": "*",  # the secret that has the policy
    }
    return json.dumps(found | {"Statement": [*_others(found), ours]})


def opened(policy: str | None) -> str | None:
    """The policy without our statement; None when it says nothing then."""
    found = _parsed(policy)
    others = _others(found)
    return json.dumps(found | {"Statement": others}) if others else None


def is_closed(policy: str | None, role: str) -> bool:
    """Tell whether the policy says what `closed` makes it say."""
    return policy is not None and json.loads(policy) == json.loads(closed(policy, role))


def has_ours(policy: str | None) -> bool:
    """Tell whether our statement is there, for whichever role."""
    return any(one.get("Sid") == SID for one in _statements(_parsed(policy)))


def _others(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in _statements(found) if one.get("Sid") != SID]


def _statements(found: dict[str, Any]) -> list[dict[str, Any]]:
    """IAM takes one statement without a list for a list of one."""
    said = found.get("Statement", [])
    return said if isinstance(said, list) else [said]


def _parsed(policy: str | None) -> dict[str, Any]:
    return json.loads(policy) if policy else {"Version": "2012-10-17"}
