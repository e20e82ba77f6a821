"""A transaction that comes to nothing leaves a table of the sandbox as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from shifter_sandbox.account import account

TABLE = "orchard"


@pytest.fixture(params=["hash and range", "hash"])
def keys(request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    names = ("row", "tree") if request.param == "hash and range" else ("row",)
    with account():
        client: Any = boto3.client("dynamodb")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in names
            ],
            KeySchema=[
                {"AttributeName": name, "KeyType": kind}
                for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
            ],
        )
        yield names


def _key(keys: tuple[str, ...], name: str) -> dict[str, Any]:
    return {key: {"S": name} for key in keys}


def _put(keys: tuple[str, ...], name: str, apples: int, **more: Any) -> dict[str, Any]:
    item = {**_key(keys, name), "apples": {"N": str(apples)}}
    return {"Put": {"TableName": TABLE, "Item": item, **more}}


def _picked(keys: tuple[str, ...], name: str) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": TABLE,
            "Key": _key(keys, name),
            "UpdateExpression": "SET apples = :none",
            "ExpressionAttributeValues": {":none": {"N": "0"}},
        }
    }


def _all() -> list[dict[str, Any]]:
    items = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    return sorted(items, key=lambda item: item["row"]["S"])


def test_what_was_put_updated_and_deleted_is_put_back(keys: tuple[str, ...]) -> None:
    """All of it happens, or nothing does."""
    client: Any = boto3.client("dynamodb")
    client.transact_write_items(
        TransactItems=[_put(keys, name, 7) for name in ("cox", "fuji", "gala")]
    )
    before = _all()
    delete = {"Delete": {"TableName": TABLE, "Key": _key(keys, "fuji")}}
    refused = _put(keys, "cox", 2, ConditionExpression="attribute_not_exists(apples)")

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        client.transact_write_items(
            TransactItems=[
                _picked(keys, "gala"),
                delete,
                _put(keys, "new", 1),
                refused,
            ]
        )

    assert before == _all()
    client.transact_write_items(TransactItems=[_picked(keys, "gala"), delete])
    assert [("cox", "7"), ("gala", "0")] == [
        (item["row"]["S"], item["apples"]["N"]) for item in _all()
    ]


def test_outside_of_a_transaction_a_copy_shares_nothing(keys: tuple[str, ...]) -> None:
    client: Any = boto3.client("dynamodb")
    client.transact_write_items(TransactItems=[_put(keys, "cox", 7)])
    [table] = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables.values()

    apart = copy.deepcopy(table)
    client.update_item(
        TableName=TABLE,
        **{
            name: value
            for name, value in _picked(keys, "cox")["Update"].items()
            if name != "TableName"
        },
    )

    [item] = apart.all_items()
    assert {"N": "7"} == item.attrs["apples"].to_json()
