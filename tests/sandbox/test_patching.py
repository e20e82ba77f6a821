"""Private names of moto move; the sandbox says so in one sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.elbv2.models import FakeAction

import shifter_sandbox
from shifter_sandbox import patching
from shifter_sandbox.account import account
from shifter_sandbox.fakes import FAKES


def test_every_name_that_is_patched_is_still_there() -> None:
    patching.check_patch_points()


def test_a_name_that_is_gone_is_named() -> None:
    with pytest.raises(patching.PatchPointGone, match=r"has no FakeAction\.gone"):
        patching.find("moto.elbv2.models", "FakeAction.gone")


def test_patching_a_name_that_is_gone_fails() -> None:
    with (
        pytest.raises(patching.PatchPointGone),
        patching.patched(FakeAction, "gone", None),
    ):
        pass


def test_every_patch_belongs_to_a_fake_of_the_table_and_every_fake_to_a_module() -> (
    None
):
    fakes = {fake.module for fake in FAKES}
    folder = Path(shifter_sandbox.__file__).parent

    assert {needs for _, _, needs in patching.PATCH_POINTS} <= fakes
    assert all((folder / f"{name}.py").exists() for name in fakes)


def patched_now() -> list[Any]:
    return [
        vars(owner)[name]
        for owner, name in (
            patching.find(module, name) for module, name, _ in patching.PATCH_POINTS
        )
    ]


def test_closing_the_account_restores_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No patch, variable or credential outlives the account."""
    monkeypatch.setenv("AWS_PROFILE", "mine")
    environment = dict(os.environ)
    before = patched_now()

    with account():
        assert "AWS_PROFILE" not in os.environ
        inside = patched_now()

    assert inside != before
    assert patched_now() == before
    assert dict(os.environ) == environment


def test_a_profile_of_the_developer_is_never_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")

    with account():
        credentials = boto3.Session().get_credentials()
        assert credentials is not None
        assert credentials.access_key != "real"
