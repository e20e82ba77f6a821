"""The table: record, journal entry and lock, changed together or not at all.

Keys: `CUTOVER#<id>`/`RECORD`, `JOURNAL#<id>`/`000001`, `ENVIRONMENT#<name>`/`LOCK`.
The journal has partition keys of its own, so that a role may be allowed to add entries
and nothing else.  A save is one TransactWriteItems, conditional on the record's version;
its token comes from what is saved, so the SDK may send it twice.

AWS documentation: Amazon DynamoDB developer guide, "Amazon DynamoDB Transactions: How it
works" (idempotency, cancellation reasons) and "Quotas" (400 KB an item).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from interlock.lock import (
    Holder,
    HolderKind,
    checking,
    freeing,
    holder_name,
    key,
    read_holder,
    taking,
)
from shifter.adapters.failures import from_response, translated
from shifter.core.errors import Conflict, LockHeld, Rejected
from shifter.core.journal import Entry
from shifter.core.phases import ENDS
from shifter.core.record import Record

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_LARGEST_BYTES = 380_000


class DynamoStore:
    """Fits `ports.Store`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def load(self, cutover_id: str) -> Record | None:
        item = self._get(_record_key(cutover_id), f"record of {cutover_id}")
        if item is None:
            return None
        try:
            return Record.model_validate_json(item["body"]["S"])
        except ValidationError as error:
            raise Rejected(
                "GetItem",
                f"record of {cutover_id}",
                f"cannot be read by this version of Shifter: "
                f"{error.error_count()} fields differ",
            ) from None

    def save(self, record: Record, entry: Entry) -> None:
        resource = f"record of {record.cutover_id}"
        changes = [self._put_record(record), self._put_entry(entry)]
        lock = self._lock_change(record, entry)
        if lock is not None:
            changes.append(lock)
        with translated("TransactWriteItems", resource):
            try:
                self._client.transact_write_items(
                    TransactItems=changes, ClientRequestToken=entry.hash[:36]
                )
            except ClientError as error:
                reasons = error.response.get("CancellationReasons")
                if reasons is None:
                    raise
                self._explain(reasons, record, entry, error)

    def journal(self, cutover_id: str) -> Sequence[Entry]:
        found: list[Entry] = []
        more: dict[str, Any] = {}
        while True:
            with translated("Query", f"journal of {cutover_id}"):
                page = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": f"JOURNAL#{cutover_id}"}},
                    ConsistentRead=True,
                    **more,
                )
            found.extend(
                Entry.model_validate_json(i["body"]["S"]) for i in page["Items"]
            )
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def holder(self, environment: str) -> Holder | None:
        return read_holder(self._get(key(environment), f"lock of {environment}"))

    def _get(self, item_key: dict[str, Any], resource: str) -> dict[str, Any] | None:
        with translated("GetItem", resource):
            answer = self._client.get_item(
                TableName=self._table, Key=item_key, ConsistentRead=True
            )
        return answer.get("Item")

    def _put_record(self, record: Record) -> Any:
        body = record.model_dump_json()
        if len(body.encode()) > _LARGEST_BYTES:
            raise Rejected(
                "TransactWriteItems",
                f"record of {record.cutover_id}",
                f"{len(body.encode())} bytes, more than an item can hold",
            )
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if record.version > 1:
            condition = {
                "ConditionExpression": "#version = :before",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {
                    ":before": {"N": str(record.version - 1)}
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
                    "look_again_at": {"S": _text(record.look_again_at)},
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
                    "sk": {"S": f"{entry.number:06}"},
                    "body": {"S": entry.model_dump_json()},
                },
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _lock_change(self, record: Record, entry: Entry) -> Any:
        """Take the lock first, keep it, free it at the end, then leave it alone."""
        mine = holder_name(HolderKind.CUTOVER, record.cutover_id)
        if record.version == 1:
            return taking(self._table, record.environment, mine, entry.at)
        if entry.phase_before in ENDS:
            return None
        if record.phase in ENDS:
            return freeing(self._table, record.environment, mine)
        return checking(self._table, record.environment, mine)

    def _explain(
        self, reasons: Any, record: Record, entry: Entry, error: ClientError
    ) -> None:
        """Raise what the reasons of a cancelled transaction, in its order, mean."""
        codes = [reason.get("Code", "None") for reason in reasons]
        conflicts = {"ConditionalCheckFailed", "TransactionConflict"}
        if conflicts & set(codes[:2]) or "TransactionConflict" in codes:
            raise Conflict(
                f"{record.cutover_id} was saved by somebody else at version "
                f"{record.version}: load it again"
            ) from None
        if "ConditionalCheckFailed" in codes[2:]:
            holder = read_holder(reasons[2].get("Item"))
            raise LockHeld(
                environment=record.environment,
                holder=holder.holder if holder else "nobody",
                since=holder.since if holder else entry.at,
            ) from None
        code = next((code for code in codes if code != "None"), "Unknown")
        raise from_response(
            {"Error": {"Code": code, "Message": "the transaction was cancelled"}},
            "TransactWriteItems",
            f"record of {record.cutover_id}",
        ) from error


def _record_key(cutover_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"CUTOVER#{cutover_id}"}, "sk": {"S": "RECORD"}}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
