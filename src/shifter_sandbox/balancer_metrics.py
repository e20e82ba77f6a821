"""Balancer metrics: what an Application Load Balancer publishes each minute.

Rules: per target group RequestCount, HTTPCode_Target_5XX_Count, TargetResponseTime and
the host counts, with the dimensions TargetGroup and LoadBalancer; per load balancer
RequestCount and HTTPCode_ELB_5XX_Count.  Counts are published only when they are not
zero; a request without a target is no RequestCount.  Source: user guide for Application
Load Balancers, "CloudWatch metrics for your Application Load Balancer".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from shifter_sandbox.elbv2 import LoadBalancing
from shifter_sandbox.metrics import Metrics, Series
from shifter_sandbox.system import Entry

NAMESPACE = "AWS/ApplicationELB"


class BalancerMetrics:
    """Counts of the running minute, of every load balancer."""

    def __init__(
        self, metrics: Metrics, balancing: LoadBalancing, entries: Sequence[Entry]
    ) -> None:
        self._metrics = metrics
        self._balancing = balancing
        self._entries = entries
        self._requests: Counter[tuple[str, str]] = Counter()
        self._errors: Counter[tuple[str, str]] = Counter()
        self._refused: Counter[str] = Counter()
        self._latencies: dict[tuple[str, str], Counter[float]] = {}

    def answered(
        self, entry: Entry, group: str, errors: int, latencies: Sequence[float]
    ) -> None:
        """Count requests that a target has answered."""
        key = (entry.load_balancer_arn, group)
        self._requests[key] += len(latencies)
        self._errors[key] += errors
        self._latencies.setdefault(key, Counter()).update(latencies)

    def refused(self, entry: Entry, count: int) -> None:
        """Count requests that the load balancer answered itself, by an error."""
        self._refused[entry.load_balancer_arn] += count

    def publish(self, minute: datetime) -> None:
        """Publish a minute that is over, and begin the next."""
        for (balancer, group), count in self._requests.items():
            self._put("RequestCount", minute, balancer, group, count)
            errors = self._errors[balancer, group]
            self._put("HTTPCode_Target_5XX_Count", minute, balancer, group, errors)
            series = self._series("TargetResponseTime", balancer, group)
            values = {v: float(n) for v, n in self._latencies[balancer, group].items()}
            self._metrics.record(series, minute, values)
        for entry in self._entries:
            balancer = entry.load_balancer_arn
            requests = sum(n for (b, _), n in self._requests.items() if b == balancer)
            self._put("RequestCount", minute, balancer, "", requests)
            refused = self._refused[balancer]
            self._put("HTTPCode_ELB_5XX_Count", minute, balancer, "", refused)
            for group in entry.groups:
                self._put_hosts(minute, balancer, group)
        self._requests.clear()
        self._errors.clear()
        self._refused.clear()
        self._latencies.clear()

    def _put_hosts(self, minute: datetime, balancer: str, group: str) -> None:
        healthy, registered = self._balancing.health_counts(group)
        if not registered:
            return
        for name, count in (
            ("HealthyHostCount", healthy),
            ("UnHealthyHostCount", registered - healthy),
        ):
            series = self._series(name, balancer, group)
            self._metrics.record(series, minute, {float(count): 1})

    def _put(
        self, name: str, minute: datetime, balancer: str, group: str, count: int
    ) -> None:
        if count:
            series = self._series(name, balancer, group)
            self._metrics.record(series, minute, {1.0: float(count)})

    @staticmethod
    def _series(name: str, balancer: str, group: str) -> Series:
        return Series.of(NAMESPACE, name, dimensions(balancer, group))


def dimensions(load_balancer_arn: str, target_group_arn: str = "") -> dict[str, str]:
    """The dimensions under which a load balancer or a target group publishes."""
    found = {"LoadBalancer": load_balancer_arn.split(":loadbalancer/", 1)[-1]}
    if target_group_arn:
        found["TargetGroup"] = target_group_arn.rsplit(":", 1)[-1]
    return found
