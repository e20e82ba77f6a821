"""Fixtures: an AWS account over moto, and the benches of the contract tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.adapters.account import Account
from tests.adapters.bench import AwsBench, Bench, MemoryBench, invented_topology


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty AWS account; its credentials are made up."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    made = Account()
    with mock_aws():
        yield made
    made.close()


@pytest.fixture
def aws(account: Account) -> AwsBench:
    """Two edges by rules, three lanes, DNS, a DMS task and a service, in AWS."""
    return AwsBench(account)


@pytest.fixture(params=["memory", "aws"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Two edges, three lanes, DNS, a DMS task and a service."""
    if request.param == "memory":
        return MemoryBench(invented_topology())
    return AwsBench(request.getfixturevalue("account"))


@pytest.fixture(params=["memory", "aws"])
def small(request: pytest.FixtureRequest) -> Bench:
    """One edge with two lanes, and nothing else."""
    if request.param == "memory":
        return MemoryBench(invented_topology(whole=False))
    return AwsBench(request.getfixturevalue("account"), whole=False)
