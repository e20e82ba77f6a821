"""Ports: what the verbs need from the world, in our own words.

Adapters fit these protocols without inheriting from them; each has a twin in
`adapters/memory/`, and one set of contract tests runs over both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from interlock.lock import Holder
from rotation_hooks.core.credential import Account, Credential
from rotation_hooks.core.fence import State
from rotation_hooks.core.labels import Described
from rotation_hooks.core.notice import Notice
from rotation_hooks.core.progress import Progress
from rotation_hooks.core.readiness import LoginSeen
from rotation_hooks.core.roles import Role, SecretName, Side
from sql_files.rights import Rights


class Clock(Protocol):
    """The time, in UTC."""

    def now(self) -> datetime: ...

    def wait(self, seconds: float) -> None: ...


class Secrets(Protocol):
    """Secrets and their labels.  Every verb raises AwsError."""

    def describe(self, arn: str) -> Described: ...

    def value(self, arn: str, version: str) -> str | None:
        """What a version says; None when it says nothing yet."""

    def put_pending(self, arn: str, token: str, text: str) -> None:
        """Give the version its value, and the label AWSPENDING.

        The same text twice changes nothing; another text is refused.
        """

    def make_current(self, arn: str, token: str, instead_of: str | None) -> None:
        """Move AWSCURRENT to the version from the one that has it."""

    def drop_pending(self, arn: str, token: str) -> None:
        """Take AWSPENDING from the version, if it is there."""

    def resume(self, arn: str, token: str) -> None:
        """Ask Secrets Manager to rotate once more, with the same token."""


class Session(Protocol):
    """A login.  Every verb raises DatabaseError, and is over when it returns."""

    def change_own_password(self, password: str) -> None: ...

    def put_account(self, account: Account, password: str) -> None:
        """Let the account exist, log in with this password, and over TLS only."""

    def rights(self, account: Account) -> Rights:
        """What the account may do.  Raises Failed when nobody can tell."""

    def set_rights(self, account: Account, rights: Rights) -> None:
        """Let the account have these rights, and no others."""

    def state(self) -> State:
        """Whether this side's fence is open.  Raises Failed when nobody knows."""

    def hold_fence(self) -> AbstractContextManager[None]:
        """Keep everybody from moving the fence, so that what it says stays true."""

    def accounts(self) -> Mapping[str, Rights | None]:
        """Every account's rights, as `'user'@'host'`; None where nobody can tell."""

    def may_write(self) -> bool:
        """Tell whether a row can be written; what was written is rolled back."""

    def may_read(self) -> bool:
        """Tell whether the table to which `may_write` writes can be read."""


class Databases(Protocol):
    """The two databases."""

    def login(self, credential: Credential) -> AbstractContextManager[Session]:
        """Log in over TLS.  Raises LoginRefused, Unreachable or Untrusted."""


class Lock(Protocol):
    """The environment's lock, for the holder that a rotation is."""

    def take(self, arn: str, token: str, now: datetime) -> None:
        """Take the lock for ten minutes, or again.  Raises Busy."""

    def free(self, arn: str, token: str) -> None:
        """Free the lock, unless it is somebody else's by now."""

    def holder(self) -> Holder | None:
        """Who is written in the lock; a lease may have run out."""


class Prober(Protocol):
    """The function within the network.  Every verb raises AwsError or Misplaced."""

    def log_in(self, arn: str, label: str) -> LoginSeen:
        """What comes of a login with what a label of a secret says."""

    def unknown_writers(self, side: Side) -> Sequence[str]:
        """Accounts of a side that may write more than the templates say."""


class Tasks(Protocol):
    """Tasks that got a secret when they started.  Raises AwsError."""

    def oldest_start(self, name: SecretName) -> datetime | None:
        """When the oldest running one was started; None where there is none."""

    def deploy(self, name: SecretName, after: datetime) -> bool:
        """Let tasks older than this moment be replaced; tell whether all of them are.

        A deployment that is under way, and newer, is waited for and not repeated.
        """


@dataclass(frozen=True, slots=True)
class TaskSeen:
    """A task of replication."""

    status: str
    """As DMS calls it: running, stopped, and what lies between them."""
    started_at: datetime | None
    """When it was started or resumed."""


class Replication(Protocol):
    """The tasks of replication, and their logins.  Every verb raises AwsError."""

    def tasks(self, name: SecretName) -> Sequence[str]:
        """The tasks with an endpoint that reads this secret."""

    def test(self, name: SecretName) -> Sequence[bool]:
        """For each such endpoint, whether its login was seen to work.

        A test that is not under way is begun.  Raises Rejected when a login failed.
        """

    def look(self, task: str) -> TaskSeen: ...

    def stop(self, task: str) -> None: ...

    def resume(self, task: str) -> None:
        """Let a task go on where it stopped; it loads nothing again."""


class Policies(Protocol):
    """What the policies of secrets say.  Every verb raises AwsError."""

    def read(self, arn: str) -> str | None: ...

    def write(self, arn: str, policy: str | None) -> None:
        """Let the policy be this one; None: let there be none."""


class Notifier(Protocol):
    """People, and whoever else listens.  Raises AwsError."""

    def tell(self, notice: Notice) -> None: ...


class Rotations(Protocol):
    """What is remembered of rotations.  Every verb raises AwsError."""

    def load(self, arn: str, version: str) -> Progress | None: ...

    def save(self, progress: Progress) -> None:
        """Save an item whose revision is one more than the stored one.

        Raises Conflict when somebody else was faster.
        """

    def unfinished(self, arn: str) -> Sequence[Progress]:
        """The items of a secret that are not over, oldest first."""

    def flag(self, arn: str) -> str | None:
        """Why the secret keeps cutovers from beginning; None when it does not."""

    def block(self, arn: str, reason: str, now: datetime) -> None: ...

    def unblock(self, arn: str) -> None: ...


class Passwords(Protocol):
    """New passwords."""

    def new(self) -> str: ...


class Known(Protocol):
    """What every function has."""

    @property
    def clock(self) -> Clock: ...

    @property
    def secrets(self) -> Secrets: ...

    @property
    def names(self) -> Mapping[str, SecretName]:
        """What each secret is for, by its ARN."""


class Inside(Known, Protocol):
    """What a function within the network has."""

    @property
    def databases(self) -> Databases: ...

    @property
    def templates(self) -> Mapping[tuple[Role, State], Rights]:
        """What users of a role may do, while their side is in a state."""


class ProbePorts(Inside, Protocol):
    """Everything that the login probe needs."""

    @property
    def declared_writers(self) -> frozenset[str]:
        """Accounts of somebody else's that may write, as `'user'@'host'`."""


class Ports(Inside, Protocol):
    """Everything that a rotation needs."""

    @property
    def lock(self) -> Lock: ...

    @property
    def passwords(self) -> Passwords: ...


class OutsidePorts(Known, Protocol):
    """Everything that is needed outside of the network."""

    @property
    def prober(self) -> Prober: ...

    @property
    def tasks(self) -> Tasks: ...

    @property
    def rotations(self) -> Rotations: ...

    @property
    def lock(self) -> Lock: ...

    @property
    def replication(self) -> Replication: ...

    @property
    def notifier(self) -> Notifier: ...

    @property
    def policies(self) -> Policies: ...

    @property
    def hosted_roles(self) -> Mapping[str, str]:
        """The role of the hosted rotation, by the ARN of its secret."""
