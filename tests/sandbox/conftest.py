from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from shifter_sandbox.account import Account, account
from shifter_sandbox.build import build_system
from shifter_sandbox.system import System


@pytest.fixture
def aws() -> Iterator[Account]:
    with account(real_seconds=20) as opened:
        yield opened


@pytest.fixture
def system(aws: Account) -> System:
    """Two edges with a canary lane, and a DNS pair."""
    return build_system(aws, edges=2, canary=True)


def client(service: str, *, attempts: int = 3) -> Any:
    """A client as Shifter makes them: botocore's standard retries."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return boto3.client(service, config=Config(retries=retries))  # type: ignore[call-overload]
