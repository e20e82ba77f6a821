from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shifter.core.directive import Directive, Next
from tests.core.examples import NOW
from tests.core.strategies import MOMENTS

DIRECTIVES = st.builds(
    Directive,
    cutover_id=st.text(min_size=1, max_size=80),
    owner=st.integers(1, 99),
    version=st.integers(1, 10**6),
    action=st.sampled_from(Next),
    until=MOMENTS,
)


def _directive(moment: datetime, **changes: Any) -> Directive:
    return Directive.model_validate(
        {
            "cutover_id": "otters-1",
            "owner": 1,
            "version": 7,
            "action": "hold",
            "until": moment,
        }
        | changes
    )


@given(DIRECTIVES)
def test_a_directive_survives_the_state_machine(directive: Directive) -> None:
    told = Directive.model_validate_json(directive.model_dump_json())

    assert directive == told


@given(MOMENTS)
def test_a_wait_never_ends_too_early(moment: datetime) -> None:
    """A Wait state knows whole seconds only, so they are rounded up."""
    late = _directive(moment).until - moment

    assert timedelta() <= late < timedelta(seconds=1)


def test_a_directive_is_told_in_the_words_of_the_state_machine() -> None:
    told = _directive(NOW + timedelta(microseconds=1)).model_dump(mode="json")

    assert {
        "cutover_id": "otters-1",
        "owner": 1,
        "version": 7,
        "action": "hold",
        "until": "2027-03-20T12:00:01Z",
    } == told


def test_a_moment_of_another_zone_is_told_in_utc() -> None:
    """`Z` after a local time would let a Wait state wait for hours."""
    east = timezone(timedelta(hours=8))
    moment = datetime(2027, 3, 20, 20, 0, tzinfo=east)

    assert NOW == _directive(moment).until
    assert "2027-03-20T12:00:00Z" == _directive(moment).model_dump()["until"]
    assert UTC.utcoffset(None) == _directive(moment).until.utcoffset()


def test_what_the_state_machine_adds_is_ignored() -> None:
    assert _directive(NOW) == _directive(NOW, error={"Error": "States.Timeout"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"owner": 0},
        {"version": 0},
        {"cutover_id": ""},
        {"cutover_id": "o" * 81},
        {"action": "dance"},
        {"until": "soon"},
    ],
)
def test_a_directive_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _directive(NOW, **wrong)
