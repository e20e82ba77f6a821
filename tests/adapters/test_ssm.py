"""The topology comes from its parameter, or an error says how to mend it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shifter.adapters.ssm import load_topology
from shifter.core.errors import Denied, NotReady, Problem, Throttled
from tests.adapters.account import Account
from tests.adapters.bench import invented_topology

NAME = "/shifter/riverbank/topology"


def write(account: Account, value: str) -> None:
    account.client("ssm").put_parameter(
        Name=NAME, Type="String", Value=value, Tier="Advanced"
    )


def document(**changes: Any) -> str:
    return json.dumps(invented_topology().model_dump(mode="json") | changes)


def problems(account: Account) -> tuple[Problem, ...]:
    with pytest.raises(NotReady) as error:
        load_topology(account.client("ssm"), NAME)
    return error.value.problems


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_written_is_what_is_loaded(account: Account, whole: bool) -> None:
    topology = invented_topology(whole=whole)
    write(account, topology.model_dump_json())

    assert load_topology(account.client("ssm"), NAME) == topology


def test_a_parameter_that_is_missing_is_one_sentence(account: Account) -> None:
    [problem] = problems(account)

    assert str(problem) == (
        "topology: /shifter/riverbank/topology: "
        "no such parameter: deploy or write it first"
    )


def test_each_field_that_is_wrong_is_named_with_its_remedy(account: Account) -> None:
    write(account, document(environment="river bank", database="both", mood="wet"))

    told = {problem.field: problem for problem in problems(account)}

    assert told.keys() == {
        "topology.environment",
        "topology.database",
        "topology.mood",
    }
    assert str(told["topology.database"]) == (
        "topology.database: 'both': write 'none' or 'fenced'"
    )


def test_a_field_deep_inside_is_named_by_its_path(account: Account) -> None:
    edges = json.loads(document())["edges"]
    edges[1]["probe_url"] = "ftp://river"
    write(account, document(edges=edges))

    [problem] = problems(account)

    assert problem.field == "topology.edges.1.probe_url"
    assert problem.value == "'ftp://river'"


def test_parts_that_do_not_fit_together_are_told_in_our_words(
    account: Account,
) -> None:
    edges = json.loads(document())["edges"]
    write(account, document(edges=[edges[1]], dns=None))

    [problem] = problems(account)

    assert problem.field == "topology"
    assert problem.remedy == (
        "edges are named edge-1 and edge-2, in this order; found ['edge-2']"
    )


@pytest.mark.parametrize("value", ["{", "[]", "null", "river"])
def test_what_is_no_topology_at_all_is_one_sentence(
    account: Account, value: str
) -> None:
    write(account, value)

    [problem] = problems(account)

    assert problem.field == "topology"


def test_a_long_value_is_cut(account: Account) -> None:
    write(account, document(environment="x" * 500))

    [problem] = problems(account)

    assert problem.value == f"'{'x' * 80}'…"


def test_a_parameter_that_may_not_be_read_is_no_wrong_topology(
    account: Account,
) -> None:
    write(account, document())
    account.refuse("ssm", "GetParameter", "AccessDeniedException")

    with pytest.raises(Denied, match=f"GetParameter on {NAME}"):
        load_topology(account.client("ssm"), NAME)


def test_a_busy_parameter_store_is_no_wrong_topology(account: Account) -> None:
    write(account, document())
    account.refuse("ssm", "GetParameter")

    with pytest.raises(Throttled):
        load_topology(account.client("ssm"), NAME)
