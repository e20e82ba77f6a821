"""What a function may do, as its role says, and what it does, as its calls show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import boto3

from shifter.wiring import forget_clients
from shifter_sandbox.functions import running_function
from tests.infra.template import listed, named, properties

AUTOMATION = "infra/automation.yaml"

# What IAM calls a service that botocore calls otherwise.
_PREFIXES = {"elbv2": "elasticloadbalancing", "stepfunctions": "states"}
# What IAM calls an operation that its API calls otherwise.
_ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
_IN_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is allowed."""

    action: str
    resources: tuple[Any, ...]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def allows_key(self, key: str) -> bool:
        """Tell whether an item of the table may be touched by its partition key."""
        patterns = [
            pattern["Fn::Sub"] if isinstance(pattern, dict) else pattern
            for test in self.conditions.values()
            for pattern in listed(test.get("dynamodb:LeadingKeys", []))
        ]
        return any(
            fnmatchcase(key, pattern.replace("${Environment}", "payments-prod"))
            for pattern in patterns
        )


def statements(role: str, path: str = AUTOMATION) -> list[Statement]:
    """Everything that a role allows; without a path, one of the automation."""
    found = properties(path, "AWS::IAM::Role")[role]
    policies = properties(path, "AWS::IAM::ManagedPolicy")
    documents = [policy["PolicyDocument"] for policy in found.get("Policies", ())]
    documents += [
        policies[named(policy)]["PolicyDocument"]
        for policy in found.get("ManagedPolicyArns", ())
    ]
    return [
        Statement(
            action,
            tuple(listed(statement["Resource"])),
            statement.get("Condition", {}),
        )
        for document in documents
        for statement in document["Statement"]
        for action in listed(statement["Action"])
    ]


class Calls:
    """The calls of the functions that ran, as IAM sees them."""

    def __init__(self) -> None:
        self.actions: dict[str, set[str]] = {}
        """Actions by function."""
        self.keys: dict[str, set[tuple[str, str]]] = {}
        """Actions on items and parameters, with their keys and names, by function."""

    def add(self, others: Calls) -> None:
        """Take over what others noted."""
        for function, actions in others.actions.items():
            self.actions.setdefault(function, set()).update(actions)
        for function, keys in others.keys.items():
            self.keys.setdefault(function, set()).update(keys)

    def take(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """Note a call that is about to be made."""
        function = running_function()
        if not function:
            return
        service = model.service_model.service_name
        prefix = _PREFIXES.get(service, service)
        for operation, key in _seen(model.name, params):
            action = f"{prefix}:{operation}"
            action = _ACTIONS.get(action, action)
            self.actions.setdefault(function, set()).add(action)
            if key:
                self.keys.setdefault(function, set()).add((action, key))


def _seen(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The operation as IAM has it, with the partition key or the parameter's name."""
    if operation == "TransactWriteItems":
        for change in params["TransactItems"]:
            [(verb, detail)] = change.items()
            item = detail.get("Key") or detail["Item"]
            yield _IN_A_TRANSACTION[verb], item["pk"]["S"]
    elif operation == "Query":
        yield operation, params["ExpressionAttributeValues"][":pk"]["S"]
    elif operation == "GetParameter":
        yield operation, params["Name"]
    else:
        yield operation, params.get("Key", {}).get("pk", {}).get("S", "")


@contextmanager
def recorded() -> Iterator[Calls]:
    """Record the calls of all clients that are made inside the context.

    For the account that is open: it has a session of its own, which ends with it.
    """
    calls = Calls()
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("provide-client-params", calls.take)
    forget_clients()
    yield calls
    forget_clients()
