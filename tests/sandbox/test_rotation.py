"""The guard of rotations in the sandbox: it speaks like the real one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from rotation_hooks.core import readiness
from shifter_sandbox.account import Account, account
from shifter_sandbox.play import Played, play
from shifter_sandbox.rotation import FOLLOWED, GUARD, LASTS, Rotations, build_rotations
from shifter_sandbox.stories.rotations import (
    GUARD_GONE,
    ROTATED_FIRST,
    failed_at_the_end,
    kept_out_while_it_ran,
    refused_until_rotated,
)

HOUR = timedelta(hours=1)
LOOK = {"action": "look", "window_s": 86400}


def _rotations(aws: Account) -> Rotations:
    return build_rotations(
        aws.clock, aws.gateway, aws.functions, prefix="arn:aws:secretsmanager:x:1"
    )


def test_its_answers_have_the_form_of_the_real_one() -> None:
    """The sandbox may not import the hooks, so this test holds both together."""
    with account(real_seconds=20) as aws:
        made = _rotations(aws)
        free = made.answer(LOOK, None)
        made.fall_due("blue/app", HOUR)
        made.rotate("blue/dms")
        made.secrets["green/app"].failed = "it does not log in"
        found = readiness.Look.model_validate(made.answer(LOOK, None))
        order = {"action": "prepare", "cutover_id": "c", "window_s": 60}
        told = readiness.Answer.model_validate(made.answer(order, None))

    assert readiness.Look.model_validate(free).ok
    assert ["ROTATION_DUE", "ROTATION_PENDING", "LAST_ROTATION_FAILED"] == [
        reason.code for reason in found.reasons
    ]
    assert list(made.secrets) == [one.secret for one in found.secrets]
    assert told.reasons == found.reasons


def test_a_rotation_comes_to_its_end_by_itself() -> None:
    with account(real_seconds=20) as aws:
        made = _rotations(aws)
        secret = made.secrets["blue/app"]
        client = boto3.client("secretsmanager")
        version = client.rotate_secret(SecretId=secret.arn)["VersionId"]
        stages = []
        for span in (timedelta(), LASTS, FOLLOWED - LASTS):
            aws.advance(span.total_seconds())
            secret.look(aws.now())
            stages.append((secret.current == version, secret.stage))
        assert stages == [(False, "VERIFIED"), (True, "CURRENT"), (True, "VERIFIED")]


def test_a_secret_is_rotated_once_at_a_time() -> None:
    with account(real_seconds=20) as aws:
        secret = _rotations(aws).secrets["blue/app"]
        client = boto3.client("secretsmanager")
        client.rotate_secret(SecretId=secret.arn)

        with pytest.raises(ClientError, match="previous rotation isn't complete"):
            client.rotate_secret(SecretId=secret.arn)
        with pytest.raises(ClientError, match="can't find the specified secret"):
            client.rotate_secret(SecretId="arn:aws:secretsmanager:x:1:secret:none")


# --- the stories, and what their runs must show ---------------------------------------


@pytest.fixture(scope="module")
def rotated_first() -> Played:
    return play(ROTATED_FIRST)


def test_a_cutover_waits_for_a_rotation_and_completes(rotated_first: Played) -> None:
    assert ["", ""] == [show(rotated_first) for show in ROTATED_FIRST.shows]


def test_a_run_that_shows_nothing_of_it_is_no_proof(rotated_first: Played) -> None:
    """Negative controls."""
    without = [c for c in rotated_first.invocations if c.function != GUARD]
    silent = replace(rotated_first, invocations=tuple(without))
    alone = replace(rotated_first, others=())
    unseen = [c for c in rotated_first.invocations if c.function != "Preflight"]

    assert "the guard was asked for []" == kept_out_while_it_ran(silent)
    assert "the guard ended with [None]" == failed_at_the_end(rotated_first)
    assert "too early ended []" in refused_until_rotated(alone)
    assert "the preflights told []" == refused_until_rotated(
        replace(rotated_first, invocations=tuple(unseen))
    )


def test_a_guard_that_is_gone_stops_no_cutover() -> None:
    played = play(GUARD_GONE)

    assert "" == failed_at_the_end(played)
    assert "COMPLETED" == played.record.phase
