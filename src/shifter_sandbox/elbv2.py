"""Load balancers: the weights that AWS would refuse, and the health of targets.

moto takes any weight and calls every registered target healthy at once.  Here a weight
outside 0 to 999, more than five target groups in one forward action and an unknown
target group of a listener are refused; a target is `initial` at first, then `healthy`,
`unhealthy` while it is marked, and `draining` after its deregistration until the
group's delay has passed.

Sources: Elastic Load Balancing API reference, "TargetGroupTuple", "TargetHealth"; user
guide for Application Load Balancers, "Health checks for target groups" and "Quotas".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elbv2.exceptions import ActionTargetGroupNotFoundError, ELBClientError
from moto.elbv2.models import (
    ELBv2Backend,
    FakeAction,
    FakeHealthStatus,
    elbv2_backends,
)

from shifter_sandbox.clock import VirtualClock
from shifter_sandbox.patching import patched

WEIGHT_LIMIT = 999
GROUPS_LIMIT = 5


class LoadBalancing:
    """The fake over moto's load balancers, and cheap looks into their live state."""

    def __init__(
        self, clock: VirtualClock, region: str, *, healthy_after: float = 20.0
    ) -> None:
        self._clock = clock
        self._region = region
        self._healthy_after = timedelta(seconds=healthy_after)
        self._registered: dict[tuple[str, str], datetime] = {}
        self._leaving: dict[str, dict[str, tuple[datetime, dict[str, Any]]]] = {}
        self._unhealthy: set[tuple[str, str | None]] = set()

    @property
    def backend(self) -> ELBv2Backend:
        return elbv2_backends[DEFAULT_ACCOUNT_ID][self._region]

    def mark_unhealthy(
        self, target_group_arn: str, *, on: bool = True, target: str | None = None
    ) -> None:
        """Let health checks fail for one target, or for all of a group."""
        change = self._unhealthy.add if on else self._unhealthy.discard
        change((target_group_arn, target))

    def forward_weights(self, arn: str) -> dict[str, int]:
        """Live weights by target group of a rule, or of a listener's default action."""
        resource = self.backend._get_resource_by_arn(arn)
        is_rule = ":listener-rule/" in arn
        actions = resource.actions if is_rule else resource.default_actions
        for action in actions:
            if action.type != "forward":
                continue
            groups = action.data.get("ForwardConfig", {}).get("TargetGroups")
            if groups:
                return {g["TargetGroupArn"]: int(g["Weight"]) for g in groups}
            return {action.data["TargetGroupArn"]: 1}
        return {}

    def health_counts(self, target_group_arn: str) -> tuple[int, int]:
        """Healthy targets of a group, and registered ones."""
        group = self.backend.target_groups[target_group_arn]
        states = [self._state(target_group_arn, id_)[0] for id_ in group.targets]
        return states.count("healthy"), len(states)

    @contextmanager
    def refined(self) -> Iterator[None]:
        """Lay the fake over moto inside the context."""
        action_init = FakeAction.__init__
        modify_listener = ELBv2Backend.modify_listener
        register = ELBv2Backend.register_targets
        deregister = ELBv2Backend.deregister_targets
        describe = ELBv2Backend.describe_target_health

        def checked_action(action: FakeAction, data: dict[str, Any]) -> None:
            _check_forward(data)
            action_init(action, data)

        def checked_modify(
            backend: ELBv2Backend, arn: str, *args: Any, **named: Any
        ) -> Any:
            for data in named.get("actions") or (args[4] if len(args) > 4 else ()):  # noqa: PLR2004
                for group in backend._get_target_group_arns_from(data):
                    if group not in backend.target_groups:
                        raise ActionTargetGroupNotFoundError(group)
            return modify_listener(backend, arn, *args, **named)

        def timed_register(
            backend: ELBv2Backend, target_group_arn: str, instances: list[Any]
        ) -> None:
            register(backend, target_group_arn, instances)
            for target in instances:
                key = (target_group_arn, target["Id"])
                self._registered.setdefault(key, self._clock.now())
                self._leaving.get(target_group_arn, {}).pop(target["Id"], None)

        def timed_deregister(
            backend: ELBv2Backend, target_group_arn: str, instances: list[Any]
        ) -> None:
            known = dict(backend.target_groups[target_group_arn].targets)
            deregister(backend, target_group_arn, instances)
            for target in instances:
                id_ = target["Id"]
                self._registered.pop((target_group_arn, id_), None)
                self._leaving.setdefault(target_group_arn, {})[id_] = (
                    self._clock.now(),
                    known[id_],
                )

        def real_health(
            backend: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
        ) -> list[FakeHealthStatus]:
            asked = {target["Id"] for target in targets}
            draining = [
                status
                for status in self._draining(target_group_arn)
                if not asked or status.instance_id in asked
            ]
            gone = {status.instance_id for status in draining}
            seen = [
                self._refine(target_group_arn, status)
                for status in describe(backend, target_group_arn, targets)
                if status.instance_id not in gone
            ]
            return seen + draining

        with ExitStack() as stack:
            for owner, name, new in (
                (FakeAction, "__init__", checked_action),
                (ELBv2Backend, "modify_listener", checked_modify),
                (ELBv2Backend, "register_targets", timed_register),
                (ELBv2Backend, "deregister_targets", timed_deregister),
                (ELBv2Backend, "describe_target_health", real_health),
            ):
                stack.enter_context(patched(owner, name, new))
            yield

    def _state(self, group: str, target: str) -> tuple[str, str | None, str | None]:
        if self._unhealthy & {(group, None), (group, target)}:
            return "unhealthy", "Target.FailedHealthChecks", "Health checks failed"
        since = self._registered.get((group, target))
        if since is None or self._clock.now() - since < self._healthy_after:
            return (
                "initial",
                "Elb.InitialHealthChecking",
                "Initial health checks in progress",
            )
        return "healthy", None, None

    def _refine(self, group: str, status: FakeHealthStatus) -> FakeHealthStatus:
        if status.status == "healthy":
            status.status, status.reason, status.description = self._state(
                group, status.instance_id
            )
        return status

    def _draining(self, group: str) -> list[FakeHealthStatus]:
        attributes = self.backend.target_groups[group].attributes
        delay = timedelta(
            seconds=int(str(attributes["deregistration_delay.timeout_seconds"]))
        )
        return [
            FakeHealthStatus(
                id_,
                target["Port"],
                self.backend.target_groups[group].health_check_port,
                "draining",
                "Target.DeregistrationInProgress",
                "Target deregistration is in progress",
            )
            for id_, (since, target) in self._leaving.get(group, {}).items()
            if self._clock.now() - since < delay
        ]


def _check_forward(data: Mapping[str, Any]) -> None:
    groups = (data.get("ForwardConfig") or {}).get("TargetGroups") or []
    if len(groups) > GROUPS_LIMIT:
        raise ELBClientError(
            "ValidationError",
            f"A forward action can have at most {GROUPS_LIMIT} target groups",
        )
    for number, group in enumerate(groups, start=1):
        weight = int(group.get("Weight", 1))
        if not 0 <= weight <= WEIGHT_LIMIT:
            bound, limit = ("greater", 0) if weight < 0 else ("less", WEIGHT_LIMIT)
            raise ELBClientError(
                "ValidationError",
                f"1 validation error detected: Value '{weight}' at 'actions.1.member."
                f"forwardConfig.targetGroups.{number}.member.weight' failed to satisfy "
                f"constraint: Member must have value {bound} than or equal to {limit}",
            )
