"""Who has an environment: the holder of its lock, or a cutover that lost its lock.

A lock can be deleted by hand or go to somebody else by force, and the cutover that it
belonged to still moves traffic on its way back.  So whoever wants the environment asks
for its latest cutover as well.  Shifter's engine asks the same with its own records;
here the few words are read that stand beside a record for consoles.

AWS documentation: Amazon DynamoDB developer guide, "Read consistency".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from interlock.lock import Holder, HolderName, key, read_holder

ENDED = frozenset({"COMPLETED", "ROLLED_BACK"})
"""The phases in which a cutover has given its environment back."""


def occupant(client: Any, table: str, environment: str, now: datetime) -> Holder | None:
    """Who has the environment now; None when it may be taken.  Read consistently."""
    answer = client.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": key(environment)["pk"]},
        ConsistentRead=True,
    )
    items = {item["sk"]["S"]: item for item in answer["Items"]}
    held = read_holder(items.get(key(environment)["sk"]["S"]))
    if held is not None and held.holds(now):
        return held
    latest = items.get("LATEST")
    return None if latest is None else _unfinished(client, table, latest)


def _unfinished(client: Any, table: str, latest: Any) -> Holder | None:
    cutover_id = latest["cutover_id"]["S"]
    record = client.get_item(
        TableName=table,
        Key={"pk": {"S": f"CUTOVER#{cutover_id}"}, "sk": {"S": "RECORD"}},
        ConsistentRead=True,
    ).get("Item")
    if record is None or record["phase"]["S"] in ENDED:
        return None
    return Holder(
        str(HolderName.cutover(cutover_id)),
        datetime.fromisoformat(record["started_at"]["S"]),
    )
