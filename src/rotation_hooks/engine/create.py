"""createSecret: give the new version a value.  The only step that may refuse.

Nothing is written before the environment is ours, and before it is sure that no other
pending version, which would lose its label, is one that the database already knows.

AWS documentation: Secrets Manager API, `PutSecretValue` (a label that is attached moves
away from the version that had it).
"""

from __future__ import annotations

from rotation_hooks.core.errors import FinishFirst, Misplaced
from rotation_hooks.engine.case import Case


def create(case: Case) -> str:
    """Write the pending value; return what was done."""
    if case.version(case.token) is not None:
        return "the version has a value already"  # and setSecret takes the lock
    case.ports.lock.take(case.arn, case.token, case.ports.clock.now())
    current = case.current
    _spare_the_half_rotated(case)
    new = current.after(case.ports.passwords.new(), case.name.role)
    if case.name.role.alternates:
        case.master(current)  # a rotation that can never end does not begin
    case.ports.secrets.put_pending(case.arn, case.token, new.text())
    return f"the version is for {new.username}"


def _spare_the_half_rotated(case: Case) -> None:
    other = case.described.half_rotated
    if other is None or other == case.token:
        return
    try:
        found = case.version(other)
    except Misplaced:
        return  # nobody can have logged in with it
    if found is not None and case.logs_in(found):
        raise FinishFirst(case.arn, other)
