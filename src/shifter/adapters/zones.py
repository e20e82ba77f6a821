"""Blue's past by Availability Zone, from the load balancers' own metrics.

CloudWatch keeps minutes for fifteen days; afterwards only five of them together.

AWS documentation: Elastic Load Balancing user guide, "CloudWatch metrics for your
Application Load Balancer" (the dimension `AvailabilityZone` beside `LoadBalancer` and
`TargetGroup`); Elastic Load Balancing API, `DescribeLoadBalancers`; Amazon CloudWatch
API, `GetMetricData` (what is kept for how long).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shifter.adapters.failures import translated
from shifter.adapters.outcomes import BalancerOutcomes
from shifter.core.aa.past import ZonedMinute
from shifter.core.lanes import Lane
from shifter.core.outcomes import MINUTE, Objective, Span
from shifter.core.topology import Topology

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client


class ZonedOutcomes:
    """What blue served, minute by minute and zone by zone."""

    def __init__(
        self,
        cloudwatch: CloudWatchClient,
        elbv2: ElasticLoadBalancingv2Client,
        topology: Topology,
    ) -> None:
        self._cloudwatch = cloudwatch
        self._elbv2 = elbv2
        self._topology = topology

    def zones(self) -> tuple[str, ...]:
        """The zones that the load balancers of all edges stand in, by name."""
        return zones_of(self._elbv2, self._topology)

    def minutes(
        self, zones: Sequence[str], objective: Objective, span: Span
    ) -> list[ZonedMinute]:
        """Every minute from the span's start to its end, known or not, in order."""
        of_zones = {
            zone: BalancerOutcomes(self._cloudwatch, self._topology, zone).intervals(
                objective, span, MINUTE
            )
            for zone in zones
        }
        return [
            ZonedMinute(
                same_minute[0].start,
                {
                    edge.name: {
                        zone: minute.counts[edge.name][Lane.BLUE]
                        for zone, minute in zip(of_zones, same_minute, strict=True)
                        if edge.name in minute.counts
                    }
                    for edge in self._topology.edges
                },
            )
            for same_minute in zip(*of_zones.values(), strict=True)
        ]


def zones_of(
    elbv2: ElasticLoadBalancingv2Client, topology: Topology
) -> tuple[str, ...]:
    """The zones that the load balancers of a topology stand in, by name."""
    arns = [edge.load_balancer_arn for edge in topology.edges]
    with translated("DescribeLoadBalancers", f"{len(arns)} load balancers"):
        answer = elbv2.describe_load_balancers(LoadBalancerArns=arns)
    return tuple(
        sorted(
            {
                zone["ZoneName"]
                for balancer in answer["LoadBalancers"]
                for zone in balancer["AvailabilityZones"]
            }
        )
    )
