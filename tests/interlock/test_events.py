"""The events that both deployables share."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from interlock.events import CUTOVER_TRANSITION, SOURCE, CutoverTransition

DETAIL: dict[str, Any] = {
    "schema_version": 1,
    "environment": "riverbank",
    "cutover_id": "otters-1",
    "at": "2027-03-20T12:00:00Z",
    "phase": "BAKING",
    "step": 2,
    "steps": 3,
    "action": "shift",
    "rule": "next_step",
    "reason": "the ice holds",
    "severity": "info",
    "journal_head": "a" * 64,
}


def test_an_event_is_named_by_its_source_and_its_detail_type() -> None:
    """Rules on the bus match these two texts: they must not change."""
    assert (SOURCE, CUTOVER_TRANSITION) == ("shifter", "Cutover transition")


def test_what_is_written_is_what_is_read() -> None:
    read = CutoverTransition.model_validate(DETAIL)

    assert read.at == datetime(2027, 3, 20, 12, tzinfo=UTC)
    assert json.loads(read.model_dump_json()) == DETAIL


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_version": 2},
        {"severity": "shout"},
        {"mood": "wet"},
        {"journal_head": None},
    ],
    ids=str,
)
def test_an_event_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CutoverTransition.model_validate(DETAIL | changes)
