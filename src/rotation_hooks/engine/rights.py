"""The rights of the user whose turn it is: those of its template, and no others."""

from __future__ import annotations

from rotation_hooks.core.credential import Account
from rotation_hooks.core.errors import NotVerified
from rotation_hooks.core.fence import State
from rotation_hooks.engine.case import Case
from rotation_hooks.ports import Session
from sql_files.rights import Rights


def wanted(case: Case, state: State) -> Rights:
    """What the role's template says for a side in this state."""
    return case.ports.templates[case.name.role, state]


def make_right(case: Case, session: Session, account: Account) -> None:
    """Give an account what its template says.  Raises NotVerified.

    Nobody can move the fence meanwhile, so its state is still true at the end.
    """
    with session.hold_fence():
        needed = wanted(case, session.state())
        if session.rights(account) == needed:
            return
        session.set_rights(account, needed)
        check(needed, session.rights(account), account.grantee)


def check(needed: Rights, held: Rights, who: str) -> None:
    """Raise NotVerified, with each right that is missing or too much."""
    lacks = [f"lacks {right}" for right in sorted(needed - held)]
    has = [f"has {right}" for right in sorted(held - needed)]
    if lacks or has:
        raise NotVerified(f"{who} {'; '.join(lacks + has)}")
