from __future__ import annotations

from pathlib import Path

import pytest

from shifter.cli import diagram
from shifter.cli.docstrings import attribute_docstrings
from shifter.core.decide import RULES
from shifter.core.gates.hold import HoldGate
from shifter.core.phases import TABLE, Phase


def test_the_page_is_what_the_tables_say() -> None:
    """When this fails: make diagram."""
    assert diagram.FILE.read_text(encoding="utf-8") == diagram.page()


def test_every_transition_is_drawn() -> None:
    page = diagram.page()

    for phase, row in TABLE.items():
        for action, target in row.items():
            [arrow] = [
                line for line in page.splitlines() if f" {phase} --> {target}: " in line
            ]
            assert action in arrow.split(": ")[1].split(", ")


def test_every_phase_and_every_rule_has_a_meaning() -> None:
    rows = [line for line in diagram.page().splitlines() if line.startswith("| ")]

    for name in [*Phase, *(f"`{rule.__name__}`" for rule in RULES)]:
        [row] = [
            row
            for row in rows
            if name in row.split(" | ")[0:2] or row.startswith(f"| {name} |")
        ]
        assert len(row.split("|")[-2 if name.startswith("`") else 2].strip()) > 10


def test_main_writes_the_page(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "architecture" / "state-diagram.md"
    monkeypatch.setattr(diagram, "FILE", file)

    diagram.main()

    assert file.read_text(encoding="utf-8") == diagram.page()
    assert "state-diagram.md" in capsys.readouterr().out


def test_a_rule_without_a_meaning_stops_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(diagram, "RULES", (lambda case: None,))

    with pytest.raises(ValueError, match="docstring"):
        diagram.page()


def test_a_field_inherits_its_docstring_and_may_have_its_own() -> None:
    found = attribute_docstrings(HoldGate)

    assert "how long" in found["deadline"].lower()
    assert "bake" not in attribute_docstrings(Phase)
