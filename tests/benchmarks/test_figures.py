"""A missed promise is seen, and the README says what was measured, where and when."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import readme
from benchmarks.__main__ import broken
from benchmarks.figure import HOLDS, MISSED, Figure

PAGE = Path(__file__).parents[2] / "README.md"

KEPT = Figure("fast enough", 1.49, "times", 1.7)
SLOW = Figure("too slow", 1.71, "times", 1.7)
TOO_MANY = Figure("too many calls", 5, "", 4, True)
ONLY_TOLD = Figure("memory", 360, "MB")


def test_a_promise_is_kept_up_to_its_limit() -> None:
    at_the_limit = Figure("calls", 4, "", 4, True)

    assert [HOLDS, MISSED, MISSED, HOLDS, ""] == [
        figure.verdict for figure in (KEPT, SLOW, TOO_MANY, at_the_limit, ONLY_TOLD)
    ]


@pytest.mark.parametrize(
    ("short", "found"), [(True, [TOO_MANY]), (False, [SLOW, TOO_MANY])]
)
def test_a_short_run_fails_only_for_what_is_counted(
    short: bool, found: list[Figure]
) -> None:
    """A busy machine is slow, and it counts as an idle one does."""
    assert found == broken([KEPT, SLOW, TOO_MANY, ONLY_TOLD], short=short)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (4.0, "4"),
        (0.1234, "0.123"),
        (1.5678, "1.57"),
        (922.4, "922"),
        (1234.5, "1,234"),
    ],
)
def test_a_figure_is_told_with_as_many_digits_as_it_deserves(
    value: float, told: str
) -> None:
    assert f"{told} ms" == Figure("it", value, "ms").told


def test_a_table_takes_the_place_of_the_older_one() -> None:
    page = f"before\n{readme.BEGIN}\nan old table\n{readme.END}after\n"

    once = readme.replaced(page, "Measured today.\n", [KEPT])
    again = readme.replaced(once, "Measured today.\n", [KEPT])

    assert once == again
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert "an old table" not in once
    assert "| fast enough | 1.49 times | at most 1.7 | holds |" in once


def test_a_page_without_its_marks_is_refused_and_stays(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("nothing to see", "utf-8")

    with pytest.raises(ValueError, match="no lines <!-- figures -->"):
        readme.write([KEPT], page)

    assert "nothing to see" == page.read_text("utf-8")


def test_the_machine_is_told_in_general_terms() -> None:
    assert re.fullmatch(r"\d+ cores of \w+, \w+, Python [\d.]+", readme.machine())


def test_the_readme_has_every_promise_with_its_date_and_machine() -> None:
    """Who changes a promise measures again: `make figures`."""
    text = PAGE.read_text("utf-8").partition(readme.BEGIN)[2].partition(readme.END)[0]
    rows = re.findall(r"^\| (.+?) \| [^|]+ \| at most ([\d.]+) \| \w+ \|$", text, re.M)

    assert re.search(r"^Measured on 20\d\d-\d\d-\d\d, \d+ cores of .+\.$", text, re.M)
    assert ["4", "1.5", "4", "1.5", "1.7", "2", "90", "0.5", "15", "15", "3", "2"] == [
        limit for _, limit in rows
    ]
