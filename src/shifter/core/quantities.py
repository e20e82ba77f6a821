"""Quantities as people write them in a plan: `10 %`, `5m`.

A share is whole per mille and written as a percentage with at most one decimal.
A duration is written with its unit.  A bare number is refused: it could mean anything.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from shifter.core.lanes import PER_MILLE, InexactShare, dns_weights, percent

_SHARE = re.compile(r"^\s*(\d{1,3}(?:\.\d+)?)\s*%\s*$")
_DURATION = re.compile(r"^\s*(\d{1,9})\s*(s|m|h|d)\s*$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=365)


def parse_share(value: Any) -> int:
    """Per mille from `"10 %"` or `"0.5%"`."""
    written = _SHARE.match(value) if isinstance(value, str) else None
    if written is None:
        raise ValueError('write a percentage such as "10 %" or "0.5 %"')
    whole, _, decimals = written[1].partition(".")
    if len(decimals.rstrip("0")) > 1:
        raise ValueError(
            "no load-balancer weights give this share exactly: use steps of 0.1 %"
        )
    per_mille = int(whole) * 10 + int((decimals or "0")[0])
    if per_mille > PER_MILLE:
        raise ValueError("a share is at most 100 %")
    return per_mille


def parse_dns_share(value: Any) -> int:
    """Like `parse_share`, for a share that Route 53 weights (at most 255) must give."""
    share = parse_share(value)
    try:
        dns_weights(share)
    except InexactShare:
        raise ValueError(
            "no Route 53 weights up to 255 give this share exactly: "
            f"use {percent(_nearest_dns_share(share))}"
        ) from None
    return share


def _nearest_dns_share(share: int) -> int:
    def exact(candidate: int) -> bool:
        try:
            dns_weights(candidate)
        except InexactShare:
            return False
        return True

    return min(
        (c for c in range(1, PER_MILLE) if exact(c)), key=lambda c: abs(c - share)
    )


def parse_duration(value: Any) -> timedelta:
    """A duration from `"90s"`, `"5m"`, `"2h"` or `"1d"`."""
    if isinstance(value, timedelta):
        return value
    written = _DURATION.match(value) if isinstance(value, str) else None
    if written is None:
        raise ValueError('write a number with its unit, such as "90s", "5m" or "2h"')
    duration = timedelta(seconds=int(written[1]) * _SECONDS[written[2]])
    if duration > _LONGEST:
        raise ValueError(f"a duration is at most {format_duration(_LONGEST)}")
    return duration


def format_duration(value: timedelta) -> str:
    """The shortest exact way to write a duration of whole seconds."""
    seconds = int(value.total_seconds())
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"


def span(value: timedelta) -> str:
    """A time as people say it: `2 h 05 min`, `3 min 07 s`, `12 s`."""
    seconds = max(0, int(value.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    if minutes:
        return f"{minutes} min {seconds % 60:02} s"
    return f"{seconds} s"


def told_moment(moment: datetime) -> str:
    """A moment as people read it: `2026-11-25 20:35:43 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


Share = Annotated[
    int,
    BeforeValidator(parse_share),
    PlainSerializer(percent, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*\d{1,3}(\.\d0*)?\s*%\s*$",
            "examples": ["10 %", "0.5 %"],
        }
    ),
]
DnsShare = Annotated[
    int,
    BeforeValidator(parse_dns_share),
    PlainSerializer(percent, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*\d{1,3}(\.\d0*)?\s*%\s*$",
            "description": "Must be given exactly by Route 53 weights of at most 255.",
            "examples": ["50 %", "0.4 %"],
        }
    ),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*\d{1,9}\s*[smhd]\s*$",
            "examples": ["90s", "5m", "24h"],
        }
    ),
]
