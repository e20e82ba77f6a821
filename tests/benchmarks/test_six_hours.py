"""What six hours cost is told from what was seen, and a short run promises nothing."""

from __future__ import annotations

from benchmarks.figure import Figure
from benchmarks.six_hours import told

SEEN = {
    "hours": 6.1,
    "seconds": 91.0,
    "looks": 1000,
    "events": 9600,
    "calls": 20_000,
    "megabytes": 360.0,
    "dollars": {"Lambda": 0.2, "Step Functions": 0.31},
    "forecast": 0.4,
}


def _named(figures: list[Figure], what: str) -> Figure:
    [found] = [figure for figure in figures if figure.what == what]
    return found


def test_a_whole_run_is_held_against_its_promises() -> None:
    figures = list(told(SEEN, short=False))

    missed = [figure.what for figure in figures if not figure.holds]
    assert ["sandbox: 6.1 h in ten steps", "its cost, by what it called"] == missed
    assert 9.6 == _named(figures, "… events in a look").value


def test_a_short_run_is_told_without_promises() -> None:
    figures = list(told(SEEN, short=True))

    assert all(figure.at_most is None for figure in figures)
    assert 0.51 == _named(figures, "its cost, by what it called").value
