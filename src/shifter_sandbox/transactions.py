"""Transactions: what a transaction of DynamoDB may have to undo, and no more.

moto copies the whole table for each item of a transaction, so a cutover with a long
journal would take time and memory that grow with its square.  Here the copy shares all
items but those that the transaction names; moto replaces the others as a whole, so what
it puts back is the same.

Source: Amazon DynamoDB developer guide, "Managing complex workflows with DynamoDB
transactions" (all of it happens, or nothing).
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from shifter_sandbox.patching import patched

_Keys = Sequence[tuple[str, Mapping[str, Any]]]
_NAMED: ContextVar[_Keys | None] = ContextVar("named", default=None)


@contextmanager
def copied_sparingly() -> Iterator[None]:
    """Let a transaction copy inside the context only what it names."""
    original = DynamoDBBackend.transact_write_items

    def transact(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        operations = [operation for item in items for operation in item.values()]
        token = _NAMED.set(
            [(o["TableName"], o["Key"]) for o in operations if "Key" in o]
        )
        try:
            original(backend, items)
        finally:
            _NAMED.reset(token)

    with (
        patched(DynamoDBBackend, "transact_write_items", transact),
        patched(Table, "__deepcopy__", _copied, create=True),
    ):
        yield


def _copied(table: Table, memo: dict[int, Any]) -> Any:
    """A copy to go back to; outside of a transaction it is as deep as ever."""
    made: Any = Table.__new__(Table)
    memo[id(table)] = made
    named = _NAMED.get()
    if named is None:
        vars(made).update(copy.deepcopy(vars(table), memo))
        return made
    kept: Any = defaultdict(dict)
    found: Any = table.items
    for first, items in found.items():
        kept[first] = dict(items) if table.has_range_key else items
    vars(made).update(vars(table) | {"items": kept})
    for name, key in named:
        if name == table.name:
            _keep(made, key, memo)
    return made


def _keep(made: Any, key: Mapping[str, Any], memo: dict[int, Any]) -> None:
    """Copy the one item, which the transaction may change in its place."""
    within = made.items
    at = DynamoType(key[made.hash_key_attr])
    if made.has_range_key:
        within, at = within.get(at, {}), DynamoType(key[made.range_key_attr])
    if at in within:
        within[at] = copy.deepcopy(within[at], memo)
