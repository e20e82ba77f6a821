"""Clients of AWS with an operator's own credentials.

Rules of this file
* Options mean what they mean to the AWS CLI, and so do its environment variables.
* The time is AWS's, from the Date header of its last answer: the clock of a laptop may
  be wrong, and that of a sandbox runs faster.
* Nothing here knows a secret: botocore keeps the credentials to itself.
* boto3 is imported inside, so that no other command waits for it.

AWS documentation: AWS CLI user guide, "Environment variables to configure the AWS CLI".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shifter.cli.errors import WrongCall

if TYPE_CHECKING:
    from boto3.session import Session

CONNECT_SECONDS = 5
READ_SECONDS = 65
"""`preflight` and `roll_back` end after 60 seconds."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says about whom to reach, and as who."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    environment: str | None = None


class Clients:
    """Makes clients when they are first needed, and remembers AWS's time."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._made: dict[str, Any] = {}
        self._told_at: datetime | None = None

    def of(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    @property
    def region(self) -> str:
        return str(self._session.region_name)

    @property
    def credentials(self) -> Any:
        """The credentials as botocore holds them; None if there are none."""
        return self._session.get_credentials()

    def now(self) -> datetime:
        """The time of AWS's last answer."""
        return self._told_at or datetime.now(UTC)

    def hear(self, headers: Mapping[str, str]) -> None:
        """Learn the time from the headers of an answer."""
        date = next((v for k, v in headers.items() if k.lower() == "date"), "")
        try:
            told = parsedate_to_datetime(date)
        except ValueError:
            return
        self._told_at = told.astimezone(UTC)

    @cached_property
    def _session(self) -> Session:
        from boto3.session import Session
        from botocore.exceptions import ConfigParseError, ProfileNotFound

        profile, region = self._options.profile, self._options.region
        try:
            session = Session(profile_name=profile, region_name=region)
        except ProfileNotFound as error:
            raise WrongCall(f"{error}: look at --profile and AWS_PROFILE") from None
        except ConfigParseError as error:
            raise WrongCall(
                f"{error}: mend it, or name another in AWS_CONFIG_FILE"
            ) from None
        if session.region_name is None:
            raise WrongCall("no region is known: give --region or set AWS_REGION")
        return session

    def _make(self, service: str) -> Any:
        from botocore.config import Config
        from botocore.exceptions import InvalidConfigError

        from shifter.adapters.failures import translated

        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        make: Any = self._session.client
        with translated("connect", service):
            try:
                client = make(
                    service, endpoint_url=self._options.endpoint_url, config=config
                )
                _check(client.meta.endpoint_url)
            except ValueError as error:
                raise WrongCall(
                    f"{error}: look at --endpoint-url, AWS_ENDPOINT_URL and --region"
                ) from None
            except InvalidConfigError as error:
                told = str(error).rstrip(".")
                raise WrongCall(f"{told}: look at --profile") from None
        client.meta.events.register("after-call", self._after_call)
        return client

    def _after_call(self, parsed: Mapping[str, Any], **_: Any) -> None:
        self.hear(parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}))


def _check(endpoint: str) -> None:
    """Find what botocore finds only when it sends.  Raises ValueError."""
    try:
        _ = urlsplit(endpoint).port
    except ValueError as error:
        raise ValueError(f"Invalid endpoint: {endpoint}: {error}") from None
