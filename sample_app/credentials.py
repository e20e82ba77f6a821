"""Whose name and password the service logs in with, and how it learns of new ones.

ECS puts both into the environment when a task starts, and never again.  A task that may
read the secret itself outlives a rotation: it reads again when a login is refused.

AWS documentation: Amazon ECS developer guide, "Pass Secrets Manager secrets through
Amazon ECS environment variables" (a rotated secret needs a new task).
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sample_app.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Login:
    """A user of the database."""

    user: str
    password: str = field(repr=False)


class Credentials:
    """The login that is believed to work."""

    def __init__(self, login: Login, read: Callable[[], str] | None) -> None:
        """`read` gives the secret's text; None where the task may not read it."""
        self._login = login
        self._read = read
        self._lock = threading.Lock()

    @property
    def login(self) -> Login:
        return self._login

    @property
    def renewable(self) -> bool:
        """Whether there is another place to look after a refusal."""
        return self._read is not None

    def renew(self, refused: Login) -> Login:
        """The login to try after this one was refused; the same if there is no newer.

        Whoever comes while another reads gets what that one has read.
        """
        with self._lock:
            if self._login == refused and self._read is not None:
                self._login = _parsed(self._read) or self._login
            return self._login


def from_settings(settings: Settings) -> Credentials:
    """The credentials that the environment gives, with the secret behind them."""
    login = Login(settings.database_user, settings.database_password.get_secret_value())
    arn = settings.database_credentials_arn
    return Credentials(login, _reader(arn) if arn else None)


def _reader(arn: str) -> Callable[[], str]:
    make: Any = boto3.client
    # A login waits for it, so it is given up soon; the login asks again.
    patience = Config(
        connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1}
    )
    client = make("secretsmanager", config=patience)
    return lambda: str(client.get_secret_value(SecretId=arn)["SecretString"])


def _parsed(read: Callable[[], str]) -> Login | None:
    """What the secret says now; None when it cannot be read, which is logged."""
    try:
        secret = json.loads(read())
        return Login(str(secret["username"]), str(secret["password"]))
    except ClientError as error:
        why = str(error.response.get("Error", {}).get("Code"))
    except BotoCoreError as error:
        why = type(error).__name__
    except (ValueError, TypeError, KeyError):
        why = "it is not JSON with username and password"
    _log.warning("the secret cannot be read", extra={"fields": {"why": why}})
    return None
