"""A deployment has ended: the environment is free, unless somebody else has it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deploy_guard import guard
from deploy_guard.guard import LEASE, Unreachable
from interlock.lock import Holder, HolderName
from shifter.adapters.dynamodb import DynamoStore
from tests.adapters.fixtures_b import RIVERBANK, TABLE, begun
from tests.core.examples import NOW
from tests.deploy_guard.conftest import River

LATER = NOW + timedelta(minutes=20)


def test_the_last_status_frees_what_the_deployment_held(river: River) -> None:
    river.asked(river.request("Update"))

    assert guard.ended(LATER, river.world).done
    assert river.holder is None


def test_the_same_event_twice_frees_once(river: River) -> None:
    river.asked(river.request("Update"))
    guard.ended(LATER, river.world)

    told = guard.ended(LATER, river.world)

    assert (False, "no deployment holds the environment") == (told.done, told.reason)


def test_a_late_event_leaves_the_next_deployment_alone(river: River) -> None:
    """Events may come late and out of order."""
    river.asked(river.request("Update", "d-3"), LATER + timedelta(seconds=1))

    told = guard.ended(LATER, river.world)

    assert not told.done
    assert f"deploy:d-3 has begun after {LATER.isoformat()}: it goes on" == told.reason
    assert river.holder is not None


def test_a_refused_deployment_ends_and_the_cutover_keeps_the_environment(
    river: River,
) -> None:
    DynamoStore(river.aws.client("dynamodb"), TABLE).save(*begun())
    river.asked(river.request("Update"))
    river.stack_is("UPDATE_ROLLBACK_IN_PROGRESS")
    river.asked(river.request("Update", "d-1", before="d-2"))

    assert not guard.ended(LATER, river.world).done
    assert Holder("cutover:otters-1", NOW) == river.holder


def test_a_rotation_is_no_deployment(river: River) -> None:
    river.lock.acquire(RIVERBANK, HolderName.rotation("den", "t-1"), NOW, LEASE)

    assert not guard.ended(LATER, river.world).done
    assert river.holder is not None


def test_the_end_of_the_first_deployment_finds_nothing_held(new_river: River) -> None:
    assert not guard.ended(LATER, new_river.world).done
    new_river.shifter_is_deployed()
    assert not guard.ended(LATER, new_river.world).done


@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem"])
def test_what_could_not_be_freed_is_an_error_that_lambda_repeats(
    river: River, operation: str
) -> None:
    river.asked(river.request("Update"))
    river.aws.refuse("dynamodb", operation, "ThrottlingException")

    with pytest.raises(Unreachable, match=f"{operation}: ThrottlingException"):
        guard.ended(LATER, river.world)
