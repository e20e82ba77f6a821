"""F2: a change takes thirty seconds to reach every server."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shifter_sandbox.account import Account
from shifter_sandbox.system import System


def change(system: System, weights: dict[str, int]) -> str:
    assert system.dns is not None
    client: Any = boto3.client("route53")
    records = client.list_resource_record_sets(HostedZoneId=system.dns.zone_id)
    changes = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": record | {"Weight": weights[record["SetIdentifier"]]},
        }
        for record in records["ResourceRecordSets"]
        if "SetIdentifier" in record
    ]
    answer = client.change_resource_record_sets(
        HostedZoneId=system.dns.zone_id, ChangeBatch={"Changes": changes}
    )
    assert answer["ChangeInfo"]["Status"] == "PENDING"
    return str(answer["ChangeInfo"]["Id"])


def served(aws: Account, system: System) -> dict[str, int]:
    assert system.dns is not None
    return aws.name_service.served_weights(system.dns.zone_id, system.dns.name, "A")


def test_a_change_is_pending_for_thirty_seconds(aws: Account, system: System) -> None:
    """Until it is in sync, the old answer is what the world gets."""
    aws.advance(60)
    id_ = change(system, {"edge-1": 3, "edge-2": 1})
    client = boto3.client("route53")

    assert system.dns_weights() == {"edge-1": 3, "edge-2": 1}
    assert system.dns_weights("AAAA") == {"edge-1": 3, "edge-2": 1}
    assert served(aws, system) == {"edge-1": 1, "edge-2": 0}
    aws.advance(29)
    assert client.get_change(Id=id_)["ChangeInfo"]["Status"] == "PENDING"
    aws.advance(1)
    assert client.get_change(Id=id_)["ChangeInfo"]["Status"] == "INSYNC"
    assert served(aws, system) == {"edge-1": 3, "edge-2": 1}


def test_the_waiter_of_botocore_waits_in_virtual_time(
    aws: Account, system: System
) -> None:
    id_ = change(system, {"edge-1": 0, "edge-2": 1})

    boto3.client("route53").get_waiter("resource_record_sets_changed").wait(Id=id_)

    assert served(aws, system) == {"edge-1": 0, "edge-2": 1}


def test_weight_256_is_refused_and_changes_nothing(system: System) -> None:
    with pytest.raises(ClientError, match="maxInclusive '255'") as raised:
        change(system, {"edge-1": 256, "edge-2": 1})

    assert raised.value.response["Error"]["Code"] == "InvalidInput"
    assert system.dns_weights() == {"edge-1": 1, "edge-2": 0}


def test_a_change_that_nobody_made_is_unknown(aws: Account) -> None:
    with pytest.raises(ClientError, match="NoSuchChange"):
        boto3.client("route53").get_change(Id="C0")
