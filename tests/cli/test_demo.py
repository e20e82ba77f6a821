"""`shifter demo`: what people and programs see of a run in the sandbox."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from shifter.cli.demo import code_of
from shifter.cli.demo_summary import print_summary
from shifter.cli.demo_view import LiveView, PlainView
from shifter.core.gates.gate import Judgement, Reading, State, Verdict
from shifter.core.phases import Phase
from shifter.core.replay import Look
from shifter_sandbox.play import Moment, play
from shifter_sandbox.scenario import shipped_gates
from shifter_sandbox.scenarios import DEMO, SCENARIOS
from shifter_sandbox.summary import Move, Summary, summarise
from tests.cli.command import run

SHORT = "one-edge"
ROOT = Path(__file__).parents[2]


def test_the_scenarios_are_listed_with_their_ends() -> None:
    told = run("demo", "--list").stdout

    assert all(name in told for name in SCENARIOS)
    assert "ROLLED_BACK" in told


def test_the_list_is_there_for_programs() -> None:
    listed = json.loads(run("demo", "--list", "--json").stdout)

    assert list(SCENARIOS) == [entry["name"] for entry in listed]
    assert ["outage", "edit-higher", "worse", "complete"] == [
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
def test_the_picture_has_what_the_terminal_showed(tmp_path: Path) -> None:
    """The README shows one; it is an SVG that asks nobody for anything."""
    picture = tmp_path / "demo.svg"

    result = run("demo", "--scenario", SHORT, "--picture", str(picture))
    told = _words(picture)

    assert 0 == result.exit_code
    assert f"1 of 1: {SHORT}: {SCENARIOS[SHORT].told}" in told
    assert "COMPLETED" in told
    assert "every step baked and every gate passed" in told
    assert "url(http" not in picture.read_text("utf-8").replace('"', "")


def test_the_picture_of_the_readme_is_of_the_demo_as_it_is() -> None:
    """`make figures` draws it anew."""
    told = _words(ROOT / "docs" / "demo.svg")

    assert "docs/demo.svg" in (ROOT / "README.md").read_text("utf-8")
    # A long one goes on in the next line.
    assert all(f"{name}: {SCENARIOS[name].told[:20]}" in told for name in DEMO)
    assert all(
        str(gate["name"]) in told
        for gate in shipped_gates(without="")
        if gate["kind"] != "approval"
    )


def test_a_picture_that_cannot_be_written_is_told_in_one_sentence(
    tmp_path: Path,
) -> None:
    nowhere = tmp_path / "none" / "demo.svg"

    result = run("demo", "--scenario", SHORT, "--picture", str(nowhere))

    assert 4 == result.exit_code
    assert result.stderr == (
        f"--picture {nowhere} cannot be written: No such file or directory; "
        "name another file\n"
    )


def _words(picture: Path) -> str:
    """What an SVG says, without what it looks like."""
    texts = ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")
    return "".join(text.text or "" for text in texts).replace("\xa0", " ")


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


def drawn(
    moments: list[Moment], *, width: int, height: int, scenario: str
) -> list[str]:
    """The lines of the last screen of a run, as a terminal of this size shows them."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, height=height, force_terminal=True, color_system=None
    )
    title = f"1 of 1: {scenario}: {SCENARIOS[scenario].told}"
    with LiveView(console, title) as view:
        for moment in moments:
            view.show(moment)
    return out.getvalue().rpartition("╭")[2].splitlines()


@pytest.fixture(scope="module")
def rolled_back() -> list[Moment]:
    """What can be seen of a run with the shipped plan that goes back, at its end."""
    seen: list[Moment] = []
    play(SCENARIOS["outage"], watch=seen.append)
    return [seen[0], seen[-1]]


@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (120, 40)])
def test_the_live_view_shows_why_on_any_terminal(
    rolled_back: list[Moment], width: int, height: int
) -> None:
    """Nothing is cut off below or at the right: what passes is summed up instead."""
    lines = drawn(rolled_back, width=width, height=height, scenario="outage")
    screen = " ".join(line.strip("│ ") for line in lines)

    assert len(lines) <= height
    assert "..." not in screen
    assert "…" not in screen
    assert "100.0%" in screen
    assert "health BREACH in ALARM: raised by" in " ".join(screen.split())
    assert "ROLLED_BACK    step 3, 10 %: " in screen  # a poll or an alarm was first


@pytest.mark.xdist_group("demo")
def test_a_tall_terminal_shows_every_gate(rolled_back: list[Moment]) -> None:
    screen = "\n".join(drawn(rolled_back, width=120, height=40, scenario="outage"))
    low = "\n".join(drawn(rolled_back, width=80, height=24, scenario="outage"))

    assert "blue-targets" in screen
    assert "gates pass" not in screen
    assert re.search(r"\d+ gates pass", low)


@pytest.mark.xdist_group("demo")
def test_who_has_gone_back_shows_readings_of_before(rolled_back: list[Moment]) -> None:
    """Nobody looks at a gate any more, so a breach beside ROLLED_BACK is an old one."""
    screen = "\n".join(drawn(rolled_back, width=120, height=40, scenario="outage"))

    assert "reading at the last look" in screen
    assert "next look  -" in screen


def test_before_the_first_moment_it_says_what_is_awaited() -> None:
    """Making an account takes seconds, in which the screen would be empty."""
    screen = " ".join(drawn([], width=80, height=24, scenario="outage"))

    assert "An AWS account is being emulated" in screen


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


@pytest.mark.parametrize(
    ("as_told", "whole", "code"), [(True, True, 0), (False, True, 1), (True, False, 1)]
)
def test_a_run_that_is_not_as_its_story_says_fails_the_command(
    as_told: bool, whole: bool, code: int
) -> None:
    """One of several is enough."""
    good = replace(a_summary(Phase.COMPLETED, as_told=True), journal_whole=True)
    other = replace(good, as_told=as_told, journal_whole=whole)

    assert code == code_of([good, other])


def test_the_summary_hides_neither_a_wrong_end_nor_a_broken_journal() -> None:
    out = io.StringIO()

    print_summary(
        Console(file=out, width=120), [a_summary(Phase.COMPLETED, as_told=False)]
    )

    assert "(not as expected)" in out.getvalue()
    assert "BROKEN" in out.getvalue()
    assert "3 on green" in out.getvalue()


@pytest.mark.parametrize("width", range(60, 100, 5))
def test_the_summary_breaks_no_share_and_cuts_no_caption(width: int) -> None:
    began = datetime(2026, 3, 2, 9, tzinfo=UTC)
    moves = tuple(
        Move(began + timedelta(minutes=n), n, share, share * 10)
        for n, share in enumerate(range(50, 1000, 50))
    )
    judged = Judgement(
        gate="croaking",
        kind="evidence",
        reading=Reading(state=State.GOOD, detail="calm"),
        verdict=Verdict.PASS,
    )
    looks = tuple(
        Look(
            entry=n + 1,
            at=began + timedelta(minutes=n),
            step=1,
            was=judged,
            would=judged,
            share=50,
            nats=1.0,
            permitted=0.5,
        )
        for n in range(48)
    )
    seen = replace(
        a_summary(Phase.COMPLETED, as_told=True), moves=moves, evidence=looks
    )
    out = io.StringIO()

    print_summary(Console(file=out, width=width), [seen])

    shown = out.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    for kept in ("95 % (DNS 950 %)", "2.7 to 1: 100 to 1 goes back", "the next step"):
        assert any(kept in line for line in shown.splitlines())
