"""Rotation: passwords with their schedules, and the guard that is asked about them.

The guard is a deployable of its own, of which the sandbox knows the form of the answer
alone; a test holds both forms together.  Here it answers from a few secrets that people
and stories can change: when each is rotated next, and what else is in the way.

`RotateSecret` begins a rotation; who uses the password has followed some minutes later.

AWS documentation: Secrets Manager API, `RotateSecret` (an error while another rotation
of the secret is under way).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.moto_api._internal import mock_random

from shifter.core.topology import RotationHooks
from shifter_sandbox.clock import VirtualClock
from shifter_sandbox.functions import Functions
from shifter_sandbox.gateway import Gateway
from shifter_sandbox.wire import Refused

EVERY = timedelta(days=30)
LASTS = timedelta(minutes=1)
"""From the begin of a rotation until its version is current."""
FOLLOWED = timedelta(minutes=3)
"""From the begin of a rotation until a login was verified after it."""
AFTERWARDS = timedelta(hours=2)
GUARD = "RotationGuard"
NAMES = ("blue/app", "blue/dms", "green/app", "green/dms")


@dataclass
class Secret:
    """One secret, and its rotations."""

    name: str
    arn: str
    current: str
    rotated_at: datetime
    ends: datetime
    """By when it is rotated next, from an hour before."""
    counts_from_the_last: bool = True
    failed: str | None = None
    under_way: tuple[str, datetime] | None = None
    """The version that a rotation makes, and when it began."""
    stage: str = "VERIFIED"

    @property
    def begins(self) -> datetime:
        return self.ends - timedelta(hours=1)

    def look(self, now: datetime) -> None:
        """Let a rotation that is under way come as far as it has by now."""
        if self.under_way is None or self.failed is not None:
            return
        version, began = self.under_way
        if self.current != version and now >= began + LASTS:
            self.current, self.rotated_at, self.stage = version, now, "CURRENT"
            if self.counts_from_the_last:
                self.ends = now + EVERY
        if now >= began + FOLLOWED:
            self.stage, self.under_way = "VERIFIED", None

    def described(self) -> dict[str, Any]:
        """As the guard tells it."""
        pending = self.under_way[0] if self.under_way else self.current
        return {
            "secret": self.name,
            "arn": self.arn,
            "current": self.current,
            "rotated_at": _time(self.rotated_at),
            "begins_at": _time(self.begins),
            "ends_at": _time(self.ends),
            "counts_from_the_last": self.counts_from_the_last,
            "half_rotated": None if pending == self.current else pending,
            "stage": self.stage,
            "failed": self.failed,
            "login": "works",
        }


@dataclass
class Rotations:
    """The secrets of an environment, and their guard."""

    clock: VirtualClock
    guard: str
    """The guard's ARN, with its alias."""
    secrets: dict[str, Secret]
    """By what each is for: blue/app."""
    kept_out: bool = False
    """Whether rotations that AWS hosts are kept out."""
    broken: str = ""
    """Why the guard fails, if it does."""
    orders: list[Mapping[str, Any]] = field(default_factory=list)
    """What the guard was asked, in order."""

    @property
    def hooks(self) -> RotationHooks:
        """As the topology names them."""
        return RotationHooks(guard=self.guard)

    def fall_due(self, name: str, after: timedelta) -> None:
        """Let a secret be rotated next some time from now."""
        self.secrets[name].ends = self.clock.now() + after

    def rotate(self, name: str) -> str:
        """Begin a rotation; return the version that it makes."""
        secret, now = self.secrets[name], self.clock.now()
        secret.look(now)
        if secret.under_way is not None:
            raise Refused(
                "InvalidRequestException",
                "A previous rotation isn't complete: it will be reattempted.",
            )
        version = str(mock_random.uuid4())
        secret.under_way = version, now
        return version

    def answer(self, event: Any, context: object) -> Any:
        """The function `guard`."""
        del context
        self.orders.append(event)
        if self.broken:
            raise RuntimeError(self.broken)
        if event["action"] == "release":
            self.kept_out = False
            return {"followed": {}}
        told = self._judged(timedelta(seconds=event["window_s"]))
        if event["action"] == "prepare":
            self.kept_out = told["ok"]
            return told
        return {**told, "secrets": [s.described() for s in self.secrets.values()]}

    def rotate_secret(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Secrets Manager's `RotateSecret`."""
        for secret in self.secrets.values():
            if parameters["SecretId"] == secret.arn:
                version = self.rotate(secret.name)
                return {"ARN": secret.arn, "Name": secret.name, "VersionId": version}
        raise Refused(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.",
        )

    def _judged(self, window: timedelta) -> dict[str, Any]:
        now = self.clock.now()
        for secret in self.secrets.values():
            secret.look(now)
        due = [s for s in self.secrets.values() if s.begins <= now + window]
        reasons = [
            _reason("ROTATION_DUE", s, f"a rotation may begin at {_time(s.begins)}")
            for s in due
        ]
        for secret in self.secrets.values():
            if secret.under_way is not None:
                reasons.append(_reason("ROTATION_PENDING", secret, "wait for its end"))
            if secret.failed is not None:
                reasons.append(_reason("LAST_ROTATION_FAILED", secret, secret.failed))
        return {
            "ok": not reasons,
            "reasons": reasons,
            "rotate_first": [s.name for s in due if s.counts_from_the_last],
            "move_window": _time(max(s.ends for s in due) + AFTERWARDS)
            if due
            else None,
        }


def build_rotations(
    clock: VirtualClock, gateway: Gateway, functions: Functions, *, prefix: str
) -> Rotations:
    """Secrets that were rotated yesterday, and their guard.

    Every ARN begins with `prefix`.
    """
    now = clock.now()
    yesterday = now - timedelta(days=1)
    secrets = {
        name: Secret(
            name=name,
            arn=f"{prefix}:secret:{name}-{number:06d}",
            current=str(mock_random.uuid4()),
            rotated_at=yesterday,
            ends=yesterday + EVERY,
        )
        for number, name in enumerate(NAMES, start=1)
    }
    made = Rotations(clock=clock, guard="", secrets=secrets)
    made.guard = f"{functions.add(GUARD, made.answer, timeout=60)}:live"
    gateway.answer("secretsmanager.RotateSecret", made.rotate_secret)
    return made


def _reason(code: str, secret: Secret, detail: str) -> dict[str, str]:
    return {"code": code, "secret": secret.name, "detail": detail}


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
