"""What only somebody within the network can tell: logins, and who may write.

Nothing is changed here, and no value of a secret leaves it.
"""

from __future__ import annotations

from collections.abc import Mapping

from rotation_hooks.core.errors import DatabaseError, ForeignSecret, LoginRefused
from rotation_hooks.core.fence import State
from rotation_hooks.core.readiness import LoginSeen
from rotation_hooks.core.roles import Role, SecretName, Side, users_of
from rotation_hooks.engine.case import look_at
from rotation_hooks.ports import ProbePorts
from sql_files.rights import Right, Rights

_HARMLESS = frozenset(
    {
        "LOCK TABLES",
        "PROCESS",
        "REPLICATION CLIENT",
        "REPLICATION SLAVE",
        "SELECT",
        "SHOW DATABASES",
        "SHOW VIEW",
    }
)
OF_RDS = frozenset(
    {
        "'mariadb.sys'@'localhost'",
        "'mysql.infoschema'@'localhost'",
        "'mysql.session'@'localhost'",
        "'mysql.sys'@'localhost'",
        "'rdsadmin'@'localhost'",
        "'rds_superuser_role'@'%'",
    }
)
"""Accounts that RDS makes for itself, or that nobody can log in with.

Amazon Aurora user guide, "Master user account privileges" and "Role-based privilege
model".
"""


def log_in(arn: str, label: str, ports: ProbePorts) -> LoginSeen:
    """Log in with what a label of a secret says; what came of it.

    Raises Misplaced and AwsError.
    """
    credential = look_at(arn, ports).labelled(label)
    if credential is None:
        return LoginSeen(ok=False, told=f"no version with a value is {label}")
    user = credential.username
    try:
        with ports.databases.login(credential):
            return LoginSeen(ok=True, user=user)
    except LoginRefused as error:
        return LoginSeen(ok=False, number=error.number, told=str(error), user=user)
    except DatabaseError as error:
        return LoginSeen(ok=False, told=str(error), user=user)


def unknown_writers(side: Side, ports: ProbePorts) -> tuple[str, ...]:
    """Accounts of a side that may write more than a template says.

    Raises RotationError when nobody can tell.
    """
    master = look_at(_arn(SecretName(side, Role.MASTER), ports), ports).current
    with ports.databases.login(master) as session:
        found = session.accounts()
    allowed = _allowed(side, ports) | {master.account.grantee: None}
    return tuple(
        account
        for account, rights in sorted(found.items())
        if account not in OF_RDS
        and account not in ports.declared_writers
        and _writes_too_much(account, rights, allowed)
    )


def _writes_too_much(
    account: str, held: Rights | None, allowed: Mapping[str, Rights | None]
) -> bool:
    if held is None:
        return account not in allowed  # nobody understands what it may do
    template = allowed.get(account, frozenset())
    if template is None:
        return False
    return any(_is_writing(right) for right in held - template)


def _is_writing(right: Right) -> bool:
    """Whatever is not known to be harmless may write: routines, triggers, roles."""
    return right.privilege not in _HARMLESS


def _allowed(side: Side, ports: ProbePorts) -> dict[str, Rights | None]:
    """What each account of the templates may have, whatever the fence says now."""
    allowed: dict[str, Rights | None] = {}
    for arn, name in ports.names.items():
        if name.side is not side or name.role is Role.MASTER:
            continue
        current = look_at(arn, ports).current
        users = users_of(current.username) if name.role.alternates else ()
        for user in (current.username, *users):
            account = current.account.model_copy(update={"user": user})
            allowed[account.grantee] = ports.templates[name.role, State.OPEN]
    return allowed


def _arn(name: SecretName, ports: ProbePorts) -> str:
    found = next((arn for arn, known in ports.names.items() if known == name), None)
    if found is None:
        raise ForeignSecret(str(name))
    return found
