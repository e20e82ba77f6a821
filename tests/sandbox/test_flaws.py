"""A harness that praises a spoiled run is blind."""

from __future__ import annotations

from functools import cache

import pytest

from shifter_sandbox.flaws import CHECKS, flaws
from shifter_sandbox.play import Played, play
from shifter_sandbox.scenarios import RUNS
from tests.scenarios.tampered import COMPLETED, ROLLED_BACK, TAMPERED, Tampered

pytestmark = pytest.mark.xdist_group("flaws")


@cache
def _played(key: str) -> Played:
    return play(RUNS[key])


@pytest.mark.parametrize("key", [ROLLED_BACK, COMPLETED])
def test_a_good_run_has_no_flaw(key: str) -> None:
    assert flaws(_played(key)) == ()


@pytest.mark.parametrize("tampered", TAMPERED, ids=lambda tampered: tampered.told)
def test_a_spoiled_run_is_reported(tampered: Tampered) -> None:
    reports = tampered.reports(_played(tampered.run))

    assert reports
    assert set(reports) <= set(flaws(tampered.spoil(_played(tampered.run))))


def test_every_check_is_shown_to_see_something() -> None:
    assert {tampered.check for tampered in TAMPERED} == set(CHECKS)
