from __future__ import annotations

from typing import Any

import pytest

from shifter.core.notice import Notice, Severity
from tests.core.examples import NOW


def _notice(**changes: Any) -> Notice:
    return Notice.model_validate(
        {
            "severity": "page",
            "environment": "riverbank",
            "cutover_id": "otters-1",
            "at": NOW,
            "phase": "ROLLING_BACK",
            "step": 2,
            "steps": 3,
            "action": "roll_back",
            "rule": "breach",
            "reason": "croaking is bad: in ALARM",
            "journal_head": "abc123",
        }
        | changes
    )


@pytest.mark.parametrize(
    ("severity", "subject"),
    [
        (Severity.PAGE, "PAGE: riverbank: ROLLING_BACK, step 2 of 3"),
        (Severity.INFO, "riverbank: ROLLING_BACK, step 2 of 3"),
    ],
)
def test_a_subject_says_how_urgent_it_is(severity: Severity, subject: str) -> None:
    assert subject == _notice(severity=severity).subject


def test_a_subject_fits_into_what_sns_takes() -> None:
    """At most 100 characters, and the beginning is what matters."""
    long = _notice(environment="o" * 64, phase="ROLLBACK_STUCK", step=99, steps=100)

    assert f"PAGE: {'o' * 64}: ROLLBACK_STUCK, step" == long.subject[:92]
    assert 100 == len(long.subject)


def test_a_notice_reads_as_a_letter() -> None:
    assert (
        """PAGE: riverbank: ROLLING_BACK, step 2 of 3

croaking is bad: in ALARM

Cutover: otters-1
Action: roll_back (rule breach)
Time: 2027-03-20T12:00:00+00:00
Journal head: abc123
"""
        == _notice().text
    )


def test_a_notice_survives_the_outbox() -> None:
    assert _notice() == Notice.model_validate_json(_notice().model_dump_json())
