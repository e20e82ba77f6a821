"""When Secrets Manager rotates a secret, as far as anybody can know.

Rules of this file
* A rotation begins at any time of its window, which ends at the date that is told; a
  window without a duration lasts to the end of its day.
* What is overdue may begin at any moment.

AWS documentation: Secrets Manager user guide, "Schedule expressions"; API,
`DescribeSecret` (`NextRotationDate`: on or before this date), `RotationRulesType`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WHOLE_DAY = timedelta(days=1)
AFTERWARDS = timedelta(hours=2)
"""Time for tasks and replication to follow a rotation, before a cutover begins."""
_HOURS = re.compile(r"(\d{1,2})h")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The next rotation, and the last one."""

    last: datetime | None = None
    """When the secret was rotated; None: never."""
    ends: datetime | None = None
    """The end of the window of the next one; None: none is planned."""
    duration: timedelta = WHOLE_DAY
    counts_from_the_last: bool = False
    """Whether a rotation now would move the next one: so many days after each."""

    @property
    def begins(self) -> datetime | None:
        """The earliest moment of the next rotation."""
        return None if self.ends is None else self.ends - self.duration

    def comes_before(self, moment: datetime) -> bool:
        """Tell whether the next rotation may begin by then; it may be overdue."""
        return self.begins is not None and self.begins <= moment


def duration_of(text: str | None) -> timedelta:
    """The length of a window, as RotationRules write it: `1h`."""
    found = _HOURS.fullmatch(text or "")
    return timedelta(hours=int(found[1])) if found else WHOLE_DAY


def free_from(
    schedules: Iterable[Schedule], now: datetime, window: timedelta
) -> datetime:
    """The earliest time from which no planned rotation falls into the window.

    Only the next rotation of each secret is known, so whoever waits asks again.
    """
    begin = now
    planned = [(one.ends, one) for one in schedules if one.ends is not None]
    for ends, schedule in sorted(planned, key=lambda one: one[0]):
        if schedule.comes_before(begin + window):
            begin = max(begin, ends + AFTERWARDS)
    return begin
