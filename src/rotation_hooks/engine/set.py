"""setSecret: let the database know the new password.

Rules of this file
* What is pending is tried first.  When it logs in, an earlier run has changed the
  database, and from then on nothing is refused: half a rotation is worse than one at a
  bad moment.
* Rights are made those of the template at every run, while nobody can move the fence.
* The step is done when the new login was seen to work.
"""

from __future__ import annotations

from rotation_hooks.core.credential import Credential
from rotation_hooks.core.errors import NoLogin, NotVerified
from rotation_hooks.core.labels import CURRENT, PREVIOUS
from rotation_hooks.engine.case import Case
from rotation_hooks.engine.rights import make_right


def set_password(case: Case) -> str:
    """Make the pending login work; return what was done."""
    pending = case.pending
    known = case.logs_in(pending)
    if not known:
        case.ports.lock.take(case.arn, case.token, case.ports.clock.now())
    if case.name.role.alternates:
        _set_other_user(case, pending, known=known)
    elif not known:
        _set_own_password(case, pending)
    if not case.logs_in(pending):
        raise NotVerified(f"{pending.where} was given its password, and is refused")
    return f"{pending.username} logs in" + (", as it did before" if known else "")


def _set_own_password(case: Case, pending: Credential) -> None:
    """One user: whoever still logs in changes the password."""
    for label in (CURRENT, PREVIOUS):
        found = case.labelled(label)
        if found is None or found.account != pending.account or not case.logs_in(found):
            continue
        with case.ports.databases.login(found) as session:
            session.change_own_password(pending.password.get_secret_value())
        return
    raise NoLogin(
        f"{case.arn}: neither {CURRENT} nor {PREVIOUS} logs in as {pending.where}: an "
        "earlier rotation may have changed the password and lost its label AWSPENDING; "
        "set the password by hand"
    )


def _set_other_user(case: Case, pending: Credential, *, known: bool) -> None:
    """Two users: the master makes the one whose turn it is."""
    current = case.current
    if not known and not case.logs_in(current):
        raise NoLogin(
            f"{case.arn}: {CURRENT} does not log in as {current.where}: repair it "
            "before its other user takes over"
        )
    with case.ports.databases.login(case.master(pending)) as session:
        if not known:
            session.put_account(pending.account, pending.password.get_secret_value())
        make_right(case, session, pending.account)
