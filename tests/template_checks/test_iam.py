"""What is read of policies, in each form that they have; every exception is in use."""

from __future__ import annotations

from typing import Any

import pytest

from template_checks.iam import (
    identity_statements,
    known,
    resource_statements,
    services,
    takes_resource,
)
from template_checks.profiles import rendered
from template_checks.rules.permissions import OF_ANY_NAME, OF_AWS, ON_EVERYTHING
from template_checks.tree import Resource, Stack, Tree, texts
from tests.template_checks.break_them import whole

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def _tree(type_name: str, properties: dict[str, Any]) -> Tree:
    resource = Resource("Root", "Thing", type_name, properties)
    stack = Stack("Root", "template.yaml", {}, {"Thing": resource}, {})
    return Tree("dev", whole(), {"Root": stack})


@pytest.mark.parametrize("statement", [READ, [READ]], ids=["alone", "in a list"])
@pytest.mark.parametrize("type_name", ["Role", "User", "Group"])
def test_what_stands_inside_of_a_holder_is_read(type_name: str, statement: Any) -> None:
    policy = {"PolicyName": "read", "PolicyDocument": {"Statement": statement}}
    tree = _tree(f"AWS::IAM::{type_name}", {"Policies": [policy]})

    assert [READ] == [found for _, found in identity_statements(tree)]


@pytest.mark.parametrize(
    "type_name",
    ["ManagedPolicy", "Policy", "RolePolicy", "UserPolicy", "GroupPolicy"],
)
def test_every_kind_of_policy_is_read(type_name: str) -> None:
    tree = _tree(f"AWS::IAM::{type_name}", {"PolicyDocument": {"Statement": [READ]}})

    assert [READ] == [found for _, found in identity_statements(tree)]


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::SQS::QueuePolicy", {"PolicyDocument": {"Statement": READ}}),
        ("AWS::KMS::Key", {"KeyPolicy": {"Statement": [READ]}}),
        (
            "AWS::DynamoDB::Table",
            {"ResourcePolicy": {"PolicyDocument": {"Statement": [READ]}}},
        ),
        (
            "AWS::SecretsManager::ResourcePolicy",
            {"ResourcePolicy": {"Statement": [READ]}},
        ),
    ],
)
def test_policies_of_resources_are_read(
    type_name: str, properties: dict[str, Any]
) -> None:
    tree = _tree(type_name, properties)

    assert [READ] == [found for _, found in resource_statements(tree)]


def test_what_iam_knows_of_an_action() -> None:
    assert known("kms:Decrypt")
    assert not known("kms:Unlock")
    assert takes_resource("kms:Decrypt")
    assert not takes_resource("ecr:GetAuthorizationToken")
    assert {"kms"} == services("kms:Decrypt")


def test_every_exception_is_in_use() -> None:
    """One that is not would allow tomorrow what nobody thought of."""
    tree = rendered(whole(), "prod")
    said = " ".join(
        text
        for resource in tree.resources("AWS::IAM::Role", "AWS::IAM::ManagedPolicy")
        for text in texts(resource.properties)
    )

    assert [] == [name for name in (*ON_EVERYTHING, *OF_AWS) if name not in said]
    assert [] == [
        (id_, name)
        for id_, name in OF_ANY_NAME
        if not any(
            text.endswith(f":{name}")
            for resource in tree.resources()
            if resource.id == id_
            for text in texts(resource.properties)
        )
    ]


def test_every_function_and_task_has_a_role_that_the_rules_have_read() -> None:
    tree = rendered(whole(), "prod")
    read = {resource.id for resource, _ in identity_statements(tree)}
    roles = [
        tree.find(resource.get(place))
        for type_name, place in (
            ("AWS::Serverless::Function", "Role"),
            ("AWS::Serverless::StateMachine", "Role"),
            ("AWS::ECS::TaskDefinition", "TaskRoleArn"),
            ("AWS::ECS::TaskDefinition", "ExecutionRoleArn"),
        )
        for resource in tree.resources(type_name)
    ]

    assert roles
    assert set() == {role.id for role in roles if role} - read
    assert None not in roles
