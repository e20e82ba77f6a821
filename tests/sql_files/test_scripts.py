from __future__ import annotations

from pathlib import Path

import pytest

from sql_files.scripts import UnreadableScript, read_script, statements

FOLDER = Path(__file__).parents[2] / "infra/sql"


def test_a_statement_ends_at_a_semicolon() -> None:
    assert ["SELECT 1", "SELECT 2"] == list(statements("SELECT 1;\n\nSELECT 2;\n"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ';'",
        "SELECT 'it''s; here'",
        r"SELECT 'a \'; b'",
        'SELECT ";"',
        "SELECT `a;b` FROM `t`",
        "SELECT 6 / 2, 3 - 1, 4--1",
    ],
)
def test_what_is_quoted_is_left_alone(text: str) -> None:
    assert [text] == list(statements(f"{text};"))


def test_a_comment_is_no_part_of_a_statement() -> None:
    script = "-- one; two\nSELECT 1 -- and; this\n;# three;\n/* four; */ SELECT 2;"

    assert ["SELECT 1", "SELECT 2"] == list(statements(script))


def test_a_statement_without_an_end_is_refused() -> None:
    """It would be lost, and nobody would be told."""
    with pytest.raises(UnreadableScript, match="end the statement 'SELECT 2' with"):
        list(statements("SELECT 1; SELECT 2"))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableScript, match=r"none\.sql cannot be read"):
        read_script(tmp_path, "none")


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.sql")), ids=lambda p: p.stem)
def test_every_file_of_the_project_is_read(path: Path) -> None:
    assert read_script(path.parent, path.stem)
