"""`make scenarios`: what it prints, and when it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shifter_sandbox.scenario import End
from shifter_sandbox.scenarios import RUNS
from tests.scenarios import runs
from tests.scenarios.__main__ import main
from tests.scenarios.page import PAGE, page
from tests.scenarios.runs import chosen

QUICKEST = "aborted@first"


def _documents(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)
    return found


@pytest.mark.xdist_group("scenarios command")
def test_a_run_is_told_when_it_is_over_and_in_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = main(["--only", QUICKEST, "--jobs", "1"])
    printed = capsys.readouterr().out

    assert failed == 0
    assert f"1 of 1  {QUICKEST}: ROLLED_BACK, as expected" in printed
    [row] = [line for line in printed.splitlines() if "aborted:" in line]
    virtual = timedelta(seconds=round(runs.play_run(QUICKEST).virtual.total_seconds()))
    assert ["aborted", "first", "ROLLED_BACK", str(virtual)] == row.split()[:4]
    assert "1 ROLLED_BACK; 0 not as expected" in printed


@pytest.mark.xdist_group("scenarios command")
def test_equal_seeds_give_equal_journals_also_in_another_process() -> None:
    """Not even the order of Python's sets may show."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.scenarios", "--only", QUICKEST, "--json"],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    [told] = _documents(done.stdout)

    assert told["journal_head"] == runs.play_run(QUICKEST).journal_head
    assert "as expected" in done.stderr


@pytest.mark.xdist_group("scenarios command")
def test_a_run_that_ends_otherwise_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {QUICKEST: replace(RUNS[QUICKEST], end=End.COMPLETED)}
    monkeypatch.setattr(runs, "RUNS", wrong)

    failed = main(["--only", QUICKEST, "--jobs", "1"])
    printed = capsys.readouterr().out

    assert failed == 1
    assert "NOT AS EXPECTED" in printed
    assert "ended ROLLED_BACK, not COMPLETED" in printed
    assert "edge-1 was left with 1/0/0, not green 100 %" in printed


def test_a_run_that_cannot_be_played_is_told_and_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = replace(RUNS[QUICKEST], parts={"edges": "many"})
    monkeypatch.setattr(runs, "RUNS", {QUICKEST: broken})

    outcome = runs.play_run(QUICKEST)

    assert "-" == outcome.end
    assert outcome.flaws[0].startswith("it could not be played: TypeError")


def test_a_scenario_that_nobody_wrote_is_told_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also beside one that somebody wrote, whose runs would hide it."""
    with pytest.raises(SystemExit) as raised:
        main(["--only", QUICKEST, "--only", "earthquake"])

    assert raised.value.code == 2
    assert "no scenario is called earthquake\n" in capsys.readouterr().err


def test_a_run_is_named_by_its_scenario_and_its_onset() -> None:
    everywhere = {"outage", "outage@first", "outage@last"}

    assert everywhere == set(chosen(["outage"]))
    assert ["outage"] == chosen(["outage@middle"])
    assert ["outage@last"] == chosen(["outage@last"])
    assert [] == chosen(["outage@noon"])


def test_the_page_is_the_one_that_the_scenarios_make() -> None:
    """Stale?  Run `python -m tests.scenarios --write-page`."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_there_are_more_runs_than_were_promised() -> None:
    assert len(RUNS) >= 45
