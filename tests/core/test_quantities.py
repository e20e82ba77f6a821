from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.lanes import percent
from shifter.core.quantities import (
    format_duration,
    parse_dns_share,
    parse_duration,
    parse_share,
)
from tests.core.strategies import SCALARS
from tests.core.test_lanes import DNS_SHARES

NOT_A_SHARE = 'write a percentage such as "10 %" or "0.5 %"'
TOO_FINE = "no load-balancer weights give this share exactly: use steps of 0.1 %"
NOT_A_DURATION = 'write a number with its unit, such as "90s", "5m" or "2h"'


def test_a_share_that_is_told_is_read_back() -> None:
    assert list(range(1001)) == [parse_share(percent(n)) for n in range(1001)]


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("10 %", 100),
        ("10%", 100),
        (" 0.5 % ", 5),
        ("0.50 %", 5),
        ("100.000 %", 1000),
        ("007 %", 70),
    ],
)
def test_shares_are_read_as_people_write_them(written: str, share: int) -> None:
    assert share == parse_share(written)


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        (10, NOT_A_SHARE),
        (0.5, NOT_A_SHARE),
        (None, NOT_A_SHARE),
        ("10", NOT_A_SHARE),
        ("-1 %", NOT_A_SHARE),
        ("1,5 %", NOT_A_SHARE),
        (".5 %", NOT_A_SHARE),
        ("1e1 %", NOT_A_SHARE),
        ("0.05 %", TOO_FINE),
        ("99.99 %", TOO_FINE),
        ("100.1 %", "a share is at most 100 %"),
        ("999 %", "a share is at most 100 %"),
    ],
)
def test_what_is_no_share_is_refused(written: Any, remedy: str) -> None:
    """A bare number could mean anything, and no share is ever rounded."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the words are compared
        parse_share(written)

    assert remedy == str(refused.value)


def test_an_exact_dns_share_is_read() -> None:
    assert DNS_SHARES == [parse_dns_share(percent(share)) for share in DNS_SHARES]


def test_an_inexact_dns_share_is_refused_with_the_nearest_exact_one() -> None:
    """The advice never turns a part into nothing or everything."""
    parts = [share for share in DNS_SHARES if 0 < share < 1000]
    for share in sorted(set(range(1001)) - set(DNS_SHARES))[::7]:
        with pytest.raises(ValueError, match="no Route 53 weights up to 255") as told:
            parse_dns_share(percent(share))
        advice = parse_share(str(told.value).rpartition("use ")[2])

        assert advice in parts
        assert min(abs(share - part) for part in parts) == abs(share - advice)


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        (" 5 m ", timedelta(minutes=5)),
        ("24h", timedelta(days=1)),
        ("365d", timedelta(days=365)),
        (timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_durations_are_read_with_their_unit(written: Any, duration: timedelta) -> None:
    assert duration == parse_duration(written)


@pytest.mark.parametrize(
    "written", [5, 5.0, None, "5", "5 min", "-5m", "1h30m", "", "m", "1.5h", "5M"]
)
def test_what_is_no_duration_is_refused(written: Any) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the words are compared
        parse_duration(written)

    assert NOT_A_DURATION == str(refused.value)


@pytest.mark.parametrize("written", ["366d", "8761h", "999999999d"])
def test_a_duration_that_no_cutover_lives_to_see_is_refused(written: str) -> None:
    """Past the calendar's end a decision could not be made at all."""
    with pytest.raises(ValueError, match="a duration is at most 365d"):
        parse_duration(written)


@given(st.integers(0, 365 * 86400).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_that_is_told_is_read_back(duration: timedelta) -> None:
    assert duration == parse_duration(format_duration(duration))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3600, "1h"),
        (5400, "90m"),
        (86400, "1d"),
        (86401, "86401s"),
    ],
)
def test_the_shortest_exact_way_to_write_a_duration(seconds: int, told: str) -> None:
    assert told == format_duration(timedelta(seconds=seconds))


@pytest.mark.parametrize("parse", [parse_share, parse_dns_share, parse_duration])
@given(written=SCALARS | st.text())
def test_whatever_is_written_is_read_or_refused(
    parse: Callable[[Any], object], written: Any
) -> None:
    """Only ValueError, which a plan tells as a problem, comes out of a quantity."""
    with contextlib.suppress(ValueError):
        parse(written)
