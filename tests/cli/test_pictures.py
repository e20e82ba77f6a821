"""Tables that people read in a hurry hide nothing, however narrow the terminal is."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console
from rich.text import Text

from shifter.cli.pictures import edges_table, gates_table, log
from shifter.core.gates.gate import Judgement, Reading, State, Verdict
from shifter.core.lanes import Lane, Split


def test_a_long_reading_leaves_its_gate_and_its_verdict_alone() -> None:
    """A sentence that is too long goes on in the next line, to its end."""
    sentence = "after 168 requests at 10 %: 72 failed against 0.34 expected " * 3
    judgements = [
        Judgement(
            gate=gate,
            kind="alarm",
            reading=Reading(state=State.BAD, detail=detail),
            verdict=Verdict.BREACH,
        )
        for gate, detail in (("green-targets", "short"), ("evidence", sentence))
    ]
    out = io.StringIO()

    Console(file=out, width=80).print(gates_table(judgements))
    told = out.getvalue()

    assert re.search(r"^green-targets +BREACH ", told, re.M)
    assert re.search(r"^evidence +BREACH ", told, re.M)
    assert sentence.split() == [
        word for word in told.partition("evidence")[2].split() if word != "BREACH"
    ]


def bar(split: Split) -> str:
    """The bar of an edge: blue is full, canary half and green light."""
    out = io.StringIO()
    Console(file=out, width=80).print(edges_table({"edge-1": split.weights()}))
    return "".join(sign for sign in out.getvalue() if sign in "█▒░")


@pytest.mark.parametrize("share", [0, 1, 10, 500, 990, 999, 1000])
def test_a_lane_that_gets_anything_is_seen(share: int) -> None:
    """At 1 % as well; and the bar is always as long as ever."""
    drawn = bar(Split.leaving_blue(share))

    assert 40 == len(drawn)
    assert ("█" in drawn, "░" in drawn) == (share < 1000, share > 0)
    assert abs(drawn.count("░") - share / 25) <= 1


def test_three_lanes_share_a_bar() -> None:
    drawn = bar(Split.model_validate({Lane.BLUE: 1, Lane.CANARY: 1, Lane.GREEN: 998}))

    assert drawn == "█▒" + "░" * 38


def test_an_edge_fits_a_frame_of_80_columns_beside_dns() -> None:
    out = io.StringIO()
    weights = {f"edge-{n}": Split.leaving_blue(0).weights() for n in (1, 2)}

    Console(file=out, width=76).print(edges_table(weights, {"edge-1": 1, "edge-2": 0}))

    assert "…" not in out.getvalue()
    assert re.search(r"^edge-1 +100.0% +0.0% +█{36} +100% *$", out.getvalue(), re.M)


def test_a_long_line_of_a_log_goes_on_beside_its_time() -> None:
    out = io.StringIO()

    Console(file=out, width=40).print(log([Text("09:22:05  " + "frogs " * 12)]))

    first, *others = out.getvalue().splitlines()
    assert first.startswith("09:22:05  frogs")
    assert others
    assert all(line.startswith(" " * 10 + "frogs") for line in others)
