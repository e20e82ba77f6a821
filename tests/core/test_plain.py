from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.plain import plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payments declined, 3 of 4", "payments declined, 3 of 4"),
        ("Otter 🦦 naïve", "Otter 🦦 naïve"),
        ("a\n\x1b[31mred", "a ␛[31mred"),
        ("a\tb\r\nc\x85d\u2028e\xa0f", "a b  c d e f"),
        ("\x00\x07\x1f\x7f\x9b\u202e\ud800", "␀␇␟␡���"),
    ],
)
def test_what_cannot_be_seen_gives_way_to_what_can(text: str, expected: str) -> None:
    assert expected == plain(text)


@given(st.text(st.characters()))
def test_a_plain_text_is_one_line_of_the_same_length(text: str) -> None:
    """So that a reason that was short enough stays so; and to clean twice is once."""
    cleaned = plain(text)

    assert cleaned.isprintable()
    assert len(text) == len(cleaned)
    assert cleaned == plain(cleaned)
