"""testSecret: prove that the new login can do what its role does, before it counts.

A user that may write writes a row, in a transaction that is rolled back; one that is
fenced reads, and must not write.  Besides, its rights are compared with its template:
one table proves nothing about the others.

AWS documentation: Secrets Manager API, `RotateSecret` (without `RotateImmediately` it
tests the configuration with a temporary pending version).
"""

from __future__ import annotations

from rotation_hooks.core.credential import Credential
from rotation_hooks.core.errors import NotVerified
from rotation_hooks.core.fence import State, may_write
from rotation_hooks.engine.case import Case
from rotation_hooks.engine.rights import check, wanted
from rotation_hooks.ports import Session


def prove(case: Case) -> str:
    """Log in with what is pending and look; return what was seen."""
    pending = case.version(case.token) or case.current
    with case.ports.databases.login(pending) as session:
        if not case.name.role.alternates:
            return f"{pending.username} logs in"
        state = _state(case, pending)
        held = session.rights(pending.account)
        check(wanted(case, state), held, f"{pending.where}, on an {state} side,")
        _look_at_writes(case, session, pending, state)
        return f"{pending.username} logs in and has the rights of an {state} side"


def _state(case: Case, pending: Credential) -> State:
    """What the fence says, asked as the master: no role needs to see the fence."""
    with case.ports.databases.login(case.master(pending)) as session:
        return session.state()


def _look_at_writes(
    case: Case, session: Session, pending: Credential, state: State
) -> None:
    writes, must = session.may_write(), may_write(case.name.role, state)
    if writes and not must:
        raise NotVerified(f"{pending.where} writes on a fenced side")
    if must and not writes:
        raise NotVerified(f"{pending.where} cannot write on an {state} side")
    if not session.may_read():
        raise NotVerified(f"{pending.where} cannot read on an {state} side")
