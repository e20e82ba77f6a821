"""The table: record, journal entry and lock, changed together or not at all.

    CUTOVER#<id>          RECORD    the record; what a console should show stands beside
    JOURNAL#<id>          000001    one entry of the journal, added and never changed
    ENVIRONMENT#<name>    LOCK      who holds the environment
    ENVIRONMENT#<name>    LATEST    the cutover that was begun last; never deleted

Rules of this file
* A save is one TransactWriteItems, on the condition that version and phase are still
  those that were loaded.  Everything is read consistently.
* The journal has partition keys of its own, so that a role may be allowed to add
  entries and nothing else.
* The token of a save comes from what is saved: sent again within ten minutes, because
  its answer was lost, it succeeds and changes nothing; later it is a Conflict.
* The lock is taken by the first save, which also makes the cutover the latest; it must
  be ours at every later one, and is freed by the save that ends the cutover.  After
  that it may be anybody's, and going back never depends on it.

AWS documentation: Amazon DynamoDB developer guide, "Amazon DynamoDB Transactions: How
it works" (idempotency) and "Quotas" (400 KB an item); Amazon DynamoDB API,
"TransactWriteItems" (cancellation reasons).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ClientError

from interlock.lock import (
    HolderName,
    checking,
    freeing,
    key,
    read_holder,
    taking,
    utc_text,
)
from shifter.adapters.bodies import parsed, written
from shifter.adapters.failures import from_response, translated
from shifter.core.errors import Conflict, LockHeld
from shifter.core.journal import Entry
from shifter.core.phases import ENDS, GOING_BACK
from shifter.core.record import Record
from shifter.ports import Environment

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_LATEST = "LATEST"

# Reasons of a cancelled transaction that are codes of no other API.
_THROTTLED = {
    "ProvisionedThroughputExceeded": "ProvisionedThroughputExceededException",
    "ThrottlingError": "ThrottlingException",
}


class DynamoStore:
    """Fits `ports.Store`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def load(self, cutover_id: str) -> Record | None:
        resource = f"record of {cutover_id}"
        with translated("GetItem", resource):
            answer = self._client.get_item(
                TableName=self._table, Key=_record_key(cutover_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None else parsed(Record, item, resource)

    def save(self, record: Record, entry: Entry) -> None:
        try:
            self._transact(record, entry, self._lock_change(record, entry))
        except LockHeld:
            if entry.phase_before not in GOING_BACK:
                raise
            # The lock went to somebody else by force: there is nothing to free.
            self._transact(record, entry, None)

    def _transact(self, record: Record, entry: Entry, lock: Any) -> None:
        changes = [self._put_record(record, entry), self._put_entry(entry)]
        if lock is not None:
            changes.append(lock)
        if record.version == 1:
            changes.append(self._put_latest(record))
        with translated("TransactWriteItems", f"record of {record.cutover_id}"):
            try:
                self._client.transact_write_items(
                    TransactItems=changes,
                    ClientRequestToken=_token(record, entry, changes),
                )
            except self._client.exceptions.IdempotentParameterMismatchException:
                _somebody_else(record)
            except ClientError as error:
                reasons = error.response.get("CancellationReasons")
                if reasons is None:
                    raise
                _explain(reasons, record, entry)

    def journal(self, cutover_id: str, after: int = 0) -> Sequence[Entry]:
        found: list[Entry] = []
        more: dict[str, Any] = {}
        while True:
            with translated("Query", f"journal of {cutover_id}"):
                page = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk AND sk > :after",
                    ExpressionAttributeValues={
                        ":pk": {"S": f"JOURNAL#{cutover_id}"},
                        ":after": {"S": _sort_key(after)},
                    },
                    ConsistentRead=True,
                    **more,
                )
            found.extend(
                parsed(Entry, item, f"journal of {cutover_id}")
                for item in page["Items"]
            )
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def environment(self, name: str) -> Environment:
        with translated("Query", f"environment {name}"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": key(name)["pk"]},
                ConsistentRead=True,
            )
        items = {item["sk"]["S"]: item for item in answer["Items"]}
        latest = items.get(_LATEST)
        return Environment(
            holder=read_holder(items.get(key(name)["sk"]["S"])),
            latest=latest["cutover_id"]["S"] if latest else None,
        )

    def _put_record(self, record: Record, entry: Entry) -> Any:
        body = written(record, f"record of {record.cutover_id}")
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if record.version != 1:
            condition = {
                "ConditionExpression": "#version = :version AND #phase = :phase",
                "ExpressionAttributeNames": {"#version": "version", "#phase": "phase"},
                "ExpressionAttributeValues": {
                    ":version": {"N": str(record.version - 1)},
                    ":phase": {"S": str(entry.phase_before)},
                },
            }
        return {
            "Put": {
                "TableName": self._table,
                "Item": {
                    **_record_key(record.cutover_id),
                    "body": {"S": body},
                    "version": {"N": str(record.version)},
                    "phase": {"S": record.phase},
                    "environment": {"S": record.environment},
                    "started_at": {"S": utc_text(record.started_at)},
                    "look_again_at": {"S": utc_text(record.look_again_at)},
                },
                **condition,
            }
        }

    def _put_entry(self, entry: Entry) -> Any:
        return {
            "Put": {
                "TableName": self._table,
                "Item": {
                    "pk": {"S": f"JOURNAL#{entry.cutover_id}"},
                    "sk": {"S": _sort_key(entry.number)},
                    "body": {"S": written(entry, f"journal of {entry.cutover_id}")},
                },
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _put_latest(self, record: Record) -> Any:
        return {
            "Put": {
                "TableName": self._table,
                "Item": {
                    "pk": key(record.environment)["pk"],
                    "sk": {"S": _LATEST},
                    "cutover_id": {"S": record.cutover_id},
                },
            }
        }

    def _lock_change(self, record: Record, entry: Entry) -> Any:
        """Take the lock first, keep it, free it at the end, then leave it alone.

        Going back never depends on the lock: whatever became of it, blue is safe.
        """
        mine = HolderName.cutover(record.cutover_id)
        if record.version == 1:
            return taking(self._table, record.environment, mine, entry.at)
        back = record.phase in GOING_BACK or record.abort is not None
        if entry.phase_before in ENDS or (back and record.phase not in ENDS):
            return None
        if record.phase in ENDS:
            return freeing(self._table, record.environment, mine)
        return checking(self._table, record.environment, mine)


def _token(record: Record, entry: Entry, changes: list[Any]) -> str:
    """The same for the same save; another one for a save that leaves the lock out.

    A token that comes back with other changes is refused for ten minutes.
    """
    return f"{record.version}-{len(changes)}-{entry.digest()}"[:36]


def _explain(reasons: Any, record: Record, entry: Entry) -> NoReturn:
    """Raise what the reasons of a cancelled transaction, in its order, mean."""
    codes = [reason.get("Code", "None") for reason in reasons]
    if "ConditionalCheckFailed" in codes[:2] or "TransactionConflict" in codes:
        _somebody_else(record)
    if "ConditionalCheckFailed" in codes:
        holder = read_holder(reasons[2].get("Item"))
        raise LockHeld(
            environment=record.environment,
            holder=holder.holder if holder else "nobody",
            since=holder.since if holder else entry.at,
        ) from None
    code, message = next(
        ((r["Code"], r.get("Message", "")) for r in reasons if r["Code"] != "None"),
        ("Unknown", ""),
    )
    raise from_response(
        {"Error": {"Code": _THROTTLED.get(code, code), "Message": message}},
        "TransactWriteItems",
        f"record of {record.cutover_id}",
    ) from None


def _somebody_else(record: Record) -> NoReturn:
    raise Conflict(
        f"{record.cutover_id} was saved by somebody else at version "
        f"{record.version}: load it again"
    ) from None


def _sort_key(number: int) -> str:
    """The number of an entry, so that text sorts as numbers do."""
    return f"{number:06}"


def _record_key(cutover_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"CUTOVER#{cutover_id}"}, "sk": {"S": "RECORD"}}
