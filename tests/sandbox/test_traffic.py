"""Traffic: through DNS caches and live weights, measured as AWS measures it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest

from shifter.core.lanes import Lane
from shifter_sandbox.account import Account, account
from shifter_sandbox.balancer_metrics import NAMESPACE, dimensions
from shifter_sandbox.build import build_system
from shifter_sandbox.metrics import Series
from shifter_sandbox.system import System
from shifter_sandbox.traffic import NOWHERE, Bucket, Traffic
from shifter_sandbox.troubles import error_rate, latency, outage, slow_leak


@pytest.fixture
def traffic(aws: Account, system: System) -> Traffic:
    return Traffic(aws, system, seed=1)


def split(system: System, **weights: int) -> None:
    for edge in ("edge-1", "edge-2"):
        system.edit_weights(edge, {Lane(lane): w for lane, w in weights.items()})


def published(
    aws: Account, system: System, name: str, lane: str = "", edge: int = 0
) -> list[float]:
    """Everything published under a name, visible or not."""
    entry = system.entries[edge]
    group = next((g for g, found in entry.lanes.items() if found == lane), "")
    where = dimensions(entry.load_balancer_arn, group)
    found = aws.metrics.statistics(
        Series.of(NAMESPACE, name, where),
        "Sum",
        start=aws.now() - timedelta(minutes=10),
        end=aws.now(),
        period=60,
        now=aws.now() + timedelta(minutes=5),
    )
    return [value for _, value in found]


def test_fifty_thousand_payments_an_hour_go_to_blue(
    aws: Account, traffic: Traffic
) -> None:
    aws.advance(3600)

    assert 49_000 < traffic.total.total < 51_000
    assert set(traffic.total.requests) == {"blue"}
    assert set(traffic.total.edges) == {"edge-1"}
    assert 0 < traffic.total.errors["blue"] < 60


def test_the_lanes_get_what_the_live_weights_say(
    aws: Account, system: System, traffic: Traffic
) -> None:
    split(system, blue=19, green=1)
    aws.advance(1800)

    assert traffic.total.share("green") == pytest.approx(0.05, abs=0.005)


def test_a_run_is_its_seeds() -> None:
    """Two runs of one seed are equal in every number; another seed differs."""

    def run(seed: int) -> tuple[Any, ...]:
        with account(seed=seed) as aws:
            system = build_system(aws, edges=2)
            traffic = Traffic(aws, system, seed=seed)
            traffic.plant(error_rate("green", 0.05))
            split(system, blue=1, green=1)
            aws.faults.throttle("sts.*", times=2)
            aws.advance(200)
            boto3.client("sts").get_caller_identity()
            aws.advance(100)
            states = [aws.monitoring.state(name) for name in system.alarm_names]
            return aws.now(), traffic.total, traffic.buckets, states, system.entries

    assert run(1) == run(1)
    assert run(1)[1] != run(2)[1]


def test_stale_resolvers_keep_sending_to_the_old_edge(
    aws: Account, system: System, traffic: Traffic
) -> None:
    """DNS moves the entry point slowly: some ask edge-1 minutes after the change."""
    assert system.dns is not None
    client: Any = boto3.client("route53")
    records = client.list_resource_record_sets(HostedZoneId=system.dns.zone_id)
    client.change_resource_record_sets(
        HostedZoneId=system.dns.zone_id,
        ChangeBatch={
            "Changes": [
                {
                    "Action": "UPSERT",
                    "ResourceRecordSet": record
                    | {"Weight": int(record["SetIdentifier"] == "edge-2")},
                }
                for record in records["ResourceRecordSets"]
                if "SetIdentifier" in record
            ]
        },
    )
    aws.advance(600)

    parts = [
        bucket.edges["edge-1"] / bucket.total
        for bucket in traffic.series(timedelta(minutes=1))
    ]
    assert parts[0] > 0.5  # in sync after 30 s, caches of 60 s
    assert 0 < parts[3] < 0.3  # the stubborn ones
    assert parts[-1] == 0


def test_a_planted_outage_begins_when_the_share_is_reached(
    aws: Account, system: System, traffic: Traffic
) -> None:
    """And stays, though the share goes down again."""
    trouble = outage("green", at_share=500)
    traffic.plant(trouble)
    split(system, blue=9, green=1)
    aws.advance(120)
    assert not trouble.active(aws.now())

    split(system, blue=1, green=1)
    aws.advance(120)
    split(system, blue=9, green=1)
    before = traffic.total.errors["green"]
    requests = traffic.total.requests["green"]
    aws.advance(120)

    assert trouble.active(aws.now())
    failed = traffic.total.errors["green"] - before
    assert failed == traffic.total.requests["green"] - requests > 0


def test_error_rates_leaks_and_latency_can_be_planted(
    aws: Account, system: System, traffic: Traffic
) -> None:
    now = aws.now()
    traffic.plant(
        error_rate("green", 0.05, begins=now),
        slow_leak("canary", 0.02, begins=now + timedelta(minutes=1)),
        latency("blue", 2.0, ends=now + timedelta(minutes=5)),
    )
    split(system, blue=1, canary=1, green=1)
    aws.advance(600)

    total = traffic.total
    assert total.errors["green"] / total.requests["green"] == pytest.approx(
        0.05, abs=0.015
    )
    first, last = traffic.series()[2], traffic.series()[9]
    assert first.errors["canary"] < last.errors["canary"]
    times = published(aws, system, "TargetResponseTime", "blue")
    counts = published(aws, system, "RequestCount", "blue")
    averages = [t / c for t, c in zip(times, counts, strict=True)]
    assert averages[1] > 2
    assert averages[-1] < 0.1


def test_a_lane_without_healthy_targets_answers_503(
    aws: Account, system: System, traffic: Traffic
) -> None:
    """A 5xx of the load balancer, and no request of the target group."""
    split(system, blue=1, green=1)
    system.mark_unhealthy(Lane.GREEN)
    aws.advance(300)

    total = traffic.total
    assert total.errors["green"] == total.requests["green"] > 0
    assert published(aws, system, "RequestCount", "green") == []
    assert sum(published(aws, system, "HTTPCode_ELB_5XX_Count")) > 0
    assert published(aws, system, "UnHealthyHostCount", "green")[-1] == 3
    assert published(aws, system, "HealthyHostCount", "green")[-1] == 0


def test_all_zero_weights_serve_nobody(
    aws: Account, system: System, traffic: Traffic
) -> None:
    split(system)
    aws.advance(60)

    assert traffic.total.requests[NOWHERE] == traffic.total.errors[NOWHERE] > 0


def test_what_is_published_is_what_was_served(
    aws: Account, system: System, traffic: Traffic
) -> None:
    traffic.plant(error_rate("green", 0.2))
    split(system, blue=1, green=1)
    aws.advance(600)

    last = (traffic.total.start + timedelta(minutes=9)).replace(second=0)
    served = [bucket for bucket in traffic.buckets if bucket.start < last]
    for lane in ("blue", "green"):
        counted = published(aws, system, "RequestCount", lane)
        assert sum(counted[: len(counted)]) >= sum(b.requests[lane] for b in served)
    errors = published(aws, system, "HTTPCode_Target_5XX_Count", "green")
    assert sum(errors) >= sum(bucket.errors["green"] for bucket in served) > 0


def test_nothing_is_published_where_nobody_asked(
    aws: Account, system: System, traffic: Traffic
) -> None:
    """No request is no datapoint, never a zero."""
    aws.advance(300)

    for name in ("RequestCount", "HTTPCode_Target_5XX_Count", "TargetResponseTime"):
        assert published(aws, system, name, "green") == []
    assert published(aws, system, "RequestCount", "blue", edge=1) == []
    assert published(aws, system, "HealthyHostCount", "green")[-1] == 3


def test_the_alarms_of_the_system_see_a_bad_green(
    aws: Account, system: System, traffic: Traffic
) -> None:
    aws.advance(300)
    names = [*system.alarm_names, *system.composite_alarm_names]
    assert {aws.monitoring.state(name) for name in names} == {"OK"}

    traffic.plant(error_rate("green", 0.05), latency("green", 1.0))
    split(system, blue=1, green=1)
    assert system.replication is not None
    system.replication.set_lag(120)
    system.mark_unhealthy(Lane.GREEN, edge="edge-2")
    aws.advance(420)

    alarming = {name for name in names if aws.monitoring.state(name) == "ALARM"}
    assert alarming == {
        f"payments-prod-{name}"
        for name in (
            "green-5xx",
            "green-latency",
            "green-unhealthy-edge-2",
            "replication-lag",
            "green-health",
        )
    }


def test_a_watcher_sees_every_ten_seconds(aws: Account, traffic: Traffic) -> None:
    seen: list[Bucket] = []
    traffic.each_bucket(seen.append)

    aws.advance(65)

    assert len(seen) >= 6
    assert seen == traffic.buckets[: len(seen)]
    assert sum(bucket.total for bucket in traffic.series()) == traffic.total.total


def test_without_dns_everything_goes_to_the_only_edge(aws: Account) -> None:
    system = build_system(aws, services=False, replication=False)
    traffic = Traffic(aws, system)

    aws.advance(60)

    assert system.replication is None
    assert system.dns is None
    assert set(traffic.total.edges) == {"edge-1"}


def test_blue_has_served_for_an_hour_before(
    aws: Account, system: System, traffic: Traffic
) -> None:
    """What a cutover compares with; the run itself begins now."""
    entry = system.entries[0]
    [blue] = [group for group, lane in entry.lanes.items() if lane == "blue"]
    told = {}
    for name in ("RequestCount", "HTTPCode_Target_5XX_Count"):
        points = aws.metrics.statistics(
            Series.of(NAMESPACE, name, dimensions(entry.load_balancer_arn, blue)),
            "Sum",
            start=aws.now() - timedelta(hours=2),
            end=aws.now(),
            period=60,
            now=aws.now() + timedelta(minutes=5),
        )
        told[name] = [value for _, value in points]

    assert 60 == len(told["RequestCount"])
    assert 49_000 < sum(told["RequestCount"]) < 51_000
    assert 0 < sum(told["HTTPCode_Target_5XX_Count"]) < 60
    assert 0 == traffic.total.total


def test_the_application_counts_what_the_load_balancers_count(
    aws: Account, system: System, traffic: Traffic
) -> None:
    """In ten-second spans, zeros too, and without what never reached it."""
    traffic.plant(error_rate("green", 0.2), latency("green", 1.0))
    split(system, blue=3, green=1)
    aws.advance(600)

    def counted(name: str, lane: str) -> list[float]:
        named = {"environment": system.topology.environment, "edge": "edge-1"}
        series = Series.of("Shifter/Application", name, {**named, "lane": lane})
        found = aws.metrics.statistics(
            series,
            "Sum",
            start=aws.now() - timedelta(minutes=10),
            end=aws.now(),
            period=10,
            now=aws.now(),
        )
        return [value for _, value in found]

    for lane in ("blue", "green"):
        balanced = published(aws, system, "RequestCount", lane)
        assert 60 == len(counted("requests", lane))
        assert sum(balanced) == sum(counted("requests", lane))
    failed = published(aws, system, "HTTPCode_Target_5XX_Count", "green")
    assert sum(failed) == sum(counted("errors", "green"))
    assert counted("requests", "green") == counted("slow", "green")
    assert [0.0] * 60 == counted("requests", "canary")


def test_responses_over_a_threshold_are_counted(
    aws: Account, system: System, traffic: Traffic
) -> None:
    traffic.plant(latency("green", 1.0))
    split(system, blue=3, green=1)
    aws.advance(600)

    entry = system.entries[0]
    for lane, part in (("green", 1.0), ("blue", 0.0)):
        [group] = [g for g, found in entry.lanes.items() if found == lane]
        over = aws.metrics.statistics(
            Series.of(
                NAMESPACE,
                "TargetResponseTime",
                dimensions(entry.load_balancer_arn, group),
            ),
            "TC(0.5:)",
            start=aws.now() - timedelta(minutes=10),
            end=aws.now(),
            period=60,
            now=aws.now() + timedelta(minutes=5),
        )
        served = published(aws, system, "RequestCount", lane)
        assert [count * part for count in served] == [value for _, value in over]
