from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shifter.core.lanes import Lane
from shifter.core.topology import RotationHooks, Topology

ELB = "arn:aws:elasticloadbalancing:eu-central-1:111122223333"


def _edge(number: int, *lanes: str, **changes: Any) -> dict[str, Any]:
    edge: dict[str, Any] = {
        "name": f"edge-{number}",
        "rule_arn": f"{ELB}:listener-rule/app/bridge-{number}/1/2/3",
        "load_balancer_arn": f"{ELB}:loadbalancer/app/bridge-{number}/1",
        "target_groups": {
            lane: f"{ELB}:targetgroup/{lane}-{number}/1" for lane in lanes
        },
    }
    return edge | changes


def _two(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "environment": "riverbank",
        "edges": [_edge(1, "blue", "green"), _edge(2, "blue", "green")],
        "dns": {
            "zone_id": "Z0RIVER",
            "name": "otters.example.com",
            "records": [
                {"edge": "edge-1", "set_identifier": "left"},
                {"edge": "edge-2", "set_identifier": "right"},
            ],
        },
    }
    return document | changes


def test_a_topology_knows_its_lanes_in_their_order() -> None:
    """Whatever order target groups are written in."""
    two = Topology.model_validate(_two())
    three = Topology.model_validate(
        _two(edges=[_edge(1, "green", "canary", "blue")], dns=None)
    )

    assert (Lane.BLUE, Lane.GREEN) == two.lanes
    assert (Lane.BLUE, Lane.CANARY, Lane.GREEN) == three.lanes


def test_an_edge_may_be_a_default_action() -> None:
    listener = f"{ELB}:listener/app/bridge-1/1/2"
    edge = _edge(1, "blue", "green", rule_arn=None, listener_arn=listener)
    topology = Topology.model_validate(_two(edges=[edge], dns=None))

    assert listener == topology.edges[0].listener_arn


def test_a_topology_survives_json() -> None:
    topology = Topology.model_validate(_two())

    assert topology == Topology.model_validate_json(topology.model_dump_json())


@pytest.mark.parametrize(
    "name", ["line", "/river/line", "arn:aws:ssm:eu-west-1:123456789012:parameter/line"]
)
def test_a_topology_may_name_the_parameter_that_stops_the_line(name: str) -> None:
    assert Topology.model_validate(_two()).stop_parameter is None
    assert name == Topology.model_validate(_two(stop_parameter=name)).stop_parameter


@pytest.mark.parametrize("name", ["", "a line", "line\n"])
def test_a_parameter_that_cannot_be_there_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Topology.model_validate(_two(stop_parameter=name))


_GUARD = "arn:aws:lambda:eu-west-1:123456789012:function:river-rotation-guard:live"


def test_a_topology_may_name_who_is_asked_about_rotations() -> None:
    named = Topology.model_validate(_two(rotation={"guard": _GUARD}))

    assert Topology.model_validate(_two()).rotation == "none"
    assert named.rotation == RotationHooks(guard=_GUARD)


@pytest.mark.parametrize(
    "rotation", ["", "hosted", None, {}, {"guard": "none"}, {"guard": _GUARD, "by": 1}]
)
def test_a_guard_that_cannot_be_asked_is_refused(rotation: object) -> None:
    with pytest.raises(ValidationError):
        Topology.model_validate(_two(rotation=rotation))


_LISTENER = f"{ELB}:listener/app/bridge-1/1/2"
_BOTH_LEFT = [{"edge": "edge-1", "set_identifier": side} for side in ("left", "right")]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param(
            {"edges": [_edge(1, "blue", "green", rule_arn=None)]},
            "edge-1: give either rule_arn or listener_arn, not both or none",
            id="no place",
        ),
        pytest.param(
            {"edges": [_edge(1, "blue", "green", listener_arn=_LISTENER)]},
            "edge-1: give either rule_arn or listener_arn, not both or none",
            id="two places",
        ),
        pytest.param(
            {"edges": [_edge(1, "blue", "canary")]},
            "edge-1: target_groups needs at least the lanes blue and green",
            id="no green",
        ),
        pytest.param(
            {"edges": [_edge(2, "blue", "green"), _edge(1, "blue", "green")]},
            "edges are named edge-1 and edge-2, in this order; "
            "found ['edge-2', 'edge-1']",
            id="the wrong order",
        ),
        pytest.param(
            {"edges": [_edge(1, "blue", "green"), _edge(2, *Lane)]},
            "every edge needs a target group for the same lanes",
            id="other lanes",
        ),
        pytest.param(
            {"edges": [_edge(1, "blue", "green")]},
            "dns.records needs one record for each of edge-1, edge-2",
            id="a pair over one edge",
        ),
        pytest.param(
            {
                "edges": [_edge(1, "blue", "green")],
                "dns": {"zone_id": "Z", "name": "otters", "records": _BOTH_LEFT},
            },
            "dns.records needs one record for each of edge-1, edge-2",
            id="both records to the only edge",
        ),
        pytest.param(
            {"dns": {"zone_id": "Z", "name": "otters", "records": _BOTH_LEFT}},
            "dns.records needs one record for each of edge-1, edge-2",
            id="both records to the same edge",
        ),
    ],
)
def test_a_topology_that_contradicts_itself_is_refused(
    changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Topology.model_validate(_two(**changes))

    assert f"Value error, {why}" == refused.value.errors()[0]["msg"]
