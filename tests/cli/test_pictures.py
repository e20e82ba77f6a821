"""Tables that people read in a hurry hide nothing, however narrow the terminal is."""

from __future__ import annotations

import io
import re

from rich.console import Console

from shifter.cli.pictures import gates_table
from shifter.core.gates.gate import Judgement, Reading, State, Verdict


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
