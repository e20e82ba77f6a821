"""The environment's lock: at most one holder, whoever it is.

Rules of this file
* A holder is written `cutover:<cutover_id>`, `rotation:<secret>#<token>` or
  `deploy:<id>`.
* A cutover's hold never expires by time.  The others have a lease, and from the moment
  at which it ends anybody may take over.
* Taking again is allowed to the holder, and renews a lease; freeing what nobody holds
  is allowed to those with a lease, whose repetitions must do no harm.
* Time is an argument, and is written in UTC, so that text sorts as time does.
* Nothing is checked first and written later: each change is one conditional write.
* The entries of a DynamoDB transaction are built here, so that a cutover takes and
  frees the lock in the same transaction as its record.

AWS documentation: Amazon DynamoDB developer guide, "Condition and filter expressions"
and "Amazon DynamoDB Transactions: How it works".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

Item = dict[str, Any]

_TAKE = (
    "attribute_not_exists(pk) OR #holder = :holder "
    "OR (attribute_exists(expires_at) AND expires_at <= :now)"
)
_MINE = "#holder = :holder"
_MINE_OR_FREE = "attribute_not_exists(pk) OR #holder = :holder"
_NAMES = {"#holder": "holder"}


class HolderKind(StrEnum):
    """Who can hold an environment."""

    CUTOVER = "cutover"
    ROTATION = "rotation"
    DEPLOY = "deploy"


@dataclass(frozen=True, slots=True)
class HolderName:
    """The name of a holder, in its parts; `str` gives it as it is written."""

    kind: HolderKind
    name: str

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError(f"a {self.kind} needs a name to hold an environment")
        if self.kind is HolderKind.ROTATION and not all(self.name.partition("#")):
            raise ValueError(
                f"{self.name!r}: a rotation is named by its secret, #, and its token"
            )

    @classmethod
    def cutover(cls, cutover_id: str) -> Self:
        return cls(HolderKind.CUTOVER, cutover_id)

    @classmethod
    def rotation(cls, secret: str, token: str) -> Self:
        return cls(HolderKind.ROTATION, f"{secret}#{token}")

    @classmethod
    def deploy(cls, id: str) -> Self:  # noqa: A002 - the word of the lock's form
        return cls(HolderKind.DEPLOY, id)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The parts of a written name.  Raises ValueError for any other text."""
        kind, _, name = text.partition(":")
        if kind not in set(HolderKind):
            raise ValueError(
                f"{text!r} names no holder: write one of "
                + ", ".join(f"{known}:…" for known in HolderKind)
            )
        return cls(HolderKind(kind), name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an environment, since when, and until when at the latest."""

    holder: str
    """The name as it is written: whoever reads it need not know its kind."""
    since: datetime
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether the hold still counts."""
        return self.expires_at is None or now < self.expires_at

    @property
    def cutover_id(self) -> str | None:
        """The cutover that holds; None when it is somebody else."""
        kind, _, name = self.holder.partition(":")
        return name if kind == HolderKind.CUTOVER and name else None


def may_take(held: Holder | None, holder: HolderName, now: datetime) -> bool:
    """Tell whether a holder may take the lock: the rule that `taking` lays down."""
    return held is None or held.holder == str(holder) or not held.holds(now)


def key(environment: str) -> Item:
    """The primary key of an environment's lock."""
    return {"pk": {"S": f"ENVIRONMENT#{environment}"}, "sk": {"S": "LOCK"}}


def taking(
    table: str,
    environment: str,
    holder: HolderName,
    now: datetime,
    lease: timedelta | None = None,
) -> Item:
    """The transaction entry that takes the lock, or takes it again.

    A cutover gives no lease; everybody else must.
    """
    if (lease is None) != (holder.kind is HolderKind.CUTOVER):
        raise ValueError(
            f"{holder}: a cutover holds without a lease, and only a cutover does"
        )
    values = {":holder": {"S": str(holder)}, ":now": {"S": utc_text(now)}}
    update = "SET #holder = :holder, since = :now"
    if lease is None:
        update += " REMOVE expires_at"
    else:
        update += ", expires_at = :expires"
        values[":expires"] = {"S": utc_text(now + lease)}
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


def checking(table: str, environment: str, holder: HolderName) -> Item:
    """The transaction entry that fails unless the lock is this holder's."""
    return {"ConditionCheck": _only_if(_MINE, table, environment, holder)}


def freeing(table: str, environment: str, holder: HolderName) -> Item:
    """The transaction entry that frees the lock; fails unless it is this holder's."""
    return {"Delete": _only_if(_MINE, table, environment, holder)}


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
    """The lock for those who hold it by a lease: rotations and deployments.

    Errors of AWS other than a lost condition are the caller's to translate.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def acquire(
        self, environment: str, holder: HolderName, now: datetime, lease: timedelta
    ) -> None:
        """Take the lock for a while.  Raises LockTaken.  Twice renews the lease."""
        self._change(
            taking(self._table, environment, holder, now, lease)["Update"],
            self._client.update_item,
            environment,
        )

    def release(self, environment: str, holder: HolderName) -> None:
        """Free the lock, if it is not free.  Raises LockTaken if somebody else has it.

        A cutover's lock is freed by the transaction that ends it, never here.
        """
        if holder.kind is HolderKind.CUTOVER:
            raise ValueError(f"{holder}: only its own last save frees it")
        self._change(
            _only_if(_MINE_OR_FREE, self._table, environment, holder),
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


def _only_if(condition: str, table: str, environment: str, holder: HolderName) -> Item:
    return {
        "TableName": table,
        "Key": key(environment),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": _NAMES,
        "ExpressionAttributeValues": {":holder": {"S": str(holder)}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def utc_text(moment: datetime) -> str:
    """UTC with a fixed number of digits, so that text sorts as time does."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
