"""Blue's capacity: its ECS service, its scaling, and its healthy targets.

Rules of this file
* What can make blue smaller is suspended: scale-in by policies, and scheduled actions.
  Scale-out is written back as it is.
  A service without a scalable target has nothing to suspend.
* A desired count is only ever raised.
* Without a service in the topology there are healthy targets to count, and no more.

AWS documentation: Application Auto Scaling API, `DescribeScalableTargets`,
`RegisterScalableTarget`, `SuspendedState`; user guide, "Suspend and resume scaling for
Application Auto Scaling"; ECS API, `DescribeServices`, `UpdateService`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from shifter.adapters.failures import translated
from shifter.core.errors import Rejected
from shifter.core.lanes import Lane
from shifter.core.record import Scaling
from shifter.core.topology import Service, Topology
from shifter.ports import Edges

if TYPE_CHECKING:
    from types_boto3_ecs import ECSClient

_SCALED = "ecs:service:DesiredCount"
_SUSPENDABLE = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)
_SHRINKING: Mapping[Scaling, str] = MappingProxyType(
    {"scale_in": _SUSPENDABLE[0], "scheduled": _SUSPENDABLE[2]}
)


class ScalingClient(Protocol):
    """What is used of boto3's client for Application Auto Scaling."""

    def describe_scalable_targets(self, **_: Any) -> Any: ...

    def register_scalable_target(self, **_: Any) -> Any: ...


class EcsCapacity:
    """Fits `ports.Capacity`."""

    def __init__(
        self,
        ecs: ECSClient,
        autoscaling: ScalingClient,
        edges: Edges,
        topology: Topology,
    ) -> None:
        self._ecs = ecs
        self._autoscaling = autoscaling
        self._edges = edges
        self._service = topology.services.get(Lane.BLUE)

    def counts(self) -> Mapping[str, int]:
        counts = dict(self._edges.targets(Lane.BLUE).healthy)
        if self._service is not None:
            counts["running"] = int(self._describe(self._service)["runningCount"])
        return counts

    def suspended(self) -> tuple[Scaling, ...]:
        states = [_state(found) for found in self._targets()]
        return tuple(
            what
            for what, flag in _SHRINKING.items()
            if any(state[flag] for state in states)
        )

    def keep(self) -> None:
        self._suspend(_SHRINKING)

    def release(self, stays: Collection[Scaling]) -> None:
        self._suspend(stays)

    def raise_to(self, running: int) -> None:
        service = self._service
        if service is None or self._describe(service)["desiredCount"] >= running:
            return
        with translated("UpdateService", service.service):
            self._ecs.update_service(
                cluster=service.cluster, service=service.service, desiredCount=running
            )

    def _describe(self, service: Service) -> Mapping[str, Any]:
        with translated("DescribeServices", service.service):
            answer = self._ecs.describe_services(
                cluster=service.cluster, services=[service.service]
            )
        found = next((s for s in answer["services"] if s["status"] == "ACTIVE"), None)
        if found is None:
            raise Rejected(
                "DescribeServices",
                service.service,
                f"no such active service in the cluster {service.cluster}",
            )
        return found

    def _targets(self) -> Sequence[Mapping[str, Any]]:
        """The scalable target of the service; none when it does not scale."""
        if self._service is None:
            return ()
        target = _resource_id(self._service)
        with translated("DescribeScalableTargets", target):
            answer = self._autoscaling.describe_scalable_targets(
                ServiceNamespace="ecs", ResourceIds=[target], ScalableDimension=_SCALED
            )
        found: Sequence[Mapping[str, Any]] = answer["ScalableTargets"]
        return found

    def _suspend(self, these: Collection[Scaling]) -> None:
        """Suspend exactly these of what can make blue smaller."""
        flags = {flag: what in these for what, flag in _SHRINKING.items()}
        for found in self._targets():
            state = _state(found)
            if state == state | flags:
                continue
            target = found["ResourceId"]
            with translated("RegisterScalableTarget", target):
                self._autoscaling.register_scalable_target(
                    ServiceNamespace="ecs",
                    ResourceId=target,
                    ScalableDimension=_SCALED,
                    SuspendedState=state | flags,
                )


def _state(target: Mapping[str, Any]) -> dict[str, bool]:
    """Every flag; AWS leaves out what was never suspended."""
    shown = target.get("SuspendedState") or {}
    return {name: bool(shown.get(name)) for name in _SUSPENDABLE}


def _resource_id(service: Service) -> str:
    """What Application Auto Scaling calls a service; names, where there were ARNs."""
    cluster = service.cluster.rpartition("/")[2]
    return f"service/{cluster}/{service.service.rpartition('/')[2]}"
