"""Whether a cutover may begin, as far as credentials are concerned.

Rules of this file
* Every reason is told, not only the first: whoever mends one at 3 a.m. wants to know
  all of them.
* No data is never good news: what could not be read is a reason, too.
* A reason says what leads out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from pydantic import BaseModel, ConfigDict

from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.core.schedule import Schedule, free_from


class Code(StrEnum):
    """Why a cutover must not begin."""

    ROTATION_PENDING = "ROTATION_PENDING"
    ROTATION_DUE = "ROTATION_DUE"
    STALE_TASKS = "STALE_TASKS"
    LAST_ROTATION_FAILED = "LAST_ROTATION_FAILED"
    LOGIN_FAILED = "LOGIN_FAILED"
    UNKNOWN_WRITERS = "UNKNOWN_WRITERS"
    MASTER_USED_BY_APP = "MASTER_USED_BY_APP"
    UNREADABLE = "UNREADABLE"


class Reason(BaseModel):
    """One thing that is in the way."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    code: Code
    secret: str
    """What it is about: blue/app, or a side."""
    detail: str
    """What was found, and what to do."""


class Answer(BaseModel):
    """What a preflight is told."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    ok: bool
    reasons: tuple[Reason, ...] = ()
    rotate_first: tuple[str, ...] = ()
    """Secrets whose next rotation moves beyond the window if they are rotated now."""
    move_window: datetime | None = None
    """When a cutover may begin instead; None when the rotations are not in its way."""


class Standing(BaseModel):
    """How one secret stands, for whoever asks without a cutover."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    secret: str
    """What it is for: blue/app."""
    arn: str
    current: str | None
    """Its version that is in use."""
    rotated_at: datetime | None
    begins_at: datetime | None
    """From when the next rotation may begin; None: none is planned."""
    ends_at: datetime | None
    counts_from_the_last: bool
    """Whether a rotation now would move the next one."""
    half_rotated: str | None
    stage: str | None
    """How far the current version was followed; None: nobody has begun to."""
    failed: str | None
    login: str
    """`works`, or why it does not."""


class Look(Answer):
    """What a look is told: the same, and how every secret stands that could be read."""

    secrets: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class LoginSeen:
    """What came of a login."""

    ok: bool
    number: int = 0
    """The database's number for what it refused; 0 when there was no answer."""
    told: str = ""
    user: str = ""
    """Whom the secret names."""

    @property
    def is_answer(self) -> bool:
        """Whether the database said yes or no.  Without an answer nobody concludes."""
        return self.ok or self.number != 0


@dataclass(frozen=True, slots=True)
class SecretSeen:
    """One secret, as it was found."""

    name: SecretName
    half_rotated: str | None
    """The version that is pending, and is not current."""
    schedule: Schedule
    following: str | None
    """How far those who use it have followed its last rotation; None: all the way."""
    failed: str | None
    """Why its last rotation failed, until somebody has verified a login."""
    login: LoginSeen
    master_user: str | None
    oldest_task: datetime | None
    """When the oldest running task that has the secret was started."""
    arn: str = ""
    current: str | None = None
    """Its version that is in use."""
    stage: str | None = None
    """How far that version was followed; None: nobody has begun to."""

    @property
    def standing(self) -> Standing:
        """What people are told of it."""
        return Standing(
            secret=str(self.name),
            arn=self.arn,
            current=self.current,
            rotated_at=self.schedule.last,
            begins_at=self.schedule.begins,
            ends_at=self.schedule.ends,
            counts_from_the_last=self.schedule.counts_from_the_last,
            half_rotated=self.half_rotated,
            stage=self.stage,
            failed=self.failed,
            login="works" if self.login.ok else self.login.told or "is refused",
        )


@dataclass(frozen=True, slots=True)
class SideSeen:
    """One database, as it was found."""

    side: Side
    unknown_writers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be looked at."""

    what: str
    why: str


Seen = SecretSeen | SideSeen | Unread


def judge(seen: Sequence[Seen], now: datetime, window: timedelta) -> Answer:
    """Tell whether a cutover may begin now that needs so much time."""
    end = now + window
    reasons = tuple(reason for one in seen for reason in _reasons(one, end))
    secrets = [one for one in seen if isinstance(one, SecretSeen)]
    due = [one for one in secrets if one.schedule.comes_before(end)]
    return Answer(
        ok=not reasons,
        reasons=reasons,
        rotate_first=tuple(
            str(one.name) for one in due if one.schedule.counts_from_the_last
        ),
        move_window=free_from((one.schedule for one in secrets), now, window)
        if due
        else None,
    )


def _reasons(seen: Seen, end: datetime) -> Iterator[Reason]:
    match seen:
        case SecretSeen():
            yield from _of_secret(seen, end)
        case SideSeen():
            yield from _of_side(seen)
        case Unread():
            told = f"cannot be looked at: {seen.why}; without it nobody may begin"
            yield Reason(code=Code.UNREADABLE, secret=seen.what, detail=told)
        case _:
            assert_never(seen)


def _of_secret(seen: SecretSeen, end: datetime) -> Iterable[Reason]:
    def reason(code: Code, detail: str) -> Reason:
        return Reason(code=code, secret=str(seen.name), detail=detail)

    if seen.half_rotated is not None:
        yield reason(
            Code.ROTATION_PENDING,
            f"version {seen.half_rotated} is pending: "
            "finish that rotation with the same token",
        )
    if seen.following is not None:
        yield reason(
            Code.ROTATION_PENDING,
            f"what follows its last rotation stands at {seen.following}: "
            "wait until it is VERIFIED",
        )
    if seen.schedule.comes_before(end):
        yield reason(Code.ROTATION_DUE, _due(seen.schedule, end))
    if seen.failed is not None:
        yield reason(
            Code.LAST_ROTATION_FAILED,
            f"{seen.failed}: follow the runbook, which ends with a verified login",
        )
    if not seen.login.is_answer:
        yield reason(Code.UNREADABLE, f"a login gave no answer: {seen.login.told}")
    elif not seen.login.ok:
        yield reason(Code.LOGIN_FAILED, f"{seen.login.told}: repair it")
    if _is_stale(seen):
        yield reason(
            Code.STALE_TASKS,
            f"a task runs since {seen.oldest_task:%Y-%m-%d %H:%M} UTC, and the secret "
            f"was rotated at {seen.schedule.last:%Y-%m-%d %H:%M} UTC: deploy it anew",
        )
    if seen.name.role is Role.APP and seen.login.user == seen.master_user:
        yield reason(
            Code.MASTER_USED_BY_APP,
            f"it names the master user {seen.login.user}: give the application its own",
        )


def _due(schedule: Schedule, end: datetime) -> str:
    out = "begin later"
    if schedule.counts_from_the_last:
        out = "rotate first and wait until it is verified, or begin later"
    return (
        f"a rotation may begin at {schedule.begins:%Y-%m-%d %H:%M} UTC, and the "
        f"cutover may last until {end:%Y-%m-%d %H:%M} UTC: {out}"
    )


def _is_stale(seen: SecretSeen) -> bool:
    oldest, last = seen.oldest_task, seen.schedule.last
    return oldest is not None and last is not None and oldest < last


def _of_side(seen: SideSeen) -> Iterable[Reason]:
    if seen.unknown_writers:
        told = "may write and are in no template: take the right, or declare them"
        yield Reason(
            code=Code.UNKNOWN_WRITERS,
            secret=str(seen.side),
            detail=f"{', '.join(seen.unknown_writers)} {told}",
        )
