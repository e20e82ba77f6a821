"""The weighted pair in Route 53: what AWS adds to the contract."""

from __future__ import annotations

from typing import Any

import pytest

from shifter.adapters.route53 import Route53Dns
from shifter.core.edges import DnsState
from shifter.core.errors import Rejected, Throttled
from shifter.core.topology import Topology
from tests.adapters.bench import NAME, AwsBench


def changed(topology: Topology, **update: Any) -> Topology:
    assert topology.dns is not None
    return topology.model_copy(update={"dns": topology.dns.model_copy(update=update)})


@pytest.fixture
def twins(aws: AwsBench) -> Route53Dns:
    """A pair of A records and a pair of AAAA records."""
    aws.make_records("A", {"one": 1, "two": 0})
    aws.make_records("AAAA", {"one": 1, "two": 0})
    return Route53Dns(
        aws.account.client("route53"), changed(aws.topology, types=("A", "AAAA"))
    )


def shares(aws: AwsBench) -> dict[tuple[str, str], int]:
    return {(r["Type"], r["SetIdentifier"]): r["Weight"] for r in aws.records()}


def test_all_types_of_both_edges_are_written_in_one_batch(
    aws: AwsBench, twins: Route53Dns
) -> None:
    """Route 53 applies a batch as a whole, so no type is ever ahead of another."""
    sent = aws.account.record("route53", "ChangeResourceRecordSets")

    twins.write(250)

    [call] = sent
    assert [change["Action"] for change in call["ChangeBatch"]["Changes"]] == (
        ["UPSERT"] * 4
    )
    assert shares(aws) == {
        ("A", "one"): 3,
        ("A", "two"): 1,
        ("AAAA", "one"): 3,
        ("AAAA", "two"): 1,
    }


def test_types_that_disagree_never_look_settled(
    aws: AwsBench, twins: Route53Dns
) -> None:
    aws.make_records("AAAA", {"one": 1, "two": 1})

    state = twins.read()

    assert state == DnsState({"edge-1": 0, "edge-2": 0}, 60)
    assert state.share() is None


def test_types_with_the_same_ratio_agree(aws: AwsBench, twins: Route53Dns) -> None:
    aws.make_records("A", {"one": 3, "two": 1})
    aws.make_records("AAAA", {"one": 150, "two": 50})

    state = twins.read()

    assert state is not None
    assert state.share() == 250


def test_a_type_without_any_weight_does_not_agree_with_one_that_has_some(
    aws: AwsBench, twins: Route53Dns
) -> None:
    """All zero means equal shares."""
    aws.make_records("AAAA", {"one": 0, "two": 0})

    state = twins.read()

    assert state is not None
    assert state.share() is None


def test_a_write_brings_types_that_disagree_together(
    aws: AwsBench, twins: Route53Dns
) -> None:
    aws.make_records("AAAA", {"one": 1, "two": 1})

    twins.write(0)

    state = twins.read()
    assert state is not None
    assert state.share() == 0


def test_a_third_record_that_takes_answers_never_looks_settled(aws: AwsBench) -> None:
    dns = aws.dns
    aws.make_records("A", {"stray": 1})

    state = dns.read()

    assert state is not None
    assert state.share() is None


def test_a_third_record_without_weight_does_not_matter(aws: AwsBench) -> None:
    dns = aws.dns
    aws.make_records("A", {"stray": 0})

    assert dns.read() == DnsState({"edge-1": 1, "edge-2": 0}, 60)


def test_weighted_records_of_a_type_that_is_not_named_do_not_matter(
    aws: AwsBench,
) -> None:
    dns = aws.dns
    aws.make_records("AAAA", {"stray": 1})

    assert dns.read() == DnsState({"edge-1": 1, "edge-2": 0}, 60)


def test_everything_of_a_record_but_its_weight_is_preserved(aws: AwsBench) -> None:
    check = "11111111-2222-3333-4444-555555555555"
    values = [{"Value": "balancer.example.com"}]
    aws.make_records(
        "CNAME",
        {"one": 1, "two": 0},
        TTL=30,
        ResourceRecords=values,
        HealthCheckId=check,
    )
    dns = Route53Dns(
        aws.account.client("route53"), changed(aws.topology, types=("CNAME",))
    )

    dns.write(500)

    assert aws.records() == [
        {
            "Name": NAME + ".",
            "Type": "CNAME",
            "SetIdentifier": identifier,
            "Weight": 1,
            "TTL": 30,
            "ResourceRecords": values,
            "HealthCheckId": check,
        }
        for identifier in ("one", "two")
    ]


def test_an_alias_stays_an_alias(aws: AwsBench) -> None:
    aws.dns.write(500)

    assert [record["AliasTarget"] for record in aws.records()] == [
        {
            "HostedZoneId": "Z32O12XQLNTSW2",
            "DNSName": "balancer.example.com.",
            "EvaluateTargetHealth": True,
        }
    ] * 2


def test_records_with_a_ttl_tell_the_longest(aws: AwsBench) -> None:
    values = [{"Value": "balancer.example.com"}]
    aws.make_records("CNAME", {"one": 1}, TTL=30, ResourceRecords=values)
    aws.make_records("CNAME", {"two": 1}, TTL=300, ResourceRecords=values)
    dns = Route53Dns(
        aws.account.client("route53"), changed(aws.topology, types=("CNAME",))
    )

    state = dns.read()

    assert state is not None
    assert state.ttl_seconds == 300


def test_a_missing_record_is_named(aws: AwsBench) -> None:
    aws.make_records("A", {"one": 1})
    dns = Route53Dns(aws.account.client("route53"), aws.topology)

    with pytest.raises(
        Rejected,
        match="no weighted A record with the set identifier two for edge-2: create it",
    ):
        dns.read()
    with pytest.raises(Rejected):
        dns.write(500)


def test_a_record_of_another_policy_is_not_part_of_a_pair(aws: AwsBench) -> None:
    dns = aws.dns
    aws.account.answer(
        "route53",
        "ListResourceRecordSets",
        lambda _: {
            "ResourceRecordSets": [
                {"Name": NAME, "Type": "A", "SetIdentifier": "one", "Region": "eu"},
                {"Name": NAME, "Type": "A", "SetIdentifier": "two", "Weight": 1},
            ],
            "IsTruncated": False,
        },
    )

    with pytest.raises(Rejected, match="no weighted A record"):
        dns.read()


def test_neighbours_of_the_name_are_left_alone(aws: AwsBench) -> None:
    dns = aws.dns
    aws.account.client("route53").change_resource_record_sets(
        HostedZoneId=changed(aws.topology).dns.zone_id,  # type: ignore[union-attr]
        ChangeBatch={
            "Changes": [
                {
                    "Action": "CREATE",
                    "ResourceRecordSet": {
                        "Name": name,
                        "Type": kind,
                        "TTL": 60,
                        "ResourceRecords": [{"Value": value}],
                    },
                }
                for name, kind, value in (
                    ("aaa.example.com", "A", "10.0.0.1"),
                    ("zzz.example.com", "A", "10.0.0.2"),
                )
            ]
        },
    )
    sent = aws.account.record("route53", "ChangeResourceRecordSets")

    dns.write(500)

    assert {
        change["ResourceRecordSet"]["Name"]
        for change in sent[0]["ChangeBatch"]["Changes"]
    } == {NAME + "."}


@pytest.mark.parametrize(
    ("written", "answered"),
    [("Pay.Example.COM", "pay.example.com."), ("*.example.com", "\\052.example.com.")],
)
def test_names_are_compared_as_route_53_writes_them(
    aws: AwsBench, written: str, answered: str
) -> None:
    aws.account.answer(
        "route53",
        "ListResourceRecordSets",
        lambda _: {
            "ResourceRecordSets": [
                _alias(answered, "one", 1),
                _alias(answered, "two", 1),
            ],
            "IsTruncated": False,
        },
    )
    dns = Route53Dns(aws.account.client("route53"), changed(aws.topology, name=written))

    state = dns.read()

    assert state is not None
    assert state.share() == 500


def test_further_pages_are_read(aws: AwsBench) -> None:
    pages = iter(
        [
            {
                "ResourceRecordSets": [_alias(NAME, "one", 3)],
                "IsTruncated": True,
                "NextRecordName": NAME,
                "NextRecordType": "A",
                "NextRecordIdentifier": "two",
            },
            {
                "ResourceRecordSets": [_alias(NAME, "two", 1)],
                "IsTruncated": True,
                "NextRecordName": "zzz.example.com.",
                "NextRecordType": "A",
            },
            {
                "ResourceRecordSets": [_alias("zzz.example.com.", "two", 9)],
                "IsTruncated": False,
            },
        ]
    )
    dns = aws.dns
    sent = aws.account.record("route53", "ListResourceRecordSets")
    aws.account.answer("route53", "ListResourceRecordSets", lambda _: next(pages))

    assert dns.read() == DnsState({"edge-1": 3, "edge-2": 1}, 60)
    assert sent[1]["StartRecordIdentifier"] == "two"


def test_a_pending_change_is_not_in_sync(aws: AwsBench) -> None:
    dns = aws.dns
    change = dns.write(500)
    aws.account.answer(
        "route53", "GetChange", lambda _: {"ChangeInfo": {"Status": "PENDING"}}
    )

    assert dns.insync(change) is False


def test_a_change_that_waits_for_another_may_be_tried_again(aws: AwsBench) -> None:
    dns = aws.dns
    aws.account.refuse("route53", "ChangeResourceRecordSets", "PriorRequestNotComplete")

    with pytest.raises(Throttled):
        dns.write(500)


def _alias(name: str, identifier: str, weight: int) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "A",
        "SetIdentifier": identifier,
        "Weight": weight,
        "AliasTarget": {"HostedZoneId": "Z1", "DNSName": "b.example.com."},
    }
