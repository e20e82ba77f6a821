"""testSecret: prove that the new login can do what its role does, before it counts.

An application's user writes a row on the open side, in a transaction that is rolled
back; on the fenced side it reads, and must not write.  Both happen in the
application's own schema, because a right elsewhere proves nothing.

AWS documentation: Secrets Manager API, `RotateSecret` (without `RotateImmediately` it
tests the configuration with a temporary pending version).
"""

from __future__ import annotations

from rotation_hooks.core.credential import Credential
from rotation_hooks.core.errors import NotVerified
from rotation_hooks.core.grants import State, change, told
from rotation_hooks.engine.case import Case
from rotation_hooks.ports import Session


def prove(case: Case) -> str:
    """Log in with what is pending and look; return what was seen."""
    current = case.current
    pending = case.version(case.token) or current
    with case.ports.databases.login(pending) as session:
        if not case.name.role.alternates:
            return f"{pending.username} logs in"
        state = _state(case, pending)
        _look_at_rights(case, session, pending, state)
        if case.name.role.is_fenced:
            _look_at_writes(session, pending, state)
        return f"{pending.username} logs in and has the rights of an {state} side"


def _state(case: Case, pending: Credential) -> State:
    """What the fence says, asked as the master: no role needs to see the fence."""
    with case.ports.databases.login(case.master(pending)) as session:
        return session.state()


def _look_at_rights(
    case: Case, session: Session, pending: Credential, state: State
) -> None:
    role = case.name.role
    wanted = case.ports.templates[role].in_state(role, state)
    off = change(wanted, session.rights(pending.account))
    if off.give - wanted.routines or off.take:
        raise NotVerified(f"{pending.where}, on an {state} side, {told(off)}")


def _look_at_writes(session: Session, pending: Credential, state: State) -> None:
    writes = session.may_write()
    if state is State.FENCED and (writes or not session.may_read()):
        wrong = "writes" if writes else "cannot read"
        raise NotVerified(f"{pending.where} {wrong} on a fenced side")
    if state is State.OPEN and not writes:
        raise NotVerified(f"{pending.where} cannot write on an open side")
