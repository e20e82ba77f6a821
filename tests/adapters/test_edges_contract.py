"""What every adapter of `ports.Edges` promises."""

from __future__ import annotations

import pytest

from shifter.core.edges import EdgeState
from shifter.core.errors import (
    AwsError,
    ClaimExpired,
    Rejected,
    Throttled,
    Unavailable,
)
from shifter.core.gates.targets import TargetsSeen
from shifter.core.lanes import ALL_BLUE, Lane, Split, Weights
from tests.adapters.bench import ALL_BLUE_STATE, Bench

TEN = EdgeState(weights=Split.leaving_blue(100).weights())
STICKY = EdgeState(weights=ALL_BLUE.weights(), stickiness_seconds=300)


def nothing() -> None:
    """Forbid no write."""


def test_every_edge_is_read_with_its_weights(bench: Bench) -> None:
    assert bench.edges.read() == {"edge-1": ALL_BLUE_STATE, "edge-2": ALL_BLUE_STATE}


@pytest.mark.parametrize(
    "split",
    [
        Split.leaving_blue(1),
        Split.leaving_blue(5, Lane.CANARY),
        Split.leaving_blue(500),
        Split(blue=333, canary=333, green=334),
        Split.leaving_blue(1000),
    ],
    ids=str,
)
def test_what_is_written_is_what_is_read(bench: Bench, split: Split) -> None:
    wanted = EdgeState(weights=split.weights())

    failures = bench.edges.write({"edge-1": wanted, "edge-2": wanted}, nothing)

    assert failures == {}
    assert bench.edges.read() == {"edge-1": wanted, "edge-2": wanted}


def test_writing_twice_is_the_same_as_once(bench: Bench) -> None:
    bench.edges.write({"edge-1": TEN, "edge-2": TEN}, nothing)
    bench.edges.write({"edge-1": TEN, "edge-2": TEN}, nothing)

    assert bench.edges.read() == {"edge-1": TEN, "edge-2": TEN}


def test_an_edge_that_is_not_named_is_not_written(bench: Bench) -> None:
    bench.edges.write({"edge-2": TEN}, nothing)

    assert bench.edges.read() == {"edge-1": ALL_BLUE_STATE, "edge-2": TEN}


def test_a_single_edge_with_two_lanes_is_written_as_well(small: Bench) -> None:
    assert small.edges.read() == {"edge-1": ALL_BLUE_STATE}

    assert small.edges.write({"edge-1": TEN}, nothing) == {}

    assert small.edges.read() == {"edge-1": TEN}


def test_stickiness_survives_a_shift_and_ends_with_a_release(bench: Bench) -> None:
    """A client that stays pinned to a lane does not follow the weights."""
    bench.edges.write({"edge-1": STICKY}, nothing)
    shifted = STICKY.moved(Split.leaving_blue(100))

    bench.edges.write({"edge-1": shifted}, nothing)
    assert bench.edges.read()["edge-1"] == TEN.model_copy(
        update={"stickiness_seconds": 300}
    )

    bench.edges.write({"edge-1": shifted.released(ALL_BLUE)}, nothing)
    assert bench.edges.read()["edge-1"] == ALL_BLUE_STATE


def test_each_write_is_asked_for_permission_once(bench: Bench) -> None:
    asked: list[str] = []

    bench.edges.write({"edge-1": TEN, "edge-2": TEN}, lambda: asked.append("may I?"))

    assert asked == ["may I?", "may I?"]


def test_a_forbidden_write_does_not_happen(bench: Bench) -> None:
    """What the caller raises comes back to the caller as it is."""

    def forbid() -> None:
        raise ClaimExpired("too late")

    with pytest.raises(ClaimExpired, match="too late"):
        bench.edges.write({"edge-1": TEN, "edge-2": TEN}, forbid)

    assert bench.edges.read() == {"edge-1": ALL_BLUE_STATE, "edge-2": ALL_BLUE_STATE}


def test_a_write_that_was_allowed_ends_before_the_other_is_told_to_be_forbidden(
    bench: Bench,
) -> None:
    permissions = iter([True])

    def allow_one() -> None:
        if not next(permissions, False):
            raise ClaimExpired("too late")

    with pytest.raises(ClaimExpired):
        bench.edges.write({"edge-1": TEN, "edge-2": TEN}, allow_one)

    assert list(bench.edges.read().values()).count(TEN) == 1


@pytest.mark.parametrize(
    "weights",
    [
        Weights(),
        Weights(other=1),
        Weights(blue=1, other=1),
        Weights(blue=1000),
        Weights(blue=1000, green=999),
    ],
    ids=str,
)
def test_weights_that_must_never_be_are_refused_before_any_write(
    bench: Bench, weights: Weights
) -> None:
    """All zero serves nobody, what is no lane is never written, and AWS takes no more
    than 999."""
    with pytest.raises(ValueError, match="edge-2: refusing to write"):
        bench.edges.write(
            {"edge-1": TEN, "edge-2": EdgeState(weights=weights)}, nothing
        )

    assert bench.edges.read() == {"edge-1": ALL_BLUE_STATE, "edge-2": ALL_BLUE_STATE}


@pytest.mark.parametrize(
    "weights", [Weights(canary=1), Weights(blue=9, canary=1)], ids=str
)
def test_a_lane_that_an_edge_does_not_have_gets_nothing(
    small: Bench, weights: Weights
) -> None:
    """Its requests would stay on the others, and the record would say otherwise."""
    with pytest.raises(ValueError, match="edge-1: refusing to write"):
        small.edges.write({"edge-1": EdgeState(weights=weights)}, nothing)

    assert small.edges.read() == {"edge-1": ALL_BLUE_STATE}


def test_one_edge_that_fails_does_not_keep_the_other_from_being_written(
    bench: Bench,
) -> None:
    """A rollback needs every edge that it can get."""
    bench.edges.read()
    bench.refuse_write("edge-1")

    failures = bench.edges.write({"edge-1": TEN, "edge-2": TEN}, nothing)

    assert {edge: type(error) for edge, error in failures.items()} == {
        "edge-1": Throttled
    }
    assert bench.edges.read() == {"edge-1": ALL_BLUE_STATE, "edge-2": TEN}


def test_an_edge_that_the_topology_lacks_does_not_keep_the_other_from_being_written(
    small: Bench,
) -> None:
    """A record is older than the topology that a way back reads."""
    failures = small.edges.write({"edge-1": TEN, "edge-2": TEN}, nothing)

    assert {"edge-2": Rejected} == {edge: type(e) for edge, e in failures.items()}
    assert small.edges.read() == {"edge-1": TEN}


def test_a_write_whose_answer_is_lost_counts_as_failed_and_may_have_happened(
    bench: Bench,
) -> None:
    """Only reading back tells."""
    bench.edges.read()
    bench.lose_answer("edge-1")

    failures = bench.edges.write({"edge-1": TEN}, nothing)

    assert {edge: type(error) for edge, error in failures.items()} == {
        "edge-1": Unavailable
    }
    assert bench.edges.read()["edge-1"] == TEN


def test_targets_are_counted_at_every_edge(bench: Bench) -> None:
    bench.set_targets(Lane.GREEN, "edge-1", healthy=1, registered=3)
    bench.set_targets(Lane.GREEN, "edge-2", healthy=0, registered=0)

    assert bench.edges.targets(Lane.GREEN) == TargetsSeen(
        healthy={"edge-1": 1, "edge-2": 0}, registered={"edge-1": 3, "edge-2": 0}
    )


def test_a_lane_without_target_groups_has_no_counts(small: Bench) -> None:
    """No counts are no data, which never passes a gate."""
    assert small.edges.targets(Lane.CANARY) == TargetsSeen(healthy={}, registered={})


def test_targets_that_cannot_be_counted_are_an_error(bench: Bench) -> None:
    bench.break_source("targets")

    with pytest.raises(AwsError):
        bench.edges.targets(Lane.BLUE)
