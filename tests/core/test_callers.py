from __future__ import annotations

import pytest

from shifter.core.callers import may_be_one

ROLE = "arn:aws:sts::123456789012:assumed-role/otter-keepers"
MADE_UP = "botocore-session-1764086400"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Hazel", "Hazel", True),
        ("Hazel", "Fern", False),
        (f"{ROLE}/hazel", f"{ROLE}/hazel", True),
        (f"{ROLE}/hazel", f"{ROLE}/fern", False),
        (f"{ROLE}/hazel", f"{ROLE}/hazel@example.com", False),
        (f"{ROLE}/{MADE_UP}", f"{ROLE}/botocore-session-1764090000", True),
        (f"{ROLE}/{MADE_UP}", f"{ROLE}/hazel", True),
        (f"{ROLE}/hazel", f"{ROLE}/aws-go-sdk-1764086400123456789", True),
        (f"{ROLE}/hazel", f"{ROLE}/1764086400123456789", True),
        (f"{ROLE}/hazel", f"{ROLE}/hazel7", False),
        (f"{ROLE}/{MADE_UP}", f"{ROLE}-2/{MADE_UP}", False),
        (f"{ROLE}/{MADE_UP}", "arn:aws:iam::123456789012:user/hazel", False),
        (f"{ROLE}/{MADE_UP}", "event of otters", False),
    ],
)
def test_two_callers_may_be_one_where_no_name_tells_them_apart(
    one: str, other: str, same: bool
) -> None:
    """An SDK makes up another name of a session whenever it renews credentials."""
    assert (same, same) == (may_be_one(one, other), may_be_one(other, one))
