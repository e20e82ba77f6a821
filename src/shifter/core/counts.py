"""Counts of one closed interval, and the refusal of what cannot be one.

This module and all that the evidence engine imports stay light (no typing, no
dataclasses), because a function that starts cold pays for each import.
"""

from __future__ import annotations

Counts = tuple[int, int, int]
"""Requests, failed ones, and those slower than the objective."""

_MOST = 10**15


class Unusable(ValueError):
    """Numbers that the evidence engine cannot use; nothing was changed.

    It stands outside the tree in `core/errors`, whose import costs more than the
    engine's.  It is no person's error either: a gate makes `no_data` of it.
    """


def checked(whose: str, given: Counts) -> Counts:
    """Counts that are whole, not negative and no more than the requests."""
    try:
        requests, failed, slow = given
        counts = int(requests), int(failed), int(slow)
    except (TypeError, ValueError, OverflowError):
        counts = requests, failed, slow = (-1, -1, -1)
    if (
        counts == (requests, failed, slow)
        and 0 <= failed <= requests <= _MOST
        and 0 <= slow <= requests
    ):
        return counts
    raise Unusable(
        f"{whose}: {given!r}: must be (requests, failed, slow), whole numbers from 0; "
        f"failed and slow ones are requests, of which there are at most {_MOST:,}"
    )


def checked_pair(whose: str, given: tuple[Counts, Counts]) -> tuple[Counts, Counts]:
    """Blue's and green's counts at one edge."""
    try:
        blue, green = given
    except (TypeError, ValueError):
        raise Unusable(
            f"{whose}: {given!r}: must be blue's and green's counts"
        ) from None
    return checked(f"{whose}, blue", blue), checked(f"{whose}, green", green)


def added(a: Counts, b: Counts) -> Counts:
    """The sum of two edges, or of two intervals."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]
