"""The two functions of the guard.

    begins   CloudFormation's custom resource: the first one of every deployment
    ends     EventBridge's rule on the root stack's last status

ENVIRONMENT   name of the environment, as in the lock

AWS documentation: AWS CloudFormation user guide, "CloudFormation custom resources".
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from deploy_guard import guard
from deploy_guard.order import BadRequest
from deploy_guard.world import AwsWorld, put

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 4},
)
_LOG = logging.getLogger("deploy_guard")
_LOG.setLevel(logging.INFO)


def begins(event: object, context: object) -> str:
    """Answer CloudFormation whether the deployment may begin.  Raises BadRequest."""
    del context
    if not isinstance(event, Mapping):
        raise BadRequest("event: it is no object: only CloudFormation may invoke this")
    told = guard.begins(event, _world(), put, datetime.now(UTC), time.sleep)
    _LOG.info("%s: %s", "yes" if told.done else "no", told.reason)
    return told.reason


def ends(event: object, context: object) -> str:
    """Free the lock when the root stack has come to its end."""
    del context
    told = guard.ended(_moment(event), _world())
    _LOG.info("%s", told.reason)
    return told.reason


def _moment(event: object) -> datetime:
    """When the status changed.  Raises BadRequest for an event without a time."""
    told = event.get("time") if isinstance(event, Mapping) else None
    try:
        at = datetime.fromisoformat(told if isinstance(told, str) else "")
    except ValueError:
        raise BadRequest("time: missing: only EventBridge may invoke this") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _world() -> AwsWorld:
    return AwsWorld(os.environ["ENVIRONMENT"], _client)


@cache
def _client(service: str) -> Any:
    """A client, kept from one call of a warm function to the next."""
    # boto3's own signature is an overload for each service by its literal name.
    make: Any = boto3.client
    return make(service, config=_CONFIG)


def forget_clients() -> None:
    """Make new clients from now on, for a process that changes accounts."""
    _client.cache_clear()
