"""The environment's lock: at most one holder, whoever it is.

A holder is written `cutover:<cutover_id>`, `rotation:<secret>#<token>` or
`deploy:<id>`.  A cutover's hold never expires by time; the others have a lease, after
which anybody may take over.  The entries of a DynamoDB transaction are built here, so
that a cutover takes and frees the lock in the same transaction as its record.

AWS documentation: Amazon DynamoDB developer guide, "Condition and filter expressions"
and "Amazon DynamoDB Transactions: How it works".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

Item = dict[str, Any]

_TAKE = (
    "attribute_not_exists(pk) OR #holder = :holder "
    "OR (attribute_exists(expires_at) AND expires_at <= :now)"
)
_MINE = "#holder = :holder"
_NAMES = {"#holder": "holder"}


class HolderKind(StrEnum):
    """Who can hold an environment."""

    CUTOVER = "cutover"
    ROTATION = "rotation"
    DEPLOY = "deploy"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an environment, since when, and until when at the latest."""

    holder: str
    since: datetime
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether the hold still counts."""
        return self.expires_at is None or now < self.expires_at


def holder_name(kind: HolderKind, name: str) -> str:
    """The holder as it is written in the lock."""
    if not name:
        raise ValueError(f"a {kind} needs a name to hold an environment")
    return f"{kind}:{name}"


def key(environment: str) -> Item:
    """The primary key of an environment's lock."""
    return {"pk": {"S": f"ENVIRONMENT#{environment}"}, "sk": {"S": "LOCK"}}


def taking(
    table: str,
    environment: str,
    holder: str,
    now: datetime,
    lease: timedelta | None = None,
) -> Item:
    """The transaction entry that takes the lock, or takes it again.

    A cutover gives no lease; everybody else must.
    """
    if (lease is None) != holder.startswith(f"{HolderKind.CUTOVER}:"):
        raise ValueError(
            f"{holder}: a cutover holds without a lease, and only a cutover does"
        )
    values = {":holder": {"S": holder}, ":now": {"S": _text(now)}}
    update = "SET #holder = :holder, since = :now"
    if lease is None:
        update += " REMOVE expires_at"
    else:
        update += ", expires_at = :expires"
        values[":expires"] = {"S": _text(now + lease)}
    return {
        "Update": {
            "TableName": table,
            "Key": key(environment),
            "ConditionExpression": _TAKE,
            "UpdateExpression": update,
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def checking(table: str, environment: str, holder: str) -> Item:
    """The transaction entry that fails unless the lock is this holder's."""
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": key(environment),
            "ConditionExpression": _MINE,
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": {":holder": {"S": holder}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def freeing(table: str, environment: str, holder: str) -> Item:
    """The transaction entry that frees the lock, if it is this holder's."""
    return {
        "Delete": {
            "TableName": table,
            "Key": key(environment),
            "ConditionExpression": _MINE,
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": {":holder": {"S": holder}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def read_holder(item: Mapping[str, Any] | None) -> Holder | None:
    """The holder in an item of the table; None when there is none."""
    if not item:
        return None
    expires = item.get("expires_at")
    return Holder(
        holder=item["holder"]["S"],
        since=datetime.fromisoformat(item["since"]["S"]),
        expires_at=datetime.fromisoformat(expires["S"]) if expires else None,
    )


class LockTaken(Exception):
    """Somebody else holds the environment."""

    def __init__(self, environment: str, holder: Holder | None) -> None:
        told = (
            f"{holder.holder} since {holder.since.isoformat()}" if holder else "nobody"
        )
        super().__init__(f"{environment} is held by {told}")
        self.environment = environment
        self.holder = holder


class EnvironmentLock:
    """The lock for those who hold it by a lease: rotations and deployments."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def acquire(
        self, environment: str, holder: str, now: datetime, lease: timedelta
    ) -> None:
        """Take the lock for a while.  Raises LockTaken.  Twice renews the lease."""
        self._change(
            taking(self._table, environment, holder, now, lease)["Update"],
            self._client.update_item,
            environment,
        )

    def release(self, environment: str, holder: str) -> None:
        """Free the lock.  Raises LockTaken unless it is this holder's."""
        self._change(
            freeing(self._table, environment, holder)["Delete"],
            self._client.delete_item,
            environment,
        )

    def holder(self, environment: str) -> Holder | None:
        """Who holds the environment, read consistently."""
        answer = self._client.get_item(
            TableName=self._table, Key=key(environment), ConsistentRead=True
        )
        return read_holder(answer.get("Item"))

    def _change(self, request: Item, call: Any, environment: str) -> None:
        try:
            call(**request)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            item = error.response.get("Item")
            raise LockTaken(environment, read_holder(item)) from None


def _text(moment: datetime) -> str:
    """UTC with a fixed number of digits, so that text sorts as time does."""
    return moment.isoformat(timespec="microseconds")
