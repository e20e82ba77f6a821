"""What became of a rotation that failed, told by who still logs in.

| pending | current | action |
|---|---|---|
| works | any answer | finish the same token |
| refused or empty | works | take the label from the version that leads nowhere |
| refused or empty | refused | page: a person must repair it |
| no answer | any | look again; nobody concludes |
| any | no answer | look again; nobody concludes |

An attempt may still be running when an older one is told to have failed: the events
come late and twice.  The label is not taken from under it, for it may be about to tell
the database the password; its lease says until when that can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rotation_hooks.core.errors import WRONG_PASSWORD
from rotation_hooks.core.readiness import LoginSeen


class Action(StrEnum):
    """What is right to do."""

    FINISH = "finish"
    DROP_PENDING = "drop_pending"
    PAGE = "page"
    LOOK_AGAIN = "look_again"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What to do, and why."""

    action: Action
    reason: str


def diagnose(
    pending: LoginSeen | None, current: LoginSeen, *, under_way: bool
) -> Diagnosis:
    """Tell what is right.  `pending` is None when the version has no value."""
    if not current.is_answer or (pending is not None and not pending.is_answer):
        return Diagnosis(Action.LOOK_AGAIN, "a login gave no answer; nobody concludes")
    if pending is not None and pending.ok:
        return Diagnosis(Action.FINISH, "the database knows the pending password")
    if not current.ok:
        return Diagnosis(Action.PAGE, "neither the pending nor the current one logs in")
    number = WRONG_PASSWORD if pending is None else pending.number
    if number != WRONG_PASSWORD:
        told = f"the pending login fails with {number}, not for its password"
        return Diagnosis(Action.PAGE, told)
    if under_way:
        told = "an attempt may still be running: its lease has not run out"
        return Diagnosis(Action.LOOK_AGAIN, told)
    return Diagnosis(Action.DROP_PENDING, "the database never heard of the pending")
