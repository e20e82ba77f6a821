"""A deployment begins: it holds the environment, or nothing is touched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from deploy_guard.guard import LEASE
from deploy_guard.order import BadRequest
from interlock.lock import Holder, HolderName
from shifter.adapters.dynamodb import DynamoStore
from shifter.core.errors import LockHeld
from shifter.core.phases import Phase
from tests.adapters.fixtures_b import RIVERBANK, TABLE, begun, then
from tests.core.examples import NOW
from tests.deploy_guard.conftest import PARAMETER, URL, River

TICK = timedelta(microseconds=1)
MINE = Holder("deploy:d-2", NOW, NOW + LEASE)


@pytest.fixture
def store(river: River) -> DynamoStore:
    return DynamoStore(river.aws.client("dynamodb"), TABLE)


def answer_of(river: River) -> dict[str, Any]:
    [(url, answer)] = river.answers
    assert url == URL
    return answer


# --- yes ------------------------------------------------------------------------------


def test_a_deployment_holds_the_environment_before_anything_is_touched(
    river: River,
) -> None:
    river.asked(river.request("Update"))

    assert MINE == river.holder
    assert {
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": f"deploy-guard/{RIVERBANK}",
        "StackId": river.stack_id,
        "RequestId": "request of d-2",
        "LogicalResourceId": "Deployment",
    } == answer_of(river)


def test_the_very_first_deployment_finds_no_table_and_nothing_to_protect(
    new_river: River,
) -> None:
    told = new_river.asked(new_river.request("Create", "d-1"))

    assert told.done
    assert "there is no Shifter yet" in told.reason
    answer = answer_of(new_river)
    assert ("SUCCESS", f"deploy-guard/{RIVERBANK}") == (
        answer["Status"],
        answer["PhysicalResourceId"],
    )


def test_a_guard_that_comes_to_a_shifter_that_is_there_takes_its_lock(
    new_river: River,
) -> None:
    new_river.shifter_is_deployed()
    new_river.asked(new_river.request("Create"))

    assert MINE == new_river.holder


def test_the_same_request_twice_is_the_same_as_once(river: River) -> None:
    """Lambda delivers at least once."""
    river.asked(river.request("Update"))
    river.asked(river.request("Update"))

    assert MINE == river.holder
    assert ["SUCCESS", "SUCCESS"] == [a["Status"] for _, a in river.answers]


def test_what_make_deploy_holds_already_is_its_own(river: River) -> None:
    river.lock.acquire(RIVERBANK, HolderName.deploy("d-2"), NOW - LEASE / 2, LEASE)

    assert river.asked(river.request("Update")).done
    assert MINE == river.holder


def test_a_lease_that_has_run_out_keeps_nobody_away(river: River) -> None:
    river.lock.acquire(RIVERBANK, HolderName.deploy("d-1"), NOW - LEASE, LEASE)

    assert river.asked(river.request("Update")).done
    assert MINE == river.holder


# --- no -------------------------------------------------------------------------------


def test_a_deployment_in_the_middle_of_a_cutover_is_told_who_and_since_when(
    river: River, store: DynamoStore
) -> None:
    store.save(*begun())

    told = river.asked(river.request("Update"), NOW + timedelta(hours=5))

    assert not told.done
    assert (
        f"riverbank is held by cutover:otters-1 since {NOW.isoformat()}: nothing was "
        "touched; wait for it to end, or end it, then deploy again"
    ) == told.reason
    answer = answer_of(river)
    assert ("FAILED", told.reason) == (answer["Status"], answer["Reason"])
    assert Holder("cutover:otters-1", NOW) == river.holder


def test_a_cutover_in_the_middle_of_a_deployment_is_told_who_and_since_when(
    river: River, store: DynamoStore
) -> None:
    river.asked(river.request("Update"))

    with pytest.raises(
        LockHeld, match=rf"riverbank is held by deploy:d-2 since {NOW.isoformat()[:16]}"
    ):
        store.save(*begun(at=NOW + LEASE - TICK))


def test_a_cutover_that_lost_its_lock_still_keeps_the_environment(
    river: River, store: DynamoStore
) -> None:
    """While it goes back, a deployment must not change what it goes back to."""
    record, entry = begun()
    store.save(record, entry)
    river.aws.client("dynamodb").delete_item(
        TableName=TABLE,
        Key={"pk": {"S": f"ENVIRONMENT#{RIVERBANK}"}, "sk": {"S": "LOCK"}},
    )

    told = river.asked(river.request("Update"))

    assert f"held by cutover:otters-1 since {record.started_at.isoformat()}" in (
        told.reason
    )
    assert river.holder is None


@pytest.mark.parametrize("end", [Phase.COMPLETED, Phase.ROLLED_BACK])
def test_a_cutover_that_has_ended_keeps_nobody_away(
    river: River, store: DynamoStore, end: Phase
) -> None:
    record, entry = begun()
    store.save(record, entry)
    store.save(*then(record, phase=end))

    assert river.asked(river.request("Update")).done


@pytest.mark.parametrize(
    "other", [HolderName.deploy("d-9"), HolderName.rotation("den", "t-1")]
)
def test_two_who_change_the_environment_do_not_meet(
    river: River, other: HolderName
) -> None:
    river.lock.acquire(RIVERBANK, other, NOW, LEASE)

    told = river.asked(river.request("Update"), NOW + LEASE - TICK)

    assert f"held by {other} since" in told.reason
    assert Holder(str(other), NOW, NOW + LEASE) == river.holder


# --- weights --------------------------------------------------------------------------


def _moves(river: River) -> dict[str, Any]:
    properties = {"DeployId": "d-2", "Weights": "0/0/1 0/0/1 1/0"}
    return river.request("Update", ResourceProperties=properties)


def test_weights_that_were_read_without_the_lock_are_not_written(
    river: River,
) -> None:
    """Between the reading and the writing somebody may have gone back."""
    told = river.asked(_moves(river))

    assert not told.done
    assert "deploy:d-2 did not hold riverbank when they were read" in told.reason
    assert river.holder is None


def test_weights_that_were_read_under_the_lock_are_written(river: River) -> None:
    river.lock.acquire(RIVERBANK, HolderName.deploy("d-2"), NOW, LEASE)

    assert river.asked(_moves(river)).done


def test_weights_count_for_nothing_once_the_lease_under_which_they_were_read_ends(
    river: River,
) -> None:
    """Somebody thought for hours about the change set."""
    river.lock.acquire(RIVERBANK, HolderName.deploy("d-2"), NOW - LEASE, LEASE)

    assert not river.asked(_moves(river)).done


def test_a_first_deployment_may_write_the_weights_that_it_likes(
    new_river: River,
) -> None:
    assert new_river.asked(_moves(new_river) | {"RequestType": "Create"}).done


# --- the way back and the way out -----------------------------------------------------


@pytest.mark.parametrize(
    "status", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"]
)
def test_a_way_back_is_never_refused(
    river: River, store: DynamoStore, status: str
) -> None:
    """Also the one that begins because the guard itself said no."""
    store.save(*begun())
    river.stack_is(status)

    assert river.asked(river.request("Update", "d-1", before="d-2")).done
    assert Holder("cutover:otters-1", NOW) == river.holder


def test_a_way_back_leaves_the_hold_to_the_stacks_last_status(river: River) -> None:
    river.asked(river.request("Update"))
    river.stack_is("UPDATE_ROLLBACK_IN_PROGRESS")
    river.asked(river.request("Update", "d-1", before="d-2"))

    assert MINE == river.holder


def test_a_deletion_is_answered_whatever_else_is_wrong(new_river: River) -> None:
    new_river.aws.refuse("cloudformation", "DescribeStacks", "AccessDenied")
    new_river.aws.refuse("ssm", "GetParameter", "AccessDenied")
    event = new_river.request("Delete") | {"ResourceProperties": {}}
    event["StackId"] = "nowhere"

    assert new_river.asked(event).done
    assert "SUCCESS" == answer_of(new_river)["Status"]


def test_a_deletion_takes_no_lock(river: River, store: DynamoStore) -> None:
    store.save(*begun())
    river.stack_is("DELETE_IN_PROGRESS")

    assert river.asked(river.request("Delete")).done
    assert Holder("cutover:otters-1", NOW) == river.holder


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "CREATE_COMPLETE"])
def test_a_request_that_comes_after_the_end_takes_nothing(
    river: River, status: str
) -> None:
    """Lambda repeats it, and nobody would free what it holds."""
    river.stack_is(status)

    assert river.asked(river.request("Update")).done
    assert river.holder is None


# --- whatever happens, there is an answer ---------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("cloudformation", "DescribeStacks"),
        ("ssm", "GetParameter"),
        ("dynamodb", "Query"),
        ("dynamodb", "UpdateItem"),
    ],
)
def test_what_cannot_be_known_is_a_no(
    river: River, service: str, operation: str
) -> None:
    river.aws.refuse(service, operation, "AccessDeniedException")

    told = river.asked(river.request("Update"))

    assert (
        "nothing was touched, because it is not known: "
        f"{operation}: AccessDeniedException"
    ) == told.reason
    assert "FAILED" == answer_of(river)["Status"]


def test_a_role_that_was_just_made_is_given_time(new_river: River) -> None:
    """IAM takes a moment to spread it; no first deployment should fail of that."""
    new_river.aws.refuse("cloudformation", "DescribeStacks", "AccessDenied")

    assert new_river.asked(new_river.request("Create")).done
    assert [5, 10] == new_river.pauses, "and then AWS knew it"


@pytest.mark.parametrize(
    ("kind", "code"), [("Update", "AccessDenied"), ("Create", "Throttling")]
)
def test_nothing_else_is_waited_for(river: River, kind: str, code: str) -> None:
    """An older role has spread; what is throttled botocore itself tries again."""
    river.aws.refuse("ssm", "GetParameter", code)

    assert not river.asked(river.request(kind)).done
    assert [] == river.pauses


def test_a_role_that_stays_denied_is_a_no(new_river: River) -> None:
    new_river.denied_for = 9
    new_river.aws.refuse("ssm", "GetParameter", "AccessDeniedException")

    told = new_river.asked(new_river.request("Create"))

    assert "GetParameter: AccessDeniedException" in told.reason
    assert [5, 10, 15] == new_river.pauses


def test_a_lost_answer_of_the_table_is_asked_for_again_and_harmless(
    river: River,
) -> None:
    river.aws.lose_answer("dynamodb", "UpdateItem")
    assert not river.asked(river.request("Update")).done

    assert MINE == river.holder, "it took effect, and its lease will end"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"RequestType": "Fly"}, "RequestType: Fly: one of Create, Update, Delete"),
        ({"ResourceProperties": {}}, "DeployId: '': give each deployment a new one"),
        ({"ResourceProperties": None}, "DeployId: ''"),
        ({"ResourceProperties": {"DeployId": "a b"}}, "DeployId: 'a b'"),
        ({"ResourceProperties": {"DeployId": "x" * 65}}, "at most 64 letters"),
    ],
)
def test_a_request_that_is_wrong_is_refused_in_a_sentence(
    river: River, changes: dict[str, Any], problem: str
) -> None:
    told = river.asked(river.request("Update", **changes))

    assert problem in told.reason
    assert ("FAILED", told.reason) == (
        answer_of(river)["Status"],
        answer_of(river)["Reason"],
    )
    assert river.holder is None


def test_a_parameter_that_names_no_table_is_a_no(river: River) -> None:
    river.aws.client("ssm").put_parameter(
        Name=PARAMETER, Type="String", Value="[]", Overwrite=True
    )

    told = river.asked(river.request("Update"))

    assert f"{PARAMETER} does not name Shifter's table" in told.reason


def test_a_guard_that_breaks_says_so_without_telling_what_it_knew(
    river: River,
) -> None:
    class Broken:
        environment = RIVERBANK

        def status(self, stack_id: str) -> str:
            raise RuntimeError(f"secret of {stack_id}")

        def lock(self) -> None:
            """Never asked."""

    from deploy_guard import guard

    sent: list[Any] = []
    told = guard.begins(
        river.request("Update"),
        Broken(),
        lambda _, answer: sent.append(answer),
        NOW,
        lambda _: None,
    )

    assert "the guard failed: RuntimeError" == told.reason
    assert ["FAILED"] == [answer["Status"] for answer in sent]


def test_an_answer_is_never_too_long(river: River) -> None:
    properties = {"DeployId": "d-2", "Weights": "1/" * 5_000}
    river.asked(river.request("Update", ResourceProperties=properties))

    assert len(answer_of(river)["Reason"]) == 1_000


def test_an_answer_has_letters_of_one_byte_alone(river: River) -> None:
    """It may have 4,096 bytes in all."""
    properties = {"DeployId": "ö" * 100, "Weights": ""}
    river.asked(river.request("Update", ResourceProperties=properties))

    assert answer_of(river)["Reason"].isascii()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ResponseURL": None}, "ResponseURL: missing"),
        ({"StackId": None, "RequestId": 1}, "StackId, RequestId: missing"),
        ({"ResponseURL": "http://example.com"}, "is no https address"),
    ],
)
def test_who_cannot_be_answered_is_not_cloudformation(
    river: River, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadRequest, match=problem):
        river.asked(river.request("Update", **changes))
    assert river.holder is None
