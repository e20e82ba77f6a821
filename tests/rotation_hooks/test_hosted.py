"""Rotations that AWS hosts: kept out of a cutover by the policies of their secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.lock import Holder
from rotation_hooks.adapters.memory.outside import MemoryPolicies
from rotation_hooks.adapters.memory.world import MemoryLock
from rotation_hooks.adapters.policies import SecretPolicies
from rotation_hooks.core.errors import NotVerified, Rejected, RotationError
from rotation_hooks.core.labels import PENDING
from rotation_hooks.core.policy import ACTION, SID, closed, has_ours, is_closed, opened
from rotation_hooks.core.roles import Role
from rotation_hooks.engine.hosted import close, open_again
from rotation_hooks.engine.reconcile import reconcile
from rotation_hooks.engine.release import release
from rotation_hooks.ports import Policies
from tests.adapters.account import Account
from tests.rotation_hooks.outside import Outside
from tests.rotation_hooks.stage import NOW, Stage

HOSTED = "arn:aws:iam::123456789012:role/payments-rotate-blue-app"
OTHER = "arn:aws:iam::123456789012:role/somebody-else"
THEIRS = {
    "Version": "2012-10-17",
    "Statement": {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "secretsmanager:DeleteSecret",
        "Resource": "*",
    },
}

statements = st.lists(
    st.fixed_dictionaries(
        {"Sid": st.sampled_from(["A", "B", SID]), "Effect": st.just("Deny")}
    ),
    max_size=4,
)


@given(said=statements)
def test_closing_and_opening_leave_what_others_have_said(
    said: list[dict[str, str]],
) -> None:
    before = json.dumps({"Version": "2012-10-17", "Statement": said})
    theirs = [one for one in said if one["Sid"] != SID]
    shut = closed(before, HOSTED)
    assert theirs == json.loads(shut)["Statement"][:-1]
    assert shut == closed(shut, HOSTED)
    assert is_closed(shut, HOSTED)
    assert not is_closed(shut, OTHER)
    after = opened(shut)
    assert not has_ours(after)
    assert theirs == (json.loads(after)["Statement"] if after else [])


class HostedRotation:
    """What AWS hosts: it asks nobody, but may do only what the policy lets it."""

    def __init__(self, stage: Stage, outside: Outside) -> None:
        self._vault, self._policies = stage.vault, outside.policies
        self._arn = stage.arns[Role.APP]
        outside.hosted_roles[self._arn] = HOSTED

    def create_secret(self, token: str) -> None:
        policy = self._policies.read(self._arn)
        said: list[dict[str, Any]] = json.loads(policy)["Statement"] if policy else []
        for one in said:
            if one["Principal"] == {"AWS": HOSTED} and one["Action"] == ACTION:
                raise Rejected("PutSecretValue", self._arn, "an explicit deny")
        self._vault.put_pending(self._arn, token, "{}")


@pytest.mark.parametrize("ends_by", [release, reconcile])
def test_a_hosted_rotation_is_kept_out_until_the_cutover_has_ended(
    memory_stage: Stage, ends_by: Any
) -> None:
    """By the end of the cutover, or by the next look where that was lost."""
    outside, lock = Outside.of(memory_stage), memory_stage.ports.lock
    assert isinstance(lock, MemoryLock)
    hosted = HostedRotation(memory_stage, outside)
    assert outside.prepare().ok
    lock.held = Holder("cutover:otters-1", NOW)
    token = memory_stage.start(Role.APP)
    for _ in "12":
        with pytest.raises(Rejected, match="an explicit deny"):
            hosted.create_secret(token)
        assert memory_stage.credential(Role.APP, PENDING) is None
        reconcile(outside)
    lock.held = None
    ends_by(outside)
    hosted.create_secret(token)
    assert {PENDING} == memory_stage.labels(Role.APP, token)


def test_nobody_is_kept_out_of_a_cutover_that_must_not_begin(
    memory_stage: Stage,
) -> None:
    outside = Outside.of(memory_stage)
    HostedRotation(memory_stage, outside)
    outside.prober.silent = "no answer"

    assert not outside.prepare().ok
    assert {} == outside.policies.texts


def test_a_cutover_that_did_not_begin_keeps_nobody_out_for_long(
    memory_stage: Stage,
) -> None:
    outside = Outside.of(memory_stage)
    HostedRotation(memory_stage, outside)
    assert outside.prepare().ok
    assert outside.policies.texts
    reconcile(outside)
    reconcile(outside)

    assert {} == outside.policies.texts


class OutOfTime(BaseException):
    """The function was ended, as Lambda ends one."""


def test_hosted_rotations_are_let_in_also_when_a_look_runs_out_of_time(
    memory_stage: Stage,
) -> None:
    outside = Outside.of(memory_stage)
    HostedRotation(memory_stage, outside)
    assert outside.prepare().ok
    secrets: Any = outside.secrets

    def describe(arn: str) -> Any:
        raise OutOfTime(arn)

    secrets.describe = describe
    with pytest.raises(OutOfTime):
        reconcile(outside)

    assert {} == outside.policies.texts


def test_a_policy_that_was_lost_is_put_again(memory_stage: Stage) -> None:
    outside, lock = Outside.of(memory_stage), memory_stage.ports.lock
    assert isinstance(lock, MemoryLock)
    HostedRotation(memory_stage, outside)
    lock.held = Holder("cutover:otters-1", NOW)
    reconcile(outside)

    assert is_closed(outside.policies.read(memory_stage.arns[Role.APP]), HOSTED)


class Deaf(MemoryPolicies):
    """Says that all is well, and keeps what it has."""

    def write(self, arn: str, policy: str | None) -> None: ...


def test_a_policy_is_believed_only_when_it_was_read_back(memory_stage: Stage) -> None:
    outside = Outside.of(memory_stage)
    HostedRotation(memory_stage, outside)
    outside.policies = Deaf()
    with pytest.raises(NotVerified):
        outside.prepare()
    arn = memory_stage.arns[Role.APP]
    outside.policies.texts[arn] = closed(None, HOSTED)
    with pytest.raises(NotVerified):
        open_again(outside)


# --- the port -------------------------------------------------------------------------


@pytest.fixture(params=["memory", "moto"])
def policies(request: pytest.FixtureRequest) -> tuple[Policies, str]:
    if request.param == "memory":
        return MemoryPolicies(), "arn"
    account: Account = request.getfixturevalue("account")
    client = account.client("secretsmanager")
    arn = client.create_secret(Name="payments/blue/app", SecretString="{}")["ARN"]
    return SecretPolicies(client), arn


def test_a_policy_is_written_read_and_taken(policies: tuple[Policies, str]) -> None:
    port, arn = policies
    assert port.read(arn) is None
    port.write(arn, json.dumps(THEIRS))
    assert json.loads(port.read(arn) or "") == THEIRS
    port.write(arn, closed(port.read(arn), HOSTED))
    assert is_closed(port.read(arn), HOSTED)
    port.write(arn, None)
    port.write(arn, None)
    assert port.read(arn) is None


def test_a_secret_that_is_gone_is_an_error(
    account: Account, memory_stage: Stage
) -> None:
    outside: Any = Outside.of(memory_stage)
    outside.policies = SecretPolicies(account.client("secretsmanager"))
    outside.hosted_roles = {"arn:aws:secretsmanager:eu-west-1:1:secret:gone": HOSTED}
    with pytest.raises(RotationError):
        close(outside)
    assert "Rejected: GetResourcePolicy" in reconcile(outside)["hosted rotations"]
