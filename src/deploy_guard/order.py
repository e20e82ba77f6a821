"""What CloudFormation asks of a custom resource, and what it is answered.

Rules of this file
* A request that can be answered is answered: the fields of the answer are read first,
  and whatever else is wrong becomes a refusal in one sentence.
* The resource has one physical id for good.  A new one would be a replacement, and
  CloudFormation would send a deletion of the old one in its cleanup.

AWS documentation: AWS CloudFormation user guide, "Custom resource request types",
"CloudFormation custom resource request and response reference".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

DEPLOY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LONGEST_REASON = 1_000
"""Characters; an answer may have 4,096 bytes in all."""


class BadRequest(Exception):
    """A request that lacks what every request of CloudFormation has."""


class Kind(StrEnum):
    """What is to be done with the resource."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, and where the answer goes."""

    url: str
    """Signed in advance, and good for one answer: as secret as a password."""
    stack_id: str
    request_id: str
    logical_id: str
    physical_id: str

    @classmethod
    def of(cls, event: Mapping[str, Any], environment: str) -> Self:
        """The sender.  Raises BadRequest where there is nobody to answer."""
        fields = ("ResponseURL", "StackId", "RequestId", "LogicalResourceId")
        missing = [name for name in fields if not isinstance(event.get(name), str)]
        if missing:
            raise BadRequest(
                f"{', '.join(missing)}: missing: only CloudFormation may invoke this"
            )
        url, stack_id, request_id, logical_id = (str(event[name]) for name in fields)
        if not url.startswith("https://"):
            raise BadRequest("ResponseURL: is no https address: nobody is answered")
        kept = event.get("PhysicalResourceId")
        physical_id = str(kept or f"deploy-guard/{environment}")
        return cls(url, stack_id, request_id, logical_id, physical_id)

    def answer(self, *, refused: str | None) -> dict[str, Any]:
        """The answer, as CloudFormation wants it."""
        return {
            "Status": "SUCCESS" if refused is None else "FAILED",
            "Reason": _plain(refused or "")[:LONGEST_REASON],
            "PhysicalResourceId": self.physical_id,
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_id,
        }


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked."""

    kind: Kind
    deploy_id: str
    weights: str
    """Every weight that the deployment writes, as one text."""
    weights_before: str | None
    """Those of the deployment before; None when there was none."""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """The order.  Raises BadRequest naming the field, its value and the remedy."""
        asked = str(event.get("RequestType"))
        if asked not in set(Kind):
            raise BadRequest(f"RequestType: {asked}: one of {', '.join(Kind)}")
        now = _properties(event, "ResourceProperties")
        before = _properties(event, "OldResourceProperties")
        kind, deploy_id = Kind(asked), str(now.get("DeployId", ""))
        if kind is not Kind.DELETE and not DEPLOY_ID.fullmatch(deploy_id):
            raise BadRequest(
                f"DeployId: {deploy_id[:80]!r}: give each deployment a new one, of at "
                "most 64 letters, digits, dots, hyphens and underscores"
            )
        weights_before = before.get("Weights")
        return cls(
            kind,
            deploy_id,
            str(now.get("Weights", "")),
            None if weights_before is None else str(weights_before),
        )

    @property
    def changes_weights(self) -> bool:
        """Tell whether CloudFormation will write weights that it did not write last."""
        return self.weights_before not in {None, self.weights}


def _plain(text: str) -> str:
    """The text in letters that JSON writes with one byte."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)


def _properties(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    return found if isinstance(found, Mapping) else {}
