"""What every template of the house keeps to, on each of its resources."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.infra.template import leaves, load, named, properties, resources

AUTOMATION = "infra/automation.yaml"
TEMPLATES = ("template.yaml", "infra/guard.yaml", AUTOMATION)
TAGS = {name: {"Ref": name} for name in ("Environment", "Project", "CostCenter")}
UNTAGGABLE = {
    "AWS::CloudFormation::CustomResource",
    "AWS::IAM::ManagedPolicy",
    "AWS::KMS::Alias",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
STATEFUL = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup"}
KEY_OF = {
    "AWS::DynamoDB::Table": ("TableKey", "SSESpecification", "KMSMasterKeyId"),
    "AWS::Events::EventBus": ("MessagesKey", "KmsKeyIdentifier"),
    "AWS::Logs::LogGroup": ("FunctionsKey", "KmsKeyId"),
    "AWS::SNS::Topic": ("MessagesKey", "KmsMasterKeyId"),
    "AWS::SQS::Queue": ("MessagesKey", "KmsMasterKeyId"),
}


def _tags(found: Any) -> dict[str, Any]:
    """Tags, in whichever shape a type wants them."""
    if isinstance(found, list):
        return {tag["Key"]: tag["Value"] for tag in found}
    return dict(found or {})


@pytest.mark.parametrize("path", TEMPLATES)
def test_whatever_can_be_tagged_is(path: str) -> None:
    everywhere = load(path).get("Globals", {}).get("Function", {}).get("Tags")
    for name, found in resources(path).items():
        if found["Type"] in UNTAGGABLE:
            continue
        own = found["Properties"].get("Tags")
        if found["Type"] == "AWS::Serverless::Function":
            own = own or everywhere
        assert TAGS == _tags(own), name


def test_a_stack_can_go_and_what_it_knew_stays() -> None:
    for name, found in resources(AUTOMATION, *STATEFUL).items():
        kept = (found.get("DeletionPolicy"), found.get("UpdateReplacePolicy"))
        assert ("Retain", "Retain") == kept, name


def test_what_lies_around_is_encrypted_with_a_key_of_the_account() -> None:
    """The state machine is not: docs/decisions tells why."""
    for type_, (key, *way) in KEY_OF.items():
        for name, found in properties(AUTOMATION, type_).items():
            value: Any = found
            for step in way:
                value = value[step]
            assert key == named(value), name
    functions = load(AUTOMATION)["Globals"]["Function"]
    assert "FunctionsKey" == named(functions["KmsKeyArn"])


def test_keys_are_rotated_and_take_a_month_to_die() -> None:
    keys = properties(AUTOMATION, "AWS::KMS::Key")

    assert {"TableKey", "MessagesKey", "FunctionsKey"} == set(keys)
    assert {(True, 30)} == {
        (key["EnableKeyRotation"], key["PendingWindowInDays"]) for key in keys.values()
    }


def test_a_service_may_use_a_key_only_for_this_account() -> None:
    for name, key in properties(AUTOMATION, "AWS::KMS::Key").items():
        for statement in key["KeyPolicy"]["Statement"]:
            if "Service" in statement["Principal"]:
                condition = str(statement["Condition"])
                assert "AWS::AccountId" in condition, (name, statement["Sid"])


def test_alarms_may_use_the_key_of_the_topic_that_they_tell() -> None:
    """Without it they tell nobody, and no error says so."""
    key = properties(AUTOMATION, "AWS::KMS::Key")["MessagesKey"]
    services = {
        statement["Principal"].get("Service")
        for statement in key["KeyPolicy"]["Statement"]
        if statement["Effect"] == "Allow"
    }

    assert {"cloudwatch.amazonaws.com", "events.amazonaws.com"} <= services


def test_each_function_has_its_log_group_and_each_log_group_its_function() -> None:
    groups = {
        name: found["LogGroupName"]["Fn::Sub"]
        for name, found in properties(AUTOMATION, "AWS::Logs::LogGroup").items()
    }
    functions = properties(AUTOMATION, "AWS::Serverless::Function")
    expected = {
        named(found["LoggingConfig"]["LogGroup"]): "/aws/lambda/"
        + found["FunctionName"]["Fn::Sub"]
        for found in functions.values()
    }
    machine = "/aws/vendedlogs/states/${Environment}-shifter"

    assert {**expected, "StateMachineLogs": machine} == groups
    assert {name.replace("Function", "Logs") for name in functions} == set(expected)


def test_each_log_group_forgets_when_it_is_told_to() -> None:
    assert all(
        {"Ref": "LogRetentionDays"} == found["RetentionInDays"]
        for found in properties(AUTOMATION, "AWS::Logs::LogGroup").values()
    )
    assert 365 == load(AUTOMATION)["Parameters"]["LogRetentionDays"]["Default"]


def test_the_table_can_be_brought_back_and_not_be_deleted_by_mistake() -> None:
    table = properties(AUTOMATION, "AWS::DynamoDB::Table")["Table"]

    assert (True, True, "PAY_PER_REQUEST") == (
        table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        table["DeletionProtectionEnabled"],
        table["BillingMode"],
    )


def test_each_alarm_says_what_it_means_and_tells_somebody() -> None:
    for name, alarm in properties(AUTOMATION, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmDescription"].endswith("."), name
        assert alarm["TreatMissingData"] in {"breaching", "notBreaching"}, name
        assert [{"Ref": "NoticeTopic"}] == alarm["AlarmActions"], name


def test_the_errors_of_every_function_are_watched() -> None:
    alarms = properties(AUTOMATION, "AWS::CloudWatch::Alarm")
    watched = {
        dimension["Value"]["Ref"]
        for alarm in alarms.values()
        for metric in alarm.get("Metrics", ())
        if "MetricStat" in metric
        for dimension in metric["MetricStat"]["Metric"]["Dimensions"]
        if metric["MetricStat"]["Metric"]["MetricName"] == "Errors"
    }

    assert set(properties(AUTOMATION, "AWS::Serverless::Function")) == watched


@pytest.mark.parametrize("path", TEMPLATES)
def test_every_parameter_is_described_and_used(path: str) -> None:
    template = load(path)
    body = {k: v for k, v in template.items() if k != "Parameters"}
    used = {str(v) for way, v in leaves(body) if way.endswith("/Ref")}
    used |= {
        word
        for _, value in leaves(body)
        for word in re.findall(r"\$\{(\w+)\}", str(value))
    }

    assert set(template["Parameters"]) <= used
    assert all(p["Description"].endswith(".") for p in template["Parameters"].values())


@pytest.mark.parametrize("path", ["template.yaml", AUTOMATION])
def test_every_output_is_described(path: str) -> None:
    outputs = load(path).get("Outputs", {})

    assert outputs
    assert all(output["Description"].endswith(".") for output in outputs.values())


@pytest.mark.parametrize("path", TEMPLATES)
def test_no_account_and_no_region_is_written_into_a_template(path: str) -> None:
    text = " ".join(str(value) for _, value in leaves(load(path)))

    assert [] == re.findall(r"\b\d{12}\b|\b(?:eu|us|ap)-[a-z]+-\d\b|arn:aws:", text)
