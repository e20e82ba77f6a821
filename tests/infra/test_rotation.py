"""The stack of the rotation hooks and their code agree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rotation_hooks.handlers
from rotation_hooks.core.news import NATIVE, TRAIL, understood
from rotation_hooks.engine.replication import MOST_POLLS, POLL_S
from rotation_hooks.settings import OutsideSettings, Settings
from shifter.core.topology import RotationHooks
from shifter.settings import FOR_LIBRARIES
from tests.infra.template import ROOT, load, named, properties, resources

ROTATION = "infra/rotation.yaml"
INSIDE = {"RotateFunction", "ProbeFunction"}
"""What opens a database."""
SECRETS = {
    f"{side}{role}SecretArn"
    for side in ("Blue", "Green")
    for role in ("Master", "App", "Dms", "Fence")
}


def _functions() -> dict[str, dict[str, Any]]:
    return properties(ROTATION, "AWS::Serverless::Function")


def _variables() -> dict[str, Any]:
    found: dict[str, Any] = load(ROTATION)["Globals"]["Function"]["Environment"]
    return dict(found["Variables"])


def _events() -> Mapping[str, tuple[str, dict[str, Any]]]:
    """Every event, with the function that it invokes."""
    return {
        name: (function, event["Properties"])
        for function, found in _functions().items()
        for name, event in found.get("Events", {}).items()
    }


def test_each_handler_has_its_function_and_each_function_its_handler() -> None:
    [folder] = rotation_hooks.handlers.__path__
    modules = {
        f"rotation_hooks.handlers.{path.stem}.handler"
        for path in Path(folder).glob("*.py")
        if "\ndef handler(" in path.read_text("utf-8")
    }

    assert modules == {found["Handler"] for found in _functions().values()}


def test_only_what_opens_a_database_stands_in_the_network() -> None:
    assert INSIDE == {
        name for name, found in _functions().items() if "VpcConfig" in found
    }


def test_each_setting_has_its_variable_and_each_variable_its_setting() -> None:
    ours = {
        name.upper()
        for form in (Settings, OutsideSettings)
        for name in form.model_fields
    }

    assert ours | FOR_LIBRARIES.keys() == _variables().keys()
    assert all("Environment" not in found for found in _functions().values())


def test_what_the_template_writes_is_what_the_settings_read() -> None:
    """With every reference replaced by something of its form."""
    written = {name: _filled(value) for name, value in _variables().items()}

    inside = Settings.from_environment(written)
    outside = OutsideSettings.from_environment(written)

    assert 8 == len(inside.secrets) == len(outside.hosted_functions)
    assert {"blue/app": 2, "green/app": 1} == {
        str(name): len(of) for name, of in outside.services.items()
    }
    assert 2 == len(outside.replication_tasks)
    assert "payments-rotate-blue-dms" in outside.hosted_functions.values()


def test_the_hosted_functions_are_those_that_the_databases_have() -> None:
    outside = OutsideSettings.from_environment(
        {name: _filled(value) for name, value in _variables().items()}
    )
    schedules = properties(
        "infra/database.yaml", "AWS::SecretsManager::RotationSchedule"
    )

    assert set(outside.hosted_functions.values()) == {
        _filled(found["HostedRotationLambda"]["RotationLambdaName"])
        for found in schedules.values()
    }


def test_both_ways_to_rotate_have_the_same_days() -> None:
    """Blue and green a week apart, so that a cutover finds days without any."""
    hosted = properties("infra/database.yaml", "AWS::SecretsManager::RotationSchedule")
    guarded = properties(ROTATION, "AWS::SecretsManager::RotationSchedule")

    assert {name: found["RotationRules"] for name, found in hosted.items()} == {
        name: found["RotationRules"] for name, found in guarded.items()
    }


def test_a_schedule_that_goes_leaves_the_one_that_follows_it_switched_on() -> None:
    """Its deletion would cancel the rotation of the secret, whoever rotates it."""
    for path in ("infra/database.yaml", ROTATION):
        for found in resources(path, "AWS::SecretsManager::RotationSchedule").values():
            assert {"Retain"} == {found["DeletionPolicy"], found["UpdateReplacePolicy"]}


def test_the_guard_is_where_the_topology_says() -> None:
    root = (ROOT / "template.yaml").read_text("utf-8")
    name = _functions()["GuardFunction"]["FunctionName"]["Fn::Sub"]
    alias = load(ROTATION)["Globals"]["Function"]["AutoPublishAlias"]
    arn = f"function:{name}:{alias}"

    assert arn in root
    RotationHooks(guard=f"arn:aws:lambda:eu-west-1:123456789012:{arn}")


def test_hear_is_told_of_labels_and_of_what_the_trail_says_and_of_no_call() -> None:
    """The call RotateSecret comes before the database has changed."""
    (labels_to, labels), (trail_to, trail) = _events()["Labels"], _events()["Trail"]

    assert {"HearFunction"} == {labels_to, trail_to}
    assert ([NATIVE], [TRAIL]) == (
        labels["Pattern"]["detail-type"],
        trail["Pattern"]["detail-type"],
    )
    for secrets in (
        labels["Pattern"]["resources"],
        trail["Pattern"]["detail"]["additionalEventData"]["SecretId"],
    ):
        assert SECRETS == {secret["Ref"] for secret in secrets}


def test_whatever_the_rules_let_through_is_news() -> None:
    """Of the events that are shown here all come through but those without news."""
    trail = _events()["Trail"][1]["Pattern"]["detail"]["eventName"]
    for path in sorted((ROOT / "events/rotation").glob("hear_*.json")):
        event = json.loads(path.read_text("utf-8"))
        detail = event["detail"]
        passes = (
            detail["labelUpdated"] == "AWSCURRENT"
            if event["detail-type"] == NATIVE
            else detail["eventName"] in trail
        )
        assert passes is (understood(event) is not None), path.name


def test_reconcile_looks_every_five_minutes_and_is_missed_when_it_does_not() -> None:
    function, event = _events()["FiveMinutes"]
    alarm = properties(ROTATION, "AWS::CloudWatch::Alarm")["HeartbeatAlarm"]

    assert ("ReconcileFunction", "rate(5 minutes)") == (function, event["Schedule"])
    assert ("breaching", 300, "ReconcileFunction") == (
        alarm["TreatMissingData"],
        alarm["Period"],
        named(alarm["Dimensions"][0]["Value"]),
    )


def test_who_waits_for_replication_has_twice_the_time_for_it() -> None:
    """Between two looks there are calls; cut off, it would count as a failure."""
    for name in ("GuardFunction", "HearFunction", "ReconcileFunction"):
        assert 2 * POLL_S * MOST_POLLS <= _functions()[name]["Timeout"]


def test_a_look_that_waits_for_the_one_before_is_not_given_up() -> None:
    """One at a time: AWS Lambda tries what it throttled again, five minutes apart."""
    reconcile = _functions()["ReconcileFunction"]

    assert 1 == reconcile["ReservedConcurrentExecutions"]
    assert (
        reconcile["Timeout"] + 300
        <= reconcile["EventInvokeConfig"]["MaximumEventAgeInSeconds"]
    )


def test_what_is_given_up_is_kept_for_people() -> None:
    for function, event in _events().values():
        failures = _functions()[function]["EventInvokeConfig"]["DestinationConfig"]
        assert "DeadLetters" == named(event["DeadLetterConfig"]["Arn"])
        assert "DeadLetters" == named(failures["OnFailure"]["Destination"])


def test_secrets_manager_may_invoke_the_rotator_of_this_account_alone() -> None:
    [permission] = properties(ROTATION, "AWS::Lambda::Permission").values()

    assert (
        {"Ref": "RotateFunction.Alias"},
        "secretsmanager.amazonaws.com",
        {"Ref": "AWS::AccountId"},
    ) == (
        permission["FunctionName"],
        permission["Principal"],
        permission["SourceAccount"],
    )


def _filled(value: Any) -> str:
    """The text that CloudFormation would make of it, with made-up values."""
    made_up = {
        "Environment": "payments",
        **{name: f"arn:aws:secretsmanager:::secret:{name}" for name in SECRETS},
    }
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return "[]" if value["Ref"] == "DeclaredWriters" else "made-up"
    if "Fn::If" in value:
        branches = value["Fn::If"]
        guarded = branches[0] == "Guarded"
        return _filled(branches[2 if guarded else 1])
    text = value["Fn::Sub"]
    for name, filled in made_up.items():
        text = text.replace(f"${{{name}}}", filled)
    return str(text)
