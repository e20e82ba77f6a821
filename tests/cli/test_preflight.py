"""`shifter preflight` and the break-glass rollback, with functions that only answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Any

import pytest

from shifter.cli import asking
from shifter_sandbox.account import Account, account
from shifter_sandbox.stage import OPERATOR
from tests.cli import stages
from tests.cli.stages import Ended
from tests.cli.test_connection import deployment, put

PLAN = str(Path(__file__).parents[2] / "examples" / "plan.yaml")
READY: Mapping[str, Any] = {
    "environment": "payments-prod",
    "at": "2026-03-02T09:00:00Z",
    "ready": True,
    "problems": [],
    "judgements": [
        {
            "gate": "errors",
            "kind": "alarm",
            "reading": {"state": "good", "detail": "OK"},
            "verdict": 0,
        }
    ],
    "alarms": [
        {"gate": "errors", "alarm": "payments-prod-green-5xx", "on_alarm": "roll_back"},
        {"gate": "latency", "alarm": "payments-prod-green-p99", "on_alarm": "hold"},
    ],
    "holder": None,
    "capacity": {"running": 3},
    "dns_share": 0,
    "paged": True,
}


class Desk:
    """An account in which functions answer what they are told to."""

    def __init__(self, aws: Account) -> None:
        self.aws = aws
        self.answer: Any = READY
        self.asked: list[Any] = []
        aws.add_function("stub", self._handle)
        functions = {"preflight": "stub:live", "roll_back": "stub:live"}
        put("/shifter/payments-prod/deployment", deployment(functions=functions))

    def _handle(self, event: Any, context: object) -> Any:
        self.asked.append(event)
        return self.answer

    @property
    def code(self) -> str:
        """What the last test page shows."""
        return str(self.asked[-1]["preflight"]["test_page"])

    def run(
        self,
        *arguments: str,
        typed: Callable[[], str] = str,
        terminal: bool = False,
    ) -> Ended:
        return stages.run_in(
            self.aws, *arguments, stdin=_Typed(typed, terminal=terminal)
        )


class _Typed:
    """Standard input whose line is known when it is read."""

    def __init__(self, line: Callable[[], str], *, terminal: bool) -> None:
        self._line = line
        self._terminal = terminal

    def readline(self) -> str:
        return f"{self._line()}\n"

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def desk() -> Iterator[Desk]:
    with account(real_seconds=20) as aws, stages.operator("ada"):
        yield Desk(aws)


def test_a_ready_plan_and_a_page_that_arrived_are_ready_to_start(desk: Desk) -> None:
    ended = desk.run("preflight", PLAN, typed=lambda: desk.code)

    assert re.fullmatch(r"\d{4}", desk.code)
    shown = ended.stdout
    for told in (
        "errors    pass    OK",
        "errors   payments-prod-green-5xx  roll back",
        "latency  payments-prod-green-p99  hold",
        "lock           free",
        "blue has       3 tasks running",
        "DNS to edge-2  0 %",
        "evidence       rolls back by itself; try it first: shifter evidence check",
        "Ready to start; the test page arrived.",
    ):
        assert told in shown
    assert desk.code not in shown
    assert (0, "") == (ended.exit_code, ended.stderr)


@pytest.mark.parametrize("typed", ["", "12345", "0", "none came"])
def test_a_page_that_nobody_acknowledges_is_not_ready(desk: Desk, typed: str) -> None:
    ended = desk.run("preflight", PLAN, typed=lambda: typed)

    assert "NOBODY ACKNOWLEDGED THE TEST PAGE" in ended.stdout
    assert 4 == ended.exit_code


def test_a_code_that_was_mistyped_is_asked_for_again(desk: Desk) -> None:
    """The page of the last try is in the same inbox: nobody is woken twice for it."""
    typed = iter(["none", "0", ""])

    def types() -> str:
        return next(typed) or desk.code

    ended = desk.run("preflight", PLAN, typed=types, terminal=True)

    assert 2 == ended.stderr.count("Another code was sent.")
    assert "Ready to start; the test page arrived." in ended.stdout
    assert 0 == ended.exit_code


def test_a_page_that_did_not_arrive_is_asked_for_once(desk: Desk) -> None:
    ended = desk.run("preflight", PLAN, terminal=True)

    assert "Another code was sent." not in ended.stderr
    assert 4 == ended.exit_code


def test_whoever_is_paged_is_told_who_asked(desk: Desk) -> None:
    desk.run("preflight", PLAN, typed=lambda: desk.code)

    assert str(desk.asked[-1]["preflight"]["by"]).endswith(":user/ada")


def test_a_page_that_could_not_be_sent_is_not_asked_for(desk: Desk) -> None:
    desk.answer = {**READY, "paged": False, "ready": False}

    def nobody_reads() -> str:
        raise AssertionError("there is nothing to type")

    ended = desk.run("preflight", PLAN, typed=nobody_reads)

    assert "NOT READY; THE TEST PAGE COULD NOT BE SENT" in ended.stdout
    assert 4 == ended.exit_code


def test_without_a_page_nobody_is_woken_and_that_is_said(desk: Desk) -> None:
    ended = desk.run("preflight", PLAN, "--no-page")

    assert ["plan", "by"] == list(desk.asked[0]["preflight"])
    assert ended.stdout.endswith(
        "Ready to start; whether a page arrives was not tested.\n\n"
        f"  shifter start {quote(PLAN)}\n"
    )
    assert 0 == ended.exit_code


def test_every_problem_is_told(desk: Desk) -> None:
    desk.answer = {
        **READY,
        "ready": False,
        "problems": [{"field": "edge-1", "value": "9/1", "remedy": "bring it back"}],
        "holder": {"holder": "deploy:7", "since": "2026-03-02T08:00:00Z"},
    }

    ended = desk.run("preflight", PLAN, "--no-page")

    assert "not ready: edge-1: 9/1: bring it back" in ended.stdout
    assert "held by deploy:7 since 2026-03-02 08:00:00 UTC" in ended.stdout
    assert "NOT READY" in ended.stdout
    assert 4 == ended.exit_code


def test_the_document_says_whether_the_page_was_acknowledged(desk: Desk) -> None:
    yes = desk.run("preflight", PLAN, "--json", typed=lambda: desk.code)
    no = desk.run("preflight", PLAN, "--json", typed=lambda: "0")
    untested = desk.run("preflight", PLAN, "--json", "--no-page")

    found = [e.document["page_acknowledged"] for e in (yes, no, untested)]
    assert [True, False, None] == found
    assert [0, 4, 0] == [e.exit_code for e in (yes, no, untested)]


def test_an_answer_of_another_version_says_which_to_use(desk: Desk) -> None:
    desk.answer = {"action": "assess"}

    ended = desk.run("preflight", PLAN, "--no-page")

    assert "(ready: Field required): use the version that is deployed" in ended.stderr
    assert 1 == ended.exit_code


# --- break glass ----------------------------------------------------------------------

GLASS = ("rollback", "--without-record", "--reason", "the table is gone")


def test_without_the_record_it_says_what_it_does_not_know(desk: Desk) -> None:
    desk.answer = {
        "environment": "payments-prod",
        "edges": {"edge-1": "all blue"},
        "verified": True,
        "look_again_at": "2026-03-02T09:00:40Z",
    }

    ended = desk.run(*GLASS, "--yes")

    assert desk.asked == [
        {
            "environment": "payments-prod",
            "without_record": True,
            "by": OPERATOR,
            "reason": "the table is gone",
        }
    ]
    assert "Without the record Shifter does not know" in ended.stderr
    assert "edge-1: all blue\n" in ended.stdout
    assert "All blue at every edge. A late write may still land" in ended.stdout
    assert "repeat this after 09:00:40 UTC" in ended.stdout
    assert 0 == ended.exit_code


def test_an_edge_that_is_not_all_blue_is_stuck(desk: Desk) -> None:
    desk.answer = {
        "environment": "payments-prod",
        "edges": {"edge-1": "shows blue 90 %, green 10 %"},
        "verified": False,
        "look_again_at": "2026-03-02T09:00:40Z",
    }

    ended = desk.run(*GLASS, "--yes", "--json")

    assert desk.answer == ended.document
    assert 11 == ended.exit_code


def test_breaking_the_glass_is_asked_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "is_terminal", lambda: True)
    answers = iter(["y", "n"])

    ended = desk.run(*GLASS, typed=lambda: next(answers))

    assert "all blue without the record? [y/N]" in ended.stderr
    assert "Is the table really out of use?" in ended.stderr
    assert ended.stderr.endswith("nothing was done\n")
    assert ([], 4) == (desk.asked, ended.exit_code)


def test_a_start_is_asked_with_a_summary(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "is_terminal", lambda: True)

    ended = desk.run("start", PLAN, "--id", "one", typed=lambda: "")

    assert "Start one in payments-prod, eu-west-1:" in ended.stderr
    assert "steps       1 %, 5 %, 10 %, 25 %, 50 %, 95 %, 100 %" in ended.stderr
    assert "Start it? [y/N]" in ended.stderr
    assert 4 == ended.exit_code


def test_a_reason_is_asked_for_at_a_terminal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "is_terminal", lambda: True)

    ended = desk.run("pause", typed=lambda: "let me look")

    assert "Reason (it stands in the journal):" in ended.stderr
    assert "InvokeFunctionUrl on control: no answer" in ended.stderr
    assert 6 == ended.exit_code
