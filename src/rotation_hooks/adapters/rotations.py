"""The table of rotations: an item for each version, and one that blocks cutovers.

AWS documentation: Amazon DynamoDB developer guide, "Condition expressions" and "Read
consistency".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rotation_hooks.adapters.failures import translated
from rotation_hooks.core.errors import Conflict
from rotation_hooks.core.progress import Progress

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_VERSION = "VERSION#"
_FLAG = "FLAG"


class DynamoRotations:
    """Fits `ports.Rotations`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def load(self, arn: str, version: str) -> Progress | None:
        item = self._item(arn, f"{_VERSION}{version}")
        return None if item is None else _progress(item)

    def save(self, progress: Progress) -> None:
        key = _key(progress.arn, f"{_VERSION}{progress.version}")
        with translated("PutItem", progress.arn):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **key,
                        "revision": {"N": str(progress.revision)},
                        "body": {"S": progress.model_dump_json()},
                    },
                    ConditionExpression=(
                        "attribute_not_exists(pk)"
                        if progress.revision == 1
                        else "revision = :before"
                    ),
                    **_before(progress),
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                told = f"{progress.arn} {progress.version}: somebody else was faster"
                raise Conflict(told) from None

    def unfinished(self, arn: str) -> Sequence[Progress]:
        found: list[Progress] = []
        with translated("Query", arn):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :version)",
                ExpressionAttributeValues={
                    ":pk": _key(arn, "")["pk"],
                    ":version": {"S": _VERSION},
                },
                ConsistentRead=True,
            )
            for page in pages:
                found.extend(_progress(item) for item in page["Items"])
        left = [one for one in found if not one.is_over]
        return sorted(left, key=lambda one: one.updated_at)

    def flag(self, arn: str) -> str | None:
        item = self._item(arn, _FLAG)
        return None if item is None else str(item["reason"]["S"])

    def block(self, arn: str, reason: str, now: datetime) -> None:
        with translated("PutItem", arn):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_key(arn, _FLAG),
                    "reason": {"S": reason},
                    "since": {"S": now.isoformat()},
                },
            )

    def unblock(self, arn: str) -> None:
        with translated("DeleteItem", arn):
            self._client.delete_item(TableName=self._table, Key=_key(arn, _FLAG))

    def _item(self, arn: str, sort: str) -> Any:
        with translated("GetItem", arn):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(arn, sort), ConsistentRead=True
            )
        return answer.get("Item")


def _key(arn: str, sort: str) -> dict[str, Any]:
    return {"pk": {"S": f"SECRET#{arn}"}, "sk": {"S": sort}}


def _before(progress: Progress) -> Any:
    if progress.revision == 1:
        return {}
    return {"ExpressionAttributeValues": {":before": {"N": str(progress.revision - 1)}}}


def _progress(item: Any) -> Progress:
    return Progress.model_validate_json(item["body"]["S"])
