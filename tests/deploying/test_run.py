"""A deployment from the lock to the lock, over moto's CloudFormation and DynamoDB."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends

from deploy_guard.guard import LEASE
from deploying.place import AwsPlace, Stack
from deploying.run import STUCK, Refused, Run, deploy, free
from deploying.wanted import Wanted
from interlock.lock import EnvironmentLock, Holder, HolderName
from shifter.adapters.dynamodb import DynamoStore
from shifter.core.errors import LockHeld
from tests.adapters.account import REGION, Account
from tests.adapters.fixtures_b import RIVERBANK, TABLE, begun, make_table
from tests.core.examples import NOW
from tests.deploying.test_weights import FIRST

STACK = "river"
PARAMETER = f"/shifter/{RIVERBANK}/deployment"
AFTER_A_CUTOVER = FIRST | {"Edge1BlueWeight": "0", "Edge1GreenWeight": "1"}
MINE = HolderName.deploy("d-2")


def _template() -> str:
    names = ("DeployId", "DeployInfrastructure", *FIRST)
    return json.dumps(
        {
            "Parameters": {name: {"Type": "String"} for name in names},
            "Resources": {
                "Guard": {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {
                        "Name": "/seen",
                        "Type": "String",
                        "Value": {"Fn::Sub": "".join(f"${{{n}}} " for n in names)},
                    },
                }
            },
        }
    )


class Place(AwsPlace):
    """The account, with live weights that a test says."""

    live: Mapping[str, str] = FIRST
    reads: int = 0

    def weights(self, environment: str) -> dict[str, str]:
        assert environment == RIVERBANK
        self.reads += 1
        return dict(self.live)

    def give(self, name: str, parameters: Mapping[str, str]) -> Stack:
        self.given.append(dict(parameters))
        return super().give(name, parameters)

    given: list[dict[str, str]]


@dataclass
class River:
    """An account, and a deployment into it whose SAM is the test's."""

    aws: Account
    place: Place
    said: list[str] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    now: datetime = NOW
    during: Callable[[River], object] = lambda _: None
    """What happens while SAM works."""
    infrastructure: str = "true"
    rolls_back: bool = True

    @property
    def run(self) -> Run:
        parameters = {
            "Environment": RIVERBANK,
            "DeployInfrastructure": self.infrastructure,
            "NoticeEmail": "",
        }
        return Run(
            Wanted("dev", STACK, REGION, parameters, rolls_back=self.rolls_back),
            self.place,
            self._sam,
            lambda: self.now,
            self.said.append,
        )

    def _sam(self, arguments: Sequence[str], meanwhile: Callable[[], None]) -> int:
        self.asked.append(list(arguments))
        self.during(self)
        meanwhile()
        return 0

    @property
    def deploy_id(self) -> str:
        """The id that SAM was given."""
        [arguments] = self.asked
        [found] = [text for text in arguments if text.startswith("DeployId=")]
        return found.split('"')[1]

    @property
    def lock(self) -> EnvironmentLock:
        return EnvironmentLock(self.aws.client("dynamodb"), TABLE)

    @property
    def holder(self) -> Holder | None:
        return self.lock.holder(RIVERBANK)

    @property
    def store(self) -> DynamoStore:
        return DynamoStore(self.aws.client("dynamodb"), TABLE)

    def stack_is(self, status: str) -> None:
        [stack] = cloudformation_backends["123456789012"][REGION].stacks.values()
        stack.status = status

    def deployed(self, **parameters: str) -> None:
        """The stack is there, deployed as d-1 with weights that are all blue."""
        given = {"DeployId": "d-1", "DeployInfrastructure": "true", **FIRST}
        self.aws.client("cloudformation").create_stack(
            StackName=STACK,
            TemplateBody=_template(),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in (given | parameters).items()
            ],
        )


@pytest.fixture
def new_river() -> Iterator[River]:
    """An account with nothing in it."""
    aws = Account()
    with mock_aws():
        place = Place(aws.client, sleep=lambda _: None)
        place.given = []
        yield River(aws, place)
    aws.close()


@pytest.fixture
def river(new_river: River) -> River:
    """An account into which Shifter and its system were deployed."""
    make_table(new_river.aws.client("dynamodb"))
    new_river.aws.client("ssm").put_parameter(
        Name=PARAMETER, Type="String", Value=json.dumps({"table": TABLE})
    )
    new_river.deployed()
    return new_river


# --- as it should be ------------------------------------------------------------------


def test_the_environment_is_held_while_sam_works_and_free_afterwards(
    river: River,
) -> None:
    held: list[Holder | None] = []
    river.during = lambda r: held.append(r.holder)

    assert 0 == deploy(river.run, "d-2")

    assert [Holder(str(MINE), NOW, NOW + LEASE)] == held
    assert river.holder is None
    assert "d-2" == river.deploy_id
    assert [] == river.place.given


def test_sam_is_given_every_parameter_and_empty_ones_too(river: River) -> None:
    deploy(river.run, "d-2")

    assert [
        [
            "deploy",
            "--config-env",
            "dev",
            "--parameter-overrides",
            'DeployId="d-2"',
            'DeployInfrastructure="true"',
            f'Environment="{RIVERBANK}"',
            'NoticeEmail=""',
        ]
    ] == river.asked


def test_the_very_first_deployment_has_nothing_to_hold(new_river: River) -> None:
    assert 0 == deploy(new_river.run, "d-1")

    assert "d-1" == new_river.deploy_id
    assert 0 == new_river.place.reads
    assert "There is no Shifter here yet" in new_river.said[0]


def test_a_hold_is_renewed_while_sam_works(river: River) -> None:
    ends: list[Any] = []

    def long(r: River) -> None:
        r.now += timedelta(minutes=90)

    def sam(arguments: Sequence[str], meanwhile: Callable[[], None]) -> int:
        long(river)
        meanwhile()
        assert river.holder is not None
        ends.append(river.holder.expires_at)
        return 7

    run = Run(river.run.wanted, river.place, sam, lambda: river.now, river.said.append)
    assert 7 == deploy(run, "d-2"), "the exit code of SAM"
    assert [NOW + timedelta(minutes=90) + LEASE] == ends


# --- who else is there ----------------------------------------------------------------


def test_a_deployment_in_the_middle_of_a_cutover_does_not_begin(river: River) -> None:
    river.store.save(*begun())

    with pytest.raises(Refused, match=r"riverbank is held by cutover:otters-1 since"):
        deploy(river.run, "d-2")

    assert [] == river.asked
    assert Holder("cutover:otters-1", NOW) == river.holder


def test_a_cutover_in_the_middle_of_a_deployment_does_not_begin(river: River) -> None:
    def start(r: River) -> None:
        with pytest.raises(LockHeld, match=r"riverbank is held by deploy:d-2 since"):
            r.store.save(*begun())

    river.during = start
    deploy(river.run, "d-2")
    assert river.asked


def test_a_hold_that_is_lost_is_told_and_the_deployment_goes_on(river: River) -> None:
    def steal(r: River) -> None:
        r.lock.release(RIVERBANK, MINE)
        r.store.save(*begun())

    river.during = steal
    assert 0 == deploy(river.run, "d-2")
    assert any("The hold is not renewed" in sentence for sentence in river.said)
    assert Holder("cutover:otters-1", NOW) == river.holder


@pytest.mark.parametrize(
    ("status", "remedy"),
    [*STUCK.items(), ("UPDATE_IN_PROGRESS", "wait for its end, then deploy again")],
)
def test_a_stack_from_which_nothing_can_begin_is_told(
    river: River, status: str, remedy: str
) -> None:
    river.stack_is(status)

    with pytest.raises(Refused, match=f"river is {status}: .*{remedy}"):
        deploy(river.run, "d-2")
    assert (None, []) == (river.holder, river.asked)


# --- weights --------------------------------------------------------------------------


def test_live_weights_are_read_only_while_the_environment_is_held(
    river: River,
) -> None:
    holders: list[Holder | None] = []

    class Looking(Place):
        def weights(self, environment: str) -> dict[str, str]:
            holders.append(river.holder)
            return super().weights(environment)

    river.place = Looking(river.aws.client)
    river.place.given = []
    deploy(river.run, "d-2")

    assert [Holder(str(MINE), NOW, NOW + LEASE)] == holders


def test_after_a_cutover_the_stack_is_told_the_live_weights_first_and_alone(
    river: River,
) -> None:
    """A way back of the deployment then restores these, and not those of before."""
    river.place.live = AFTER_A_CUTOVER

    deploy(river.run, "d-2")

    assert [
        {
            "DeployId": "d-2",
            "Edge1BlueWeight": "0",
            "Edge1CanaryWeight": "0",
            "Edge1GreenWeight": "1",
        }
    ] == river.place.given
    stack = river.place.stack(STACK)
    assert stack is not None
    assert AFTER_A_CUTOVER.items() <= stack.parameters.items()
    assert "true" == stack.parameters["DeployInfrastructure"], "as it was"
    assert "d-2.2" == river.deploy_id, "an id of its own, so that the guard is asked"
    assert river.holder is None


def test_a_stack_that_was_left_while_it_was_told_is_told_again(river: River) -> None:
    """Its parameters say what it was told; a way back would lead to older ones."""
    river.place.live = AFTER_A_CUTOVER
    [stack] = cloudformation_backends["123456789012"][REGION].stacks.values()
    stack.status = "UPDATE_FAILED"

    deploy(river.run, "d-2")

    assert [AFTER_A_CUTOVER | {"DeployId": "d-2"}] == river.place.given


def test_where_nothing_is_rolled_back_the_weights_go_with_the_deployment(
    river: River,
) -> None:
    river.place.live = AFTER_A_CUTOVER
    river.rolls_back = False

    deploy(river.run, "d-2")

    assert [] == river.place.given
    assert {'Edge1BlueWeight="0"', 'Edge1GreenWeight="1"'} <= set(river.asked[0])
    assert "d-2" == river.deploy_id


def test_weights_that_move_while_the_stack_is_told_stop_the_deployment(
    river: River,
) -> None:
    class Moving(Place):
        def give(self, name: str, parameters: Mapping[str, str]) -> Stack:
            found = super().give(name, parameters)
            self.live = FIRST
            return found

    river.place = Moving(river.aws.client)
    river.place.given = []
    river.place.live = AFTER_A_CUTOVER

    with pytest.raises(Refused, match="the weights have moved meanwhile"):
        deploy(river.run, "d-2")
    assert (None, []) == (river.holder, river.asked)


def test_a_stack_that_does_not_take_the_weights_is_not_deployed(river: River) -> None:
    class Failing(Place):
        def give(self, name: str, parameters: Mapping[str, str]) -> Stack:
            return Stack("UPDATE_FAILED", self.live)

    river.place = Failing(river.aws.client)
    river.place.given = []
    river.place.live = AFTER_A_CUTOVER

    with pytest.raises(Refused, match="river is UPDATE_FAILED after that"):
        deploy(river.run, "d-2")
    assert (None, []) == (river.holder, river.asked)


def test_shifter_alone_reads_no_weights(river: River) -> None:
    river.infrastructure = "false"
    deploy(river.run, "d-2")

    assert 0 == river.place.reads


def test_a_stack_without_edges_has_no_weights_to_read(new_river: River) -> None:
    river = new_river
    make_table(river.aws.client("dynamodb"))
    river.aws.client("ssm").put_parameter(
        Name=PARAMETER, Type="String", Value=json.dumps({"table": TABLE})
    )
    river.deployed(DeployInfrastructure="false")
    deploy(river.run, "d-2")

    assert 0 == river.place.reads


# --- the end --------------------------------------------------------------------------


def test_a_stack_that_is_still_under_way_keeps_its_hold(river: River) -> None:
    """Somebody has stopped SAM; CloudFormation goes on."""
    river.during = lambda r: r.stack_is("UPDATE_IN_PROGRESS")

    deploy(river.run, "d-2")

    assert Holder(str(MINE), NOW, NOW + LEASE) == river.holder
    assert "deploy:d-2 holds on until it ends, at most 2 hours" in river.said[-1]


def test_a_hold_is_freed_whatever_becomes_of_sam(river: River) -> None:
    def fall(_: River) -> None:
        raise KeyboardInterrupt

    river.during = fall
    with pytest.raises(KeyboardInterrupt):
        deploy(river.run, "d-2")
    assert river.holder is None


# --- a dead deployment ----------------------------------------------------------------


def test_a_dead_deployment_is_freed_by_its_id(river: River) -> None:
    river.lock.acquire(RIVERBANK, MINE, NOW, LEASE)

    free(river.run, "d-2")

    assert river.holder is None
    assert "riverbank is free; deploy:d-2 held it since 2027" in river.said[-1]


def test_a_deployment_that_is_under_way_is_not_dead(river: River) -> None:
    river.lock.acquire(RIVERBANK, MINE, NOW, LEASE)
    river.stack_is("UPDATE_ROLLBACK_IN_PROGRESS")

    with pytest.raises(Refused, match="it is not dead, so wait"):
        free(river.run, "d-2")
    assert river.holder is not None


@pytest.mark.parametrize("other", [HolderName.deploy("d-3"), None])
def test_only_the_deployment_that_is_named_is_freed(
    river: River, other: HolderName | None
) -> None:
    if other:
        river.lock.acquire(RIVERBANK, other, NOW, LEASE)
    before = river.holder

    with pytest.raises(Refused, match=r"is held by .*, not by deploy:d-2"):
        free(river.run, "d-2")
    assert before == river.holder


def test_a_cutover_is_never_freed(river: River) -> None:
    river.store.save(*begun())

    with pytest.raises(Refused, match="is held by cutover:otters-1 since"):
        free(river.run, "otters-1")
    assert Holder("cutover:otters-1", NOW) == river.holder
