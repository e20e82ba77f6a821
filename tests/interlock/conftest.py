"""Fixtures: an AWS account over moto, with the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.adapters.account import Account
from tests.adapters.fixtures_b import make_table


@pytest.fixture
def account() -> Iterator[Account]:
    """An AWS account with nothing in it but the table."""
    made = Account()
    with mock_aws():
        make_table(made.client("dynamodb"))
        yield made
    made.close()
