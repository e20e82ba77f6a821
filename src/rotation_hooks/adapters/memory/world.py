"""Secrets, two databases and the lock in one process.

The twins keep the promises of the ports; the contract tests hold them to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from interlock.lock import Holder, HolderName, may_take
from rotation_hooks.adapters.lock import LEASE
from rotation_hooks.core.credential import Account, Credential
from rotation_hooks.core.errors import (
    WRONG_PASSWORD,
    Busy,
    Failed,
    LoginRefused,
    Rejected,
)
from rotation_hooks.core.fence import State
from rotation_hooks.core.labels import CURRENT, PENDING, PREVIOUS, Described
from sql_files.rights import Right, Rights

_PROBE = "`shifter`.`rotation_probe`"


class MemorySecrets:
    """Fits `ports.Secrets`."""

    def __init__(self) -> None:
        self.labels: dict[str, dict[str, set[str]]] = {}
        self.values: dict[tuple[str, str], str] = {}
        self.enabled: dict[str, bool] = {}
        self.resumed: list[tuple[str, str]] = []

    def add(self, arn: str, version: str, text: str) -> None:
        """A new secret, whose rotation is switched on."""
        self.labels[arn] = {version: {CURRENT}}
        self.values[arn, version] = text
        self.enabled[arn] = True

    def start_rotation(self, arn: str, token: str) -> None:
        """What Secrets Manager does before the first step: an empty pending version."""
        labels = self._copied(arn)
        for others in labels.values():
            others.discard(PENDING)
        labels.setdefault(token, set()).add(PENDING)
        self.labels[arn] = labels

    def describe(self, arn: str) -> Described:
        versions = self.labels[arn].items()
        return Described(
            self.enabled[arn],
            {version: frozenset(labels) for version, labels in versions if labels},
        )

    def value(self, arn: str, version: str) -> str | None:
        return self.values.get((arn, version))

    def put_pending(self, arn: str, token: str, text: str) -> None:
        if self.values.setdefault((arn, token), text) != text:
            raise Rejected("PutSecretValue", arn, "the version has another value")
        self.start_rotation(arn, token)

    def make_current(self, arn: str, token: str, instead_of: str | None) -> None:
        labels = self._copied(arn)
        if instead_of is not None:
            if CURRENT not in labels[instead_of]:
                raise Rejected("UpdateSecretVersionStage", arn, "not that version's")
            for others in labels.values():
                others.discard(PREVIOUS)
            labels[instead_of].discard(CURRENT)
            labels[instead_of].add(PREVIOUS)
        labels[token].discard(PREVIOUS)
        labels[token].add(CURRENT)
        self.labels[arn] = labels

    def _copied(self, arn: str) -> dict[str, set[str]]:
        """Labels move all at once, whoever looks on meanwhile."""
        return {version: set(has) for version, has in self.labels[arn].items()}

    def resume(self, arn: str, token: str) -> None:
        if token not in self.labels[arn]:
            raise Rejected("RotateSecret", arn, "there is no such version")
        self.resumed.append((arn, token))

    def drop_pending(self, arn: str, token: str) -> None:
        self.labels[arn].get(token, set()).discard(PENDING)


@dataclass
class Server:
    """One database: accounts with passwords and rights, and its fence."""

    passwords: dict[Account, str] = field(default_factory=dict)
    has: dict[Account, Rights] = field(default_factory=dict)
    fence: State | None = State.OPEN
    fence_held: bool = False


class MemorySession:
    """Fits `ports.Session`."""

    def __init__(self, server: Server, credential: Credential) -> None:
        self._server = server
        self._me = credential.account
        self._where = credential.where

    def change_own_password(self, password: str) -> None:
        self._server.passwords[self._me] = password

    def put_account(self, account: Account, password: str) -> None:
        self._server.passwords[account] = password
        self._server.has.setdefault(account, frozenset())

    def rights(self, account: Account) -> Rights:
        return self._server.has[account]

    def set_rights(self, account: Account, rights: Rights) -> None:
        self._server.has[account] = rights

    def accounts(self) -> Mapping[str, Rights | None]:
        return {account.grantee: rights for account, rights in self._server.has.items()}

    def state(self) -> State:
        if self._server.fence is None:
            raise Failed(self._where, "shifter.fence has no row: run the bootstrap")
        return self._server.fence

    @contextmanager
    def hold_fence(self) -> Iterator[None]:
        if self._server.fence_held:
            raise Failed(self._where, "the fence is moving: try again")
        self._server.fence_held = True
        try:
            yield
        finally:
            self._server.fence_held = False

    def may_write(self) -> bool:
        return Right(_PROBE, "INSERT") in self._server.has.get(self._me, ())

    def may_read(self) -> bool:
        return Right(_PROBE, "SELECT") in self._server.has.get(self._me, ())


class MemoryDatabases:
    """Fits `ports.Databases`: a server for each host."""

    session: ClassVar[type[MemorySession]] = MemorySession

    def __init__(self) -> None:
        self.servers: dict[str, Server] = {}

    @contextmanager
    def login(self, credential: Credential) -> Iterator[MemorySession]:
        server = self.servers[credential.host]
        password = credential.password.get_secret_value()
        if server.passwords.get(credential.account) != password:
            raise LoginRefused(credential.where, "the login is refused", WRONG_PASSWORD)
        yield self.session(server, credential)


class MemoryLock:
    """Fits `ports.Lock`."""

    def __init__(self) -> None:
        self.held: Holder | None = None

    def take(self, arn: str, token: str, now: datetime) -> None:
        mine = HolderName.rotation(arn, token)
        if not may_take(self.held, mine, now):
            assert self.held is not None  # noqa: S101  may_take allows a free lock
            raise Busy(f"it is held by {self.held.holder}: nothing was changed")
        self.held = Holder(str(mine), now, now + LEASE)

    def free(self, arn: str, token: str) -> None:
        mine = str(HolderName.rotation(arn, token))
        if self.held is not None and self.held.holder == mine:
            self.held = None

    def holder(self) -> Holder | None:
        return self.held
