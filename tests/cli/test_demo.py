"""`shifter demo`: what people and programs see of a run in the sandbox."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import timedelta

import pytest
from rich.console import Console

from shifter.cli.demo_summary import print_summary
from shifter.cli.demo_view import LiveView, PlainView
from shifter.core.phases import Phase
from shifter_sandbox.play import Moment, play
from shifter_sandbox.scenarios import SCENARIOS
from shifter_sandbox.summary import Summary, summarise
from tests.cli.command import run

SHORT = "one-edge"


def test_the_scenarios_are_listed_with_their_ends() -> None:
    told = run("demo", "--list").stdout

    assert all(name in told for name in SCENARIOS)
    assert "ROLLED_BACK" in told


def test_the_list_is_there_for_programs() -> None:
    listed = json.loads(run("demo", "--list", "--json").stdout)

    assert list(SCENARIOS) == [entry["name"] for entry in listed]
    assert ["outage", "edit-higher", "complete"] == [
        entry["name"] for entry in listed if entry["demo"]
    ]


def test_a_scenario_that_nobody_wrote_is_told_in_one_sentence() -> None:
    result = run("demo", "--scenario", "earthquake")

    assert result.exit_code == 4
    assert result.stderr.startswith("there is no scenario earthquake: it is one of ")
    assert result.stderr.count("\n") == 1


@pytest.mark.xdist_group("demo")
def test_a_run_tells_programs_how_it_ended() -> None:
    """The whole command in a process of its own, as a user runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "shifter", "demo", "--scenario", SHORT, "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    [told] = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert (SHORT, "COMPLETED") == (told["scenario"], told["end"])
    assert [100, 500, 1000] == [move["share_per_mille"] for move in told["moves"]]
    assert told["journal"]["whole"]


@pytest.mark.xdist_group("demo")
def test_each_transition_is_one_line_where_nothing_can_be_redrawn() -> None:
    out = io.StringIO()
    console = Console(file=out, width=120)

    with PlainView(console, "1 of 1") as view:
        summary = summarise(play(SCENARIOS[SHORT], watch=view.show))
        print_summary(console, [summary])
    lines = out.getvalue().splitlines()

    phases = [line.split()[1] for line in lines if line[2:3] == ":"]
    assert ["PREPARED", "SHIFTING", "BAKING"] == phases[:3]
    assert "COMPLETED" == phases[-1]
    assert any("breach to safe" in line for line in lines) is False


def test_watching_does_not_change_a_run() -> None:
    """Equal seeds give equal journals, watched or not."""
    seen: list[Moment] = []

    watched = play(SCENARIOS[SHORT], watch=seen.append)
    alone = play(SCENARIOS[SHORT])

    assert seen
    assert alone.journal == watched.journal
    assert alone.total == watched.total


def test_the_live_view_shows_edges_gates_and_time() -> None:
    seen: list[Moment] = []
    play(SCENARIOS[SHORT], watch=seen.append)
    out = io.StringIO()
    console = Console(file=out, width=120, height=60, force_terminal=True)

    with LiveView(console, "1 of 1") as view:
        view.show(seen[len(seen) // 2])
    screen = out.getvalue()

    for word in ("edge-1", "blue", "green", "next look", "enough-requests", "requests"):
        assert word in screen


def a_summary(end: Phase, *, as_told: bool) -> Summary:
    return Summary(
        name="pond",
        told="a pond freezes",
        end=end,
        as_told=as_told,
        reason="the ice broke",
        moves=(),
        way_back=None,
        proof=None,
        requests=12,
        bad={"green": 3},
        duration=timedelta(minutes=3),
        executions=1,
        pages=0,
        journal_entries=4,
        journal_whole=False,
        journal_head="f" * 64,
        real_seconds=1.0,
    )


def test_the_summary_hides_neither_a_wrong_end_nor_a_broken_journal() -> None:
    out = io.StringIO()

    print_summary(
        Console(file=out, width=120), [a_summary(Phase.COMPLETED, as_told=False)]
    )

    assert "(not as expected)" in out.getvalue()
    assert "BROKEN" in out.getvalue()
    assert "3 on green" in out.getvalue()
