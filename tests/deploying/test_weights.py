"""Weights as parameters: compared as ratios, and refused where they cannot be told."""

from __future__ import annotations

from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploying.weights import NotWritable, changed, live_parameters
from shifter.core.edges import DnsState, EdgeState
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import Weights

FIRST = {
    "Edge1BlueWeight": "1",
    "Edge1CanaryWeight": "0",
    "Edge1GreenWeight": "0",
    "Edge1DnsWeight": "1",
    "Edge2BlueWeight": "1",
    "Edge2CanaryWeight": "0",
    "Edge2GreenWeight": "0",
    "Edge2DnsWeight": "0",
}
BLUE, GREEN = EdgeState(weights=Weights(blue=1)), EdgeState(weights=Weights(green=1))
DNS = DnsState({"edge-1": 1, "edge-2": 0}, ttl_seconds=60)


def test_what_a_first_deployment_writes_is_what_it_reads() -> None:
    live = live_parameters({"edge-1": BLUE, "edge-2": BLUE}, DNS)

    assert FIRST == live
    assert {} == changed(FIRST, live)


def test_after_a_cutover_every_edge_differs_and_dns_does_not() -> None:
    live = live_parameters({"edge-1": GREEN, "edge-2": GREEN}, DNS)

    assert {
        f"Edge{edge}{lane}Weight": value
        for edge in (1, 2)
        for lane, value in (("Blue", "0"), ("Canary", "0"), ("Green", "1"))
    } == changed(FIRST, live)


def test_one_edge_without_dns_has_three_weights() -> None:
    assert {"Edge1BlueWeight", "Edge1CanaryWeight", "Edge1GreenWeight"} == set(
        live_parameters({"edge-1": BLUE}, None)
    )


def test_a_stack_that_does_not_tell_its_weights_is_told_them() -> None:
    live = live_parameters({"edge-1": BLUE}, None)

    assert live == changed({}, live)
    assert live == changed(dict.fromkeys(live, "0"), live)


@given(
    st.tuples(*[st.integers(0, 999)] * 3).filter(any),
    st.integers(1, 9),
)
def test_numbers_that_mean_the_same_are_left_as_they_are(
    numbers: tuple[int, int, int], times: int
) -> None:
    """Weights are ratios: 2/2/0 is 1/1/0."""
    names = ("Edge1BlueWeight", "Edge1CanaryWeight", "Edge1GreenWeight")
    before = {n: str(times * number) for n, number in zip(names, numbers, strict=True)}
    smallest = [number // gcd(*numbers) for number in numbers]
    live = {n: str(number) for n, number in zip(names, smallest, strict=True)}

    assert {} == changed(before, live)
    assert live == changed(before | {names[0]: str(times * numbers[0] + 1)}, live) or (
        not any(numbers[1:])
    )


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (Unreadable("AccessDenied"), "the weights of edge-1 cannot be read: Acc"),
        (
            EdgeState(weights=Weights(blue=1, other=2)),
            "edge-1 has 2 on target groups that are no lane, of 3 in all",
        ),
        (EdgeState(weights=Weights()), "edge-1 has 0 on target groups .* of 0 in all"),
    ],
)
def test_what_parameters_cannot_hold_is_refused(
    state: EdgeState | Unreadable, problem: str
) -> None:
    with pytest.raises(NotWritable, match=problem):
        live_parameters({"edge-1": state}, None)
