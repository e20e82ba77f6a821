"""Edges on Application Load Balancers: rules and default actions with weights.

Rules of this file
* A write lists every lane of its edge, weight 0 included, and is absolute: weights,
  group stickiness, and the other actions as they were read.  It never writes all zero.
* An edge is written once: a late second try could raise after its claim has ended.
* An edge that cannot be understood is Unreadable, and only that edge: one missing rule
  must not hide the others.
* What an authentication keeps secret is never read back, so it is never repeated
  either: the load balancer is told to keep the one that it has.

AWS documentation: Elastic Load Balancing API, `DescribeRules`, `DescribeListeners`,
`ModifyRule` and `ModifyListener` (actions are replaced as a whole; conditions, and
everything else that is not named, stay), `Action`, `TargetGroupStickinessConfig`,
`AuthenticateOidcActionConfig` (`UseExistingClientSecret`), `DescribeTargetHealth`;
user guide, "Listener rules for your Application Load Balancer".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from shifter.adapters.failures import translated
from shifter.core.edges import LOST, EdgeState
from shifter.core.errors import AwsError, Rejected
from shifter.core.gates.gate import Unreadable
from shifter.core.gates.targets import TargetsSeen
from shifter.core.lanes import ALB_WEIGHT_LIMIT, Lane, Weights
from shifter.core.topology import Edge, Topology

if TYPE_CHECKING:
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client

In = TypeVar("In")
Out = TypeVar("Out")
_Actions = Sequence[Mapping[str, Any]]


class AlbEdges:
    """Fits `ports.Edges`.

    `writer`, if given, is the client for writes: one that never tries twice.
    """

    def __init__(
        self,
        client: ElasticLoadBalancingv2Client,
        topology: Topology,
        *,
        writer: ElasticLoadBalancingv2Client | None = None,
    ) -> None:
        self._client = client
        self._writer = writer or client
        self._edges = {edge.name: edge for edge in topology.edges}

    def read(self) -> Mapping[str, EdgeState | Unreadable]:
        places = [
            (
                self._rules,
                {e.name: e.rule_arn for e in self._edges.values() if e.rule_arn},
            ),
            (
                self._defaults,
                {
                    e.name: e.listener_arn
                    for e in self._edges.values()
                    if e.listener_arn
                },
            ),
        ]
        found: dict[str, _Actions | AwsError | None] = {}
        for answers in _in_parallel(
            lambda place: _ask(*place), [(ask, arns) for ask, arns in places if arns]
        ):
            found |= answers
        return {
            name: Unreadable(str(answer))
            if isinstance(answer := found[name], AwsError)
            else _to_state(edge, answer)
            for name, edge in self._edges.items()
        }

    def write(
        self, states: Mapping[str, EdgeState], before_each: Callable[[], None]
    ) -> Mapping[str, AwsError]:
        actions = {
            name: _to_actions(self._edges[name], state)
            for name, state in states.items()
            if name in self._edges
        }
        lost = states.keys() - actions.keys()

        def write(name: str) -> AwsError | None:
            before_each()
            try:
                self._write(self._edges[name], actions[name])
            except AwsError as error:
                return error
            return None

        failures = zip(actions, _in_parallel(write, actions), strict=True)
        return {name: Rejected("ModifyRule", name, LOST) for name in lost} | {
            name: error for name, error in failures if error is not None
        }

    def targets(self, lane: Lane) -> TargetsSeen:
        edges = [edge for edge in self._edges.values() if lane in edge.target_groups]
        states = dict(
            zip(
                (edge.name for edge in edges),
                _in_parallel(
                    lambda edge: self._health(edge.target_groups[lane]), edges
                ),
                strict=True,
            )
        )
        return TargetsSeen(
            healthy={name: seen.count("healthy") for name, seen in states.items()},
            registered={
                name: len(seen) - seen.count("draining")
                for name, seen in states.items()
            },
        )

    def _rules(self, arns: list[str]) -> dict[str, _Actions]:
        with translated("DescribeRules", ", ".join(arns)):
            answer = self._client.describe_rules(RuleArns=arns)
        return {rule["RuleArn"]: rule["Actions"] for rule in answer["Rules"]}

    def _defaults(self, arns: list[str]) -> dict[str, _Actions]:
        with translated("DescribeListeners", ", ".join(arns)):
            answer = self._client.describe_listeners(ListenerArns=arns)
        return {
            listener["ListenerArn"]: listener["DefaultActions"]
            for listener in answer["Listeners"]
        }

    def _write(self, edge: Edge, actions: Any) -> None:
        if edge.rule_arn is not None:
            with translated("ModifyRule", edge.rule_arn):
                self._writer.modify_rule(RuleArn=edge.rule_arn, Actions=actions)
        elif edge.listener_arn is not None:
            with translated("ModifyListener", edge.listener_arn):
                self._writer.modify_listener(
                    ListenerArn=edge.listener_arn, DefaultActions=actions
                )

    def _health(self, target_group: str) -> list[str]:
        with translated("DescribeTargetHealth", target_group):
            answer = self._client.describe_target_health(TargetGroupArn=target_group)
        return [
            target["TargetHealth"]["State"]
            for target in answer["TargetHealthDescriptions"]
        ]


def _in_parallel(call: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
    """Call for all items at once; when one raises, the others are awaited first."""
    items = list(items)
    if len(items) <= 1:
        return [call(item) for item in items]
    with ThreadPoolExecutor(max_workers=len(items)) as threads:
        under_way = [threads.submit(call, item) for item in items]
    return [done.result() for done in under_way]


def _ask(
    describe: Callable[[list[str]], dict[str, _Actions]], arns: Mapping[str, str]
) -> dict[str, _Actions | AwsError | None]:
    """Ask for all edges at once; when AWS refuses that, for each alone."""
    try:
        found = describe(list(arns.values()))
    except Rejected as error:
        if len(arns) == 1:
            return dict.fromkeys(arns, error)
        alone = (_ask(describe, {name: arn}) for name, arn in arns.items())
        return {name: answer for part in alone for name, answer in part.items()}
    except AwsError as error:
        return dict.fromkeys(arns, error)
    return {name: found.get(arn) for name, arn in arns.items()}


def _to_state(edge: Edge, actions: _Actions | None) -> EdgeState | Unreadable:
    """What the actions of a rule or listener mean to us."""
    place = edge.rule_arn or edge.listener_arn
    if actions is None:
        return Unreadable(f"{place} was not in the answer of the load balancer")
    forward = next((a for a in actions if a["Type"] == "forward"), None)
    if forward is None:
        kinds = " and ".join(action["Type"] for action in actions) or "nothing"
        return Unreadable(f"{place} does not forward: its action is {kinds}")
    config = forward.get("ForwardConfig") or {}
    stickiness = config.get("TargetGroupStickinessConfig") or {}
    others = [_kept(action) for action in actions if action is not forward]
    return EdgeState(
        weights=_to_weights(edge, forward, config),
        stickiness_seconds=stickiness.get("DurationSeconds")
        if stickiness.get("Enabled")
        else None,
        other_actions=json.dumps(others, sort_keys=True),
    )


def _to_weights(
    edge: Edge, forward: Mapping[str, Any], config: Mapping[str, Any]
) -> Weights:
    groups = config.get("TargetGroups") or [
        {"TargetGroupArn": forward["TargetGroupArn"]}
    ]
    lanes = {arn: lane.value for lane, arn in edge.target_groups.items()}
    weights: dict[str, int] = {}
    for group in groups:
        lane = lanes.get(group["TargetGroupArn"], "other")
        weights[lane] = weights.get(lane, 0) + group.get("Weight", 1)
    return Weights.model_validate(weights)


def _kept(action: Mapping[str, Any]) -> dict[str, Any]:
    """An action as it must be written to stay what it is."""
    kept = dict(action)
    if "AuthenticateOidcConfig" in kept:
        config = dict(kept["AuthenticateOidcConfig"], UseExistingClientSecret=True)
        config.pop("ClientSecret", None)
        kept["AuthenticateOidcConfig"] = config
    return kept


def _to_actions(edge: Edge, state: EdgeState) -> list[dict[str, Any]]:
    """The actions to write.  Raises ValueError for weights that must never be."""
    weights = state.weights
    lanes = edge.target_groups
    given = sum(weights.of(lane) for lane in lanes)
    if given == 0 or given != weights.total:
        raise ValueError(
            f"{edge.name}: refusing to write the weights {weights}: every request "
            f"needs a lane, and the lanes here are {', '.join(lanes)}"
        )
    if max(weights.of(lane) for lane in lanes) > ALB_WEIGHT_LIMIT:
        raise ValueError(
            f"{edge.name}: refusing to write the weights {weights}: "
            f"at most {ALB_WEIGHT_LIMIT} is allowed"
        )
    stickiness: dict[str, Any] = {"Enabled": state.stickiness_seconds is not None}
    if state.stickiness_seconds is not None:
        stickiness["DurationSeconds"] = state.stickiness_seconds
    forward: dict[str, Any] = {
        "Type": "forward",
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": arn, "Weight": weights.of(lane)}
                for lane, arn in lanes.items()
            ],
            "TargetGroupStickinessConfig": stickiness,
        },
    }
    others: list[dict[str, Any]] = json.loads(state.other_actions)
    if others:  # the order is required then, and the forward comes last
        forward["Order"] = 1 + max(other.get("Order", 0) for other in others)
    return [*others, forward]
