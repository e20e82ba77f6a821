"""The guard of deployments: asked first, about each deployment, and freed at its end.

AWS documentation: AWS CloudFormation user guide, "Update behaviors of stack resources"
(a resource is touched only when something of it changes), "Stack status codes",
"AWS::CloudFormation::CustomResource" (ServiceTimeout: an hour, unless it is given);
Amazon EventBridge, "CloudFormation events".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from template_checks.rules.rule import Found, rule
from template_checks.source import ROOT_TEMPLATE, STACK
from template_checks.tree import ROOT_STACK, Resource, Tree, texts

GUARD = "Guard"
ASKED = "AWS::CloudFormation::CustomResource"
DEPLOY_ID = "DeployId"
LONGEST_SECONDS = 600
ENDS = frozenset(
    {
        "CREATE_COMPLETE",
        "CREATE_FAILED",
        "DELETE_FAILED",
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
    }
)
"""Where a stack stays.  On UPDATE_ROLLBACK_FAILED the way back is still to be gone."""


@rule("GRD01", "A stack that waits for nobody changes in the middle of a cutover.")
def everything_waits(tree: Tree) -> Found:
    if _asked(tree) is None:
        yield ROOT_TEMPLATE, f"no stack {GUARD} asks whether a deployment may begin"
        return
    for stack in tree.resources(STACK):
        if (
            stack.stack == ROOT_STACK
            and stack.name != GUARD
            and GUARD not in stack.depends_on
        ):
            yield stack.id, f"does not wait for {GUARD}"


@rule("GRD02", "A guard whose DeployId stays the same is not asked again.")
def each_deployment_has_its_own_id(tree: Tree) -> Found:
    root = tree.sources.template(ROOT_TEMPLATE)
    stack = root["Resources"].get(GUARD, {}).get("Properties", {})
    path = stack.get("TemplateURL")
    places: list[tuple[str, Mapping[str, Any], Any]] = [
        (ROOT_TEMPLATE, root, stack.get("Parameters", {}))
    ]
    if path in tree.sources.texts:
        guard = tree.sources.template(path)
        places += [
            (path, guard, body.get("Properties", {}))
            for body in guard["Resources"].values()
            if body["Type"] == ASKED
        ]
    for where, template, given in places:
        if "Default" in template.get("Parameters", {}).get(DEPLOY_ID, {}):
            yield where, f"{DEPLOY_ID} has a default: a deployment need not give it"
        if given.get(DEPLOY_ID) != {"Ref": DEPLOY_ID}:
            yield where, f"{DEPLOY_ID} is {given.get(DEPLOY_ID)}: always the same"
    for where, text in tree.sources.texts.items():
        if where.endswith("samconfig.toml") and f'"{DEPLOY_ID}=' in text:
            yield where, f"gives a {DEPLOY_ID}: always the same"
        if where.startswith("infra/params/") and DEPLOY_ID in json.loads(text):
            yield where, f"gives a {DEPLOY_ID}: always the same"


@rule("GRD03", "A weight that the guard does not see is written as it once was.")
def every_weight_is_seen(tree: Tree) -> Found:
    root = tree.sources.template(ROOT_TEMPLATE)
    given = root["Resources"].get(GUARD, {}).get("Properties", {}).get("Parameters", {})
    seen = set(texts(given.get("Weights")))
    for name in root["Parameters"]:
        if re.fullmatch(r"Edge\d\w*Weight", name) and name not in seen:
            yield f"{ROOT_TEMPLATE} {GUARD}", f"is not told {name}"
    asked = _asked(tree)
    if asked is not None and asked.get("Weights") is None:
        yield asked.id, "is not told the weights"


@rule("GRD04", "A last status that nobody hears leaves the environment held.")
def every_end_is_heard(tree: Tree) -> Found:
    heard: set[str] = set()
    for function in tree.resources("AWS::Serverless::Function"):
        for event in (function.get("Events") or {}).values():
            pattern = event["Properties"].get("Pattern", {})
            if pattern.get("source") == ["aws.cloudformation"]:
                detail = pattern.get("detail", {})
                if detail.get("stack-id") != [f"${{{ROOT_STACK}/AWSStackId}}"]:
                    yield function.id, "hears of another stack than the root"
                heard |= set(detail.get("status-details", {}).get("status", ()))
    for status in sorted(ENDS ^ heard):
        problem = "is not heard" if status in ENDS else "is no end"
        yield GUARD, f"{status} {problem}"


@rule("GRD05", "A guard that dies lets CloudFormation wait for an hour.")
def a_dead_guard_is_noticed(tree: Tree) -> Found:
    for asked in _guards(tree):
        seconds = asked.get("ServiceTimeout")
        if not isinstance(seconds, int) or seconds > LONGEST_SECONDS:
            yield asked.id, f"ServiceTimeout is {seconds}"


@rule("GRD06", "A guard without its alias is replaced while it is asked.")
def the_guard_is_a_version(tree: Tree) -> Found:
    for asked in _guards(tree):
        if not str(asked.get("ServiceToken")).endswith("Function.Alias}"):
            yield asked.id, f"asks {asked.get('ServiceToken')}"


@rule("GRD07", "An end that could not be told is lost, or lies where nobody looks.")
def what_is_given_up_is_told(tree: Tree) -> Found:
    watched = {
        dimension.get("Value")
        for alarm in tree.resources("AWS::CloudWatch::Alarm")
        for dimension in alarm.list("Dimensions")
        if dimension.get("Name") == "QueueName"
    }
    for function in tree.resources("AWS::Serverless::Function"):
        if function.stack != GUARD:
            continue
        for name, event in (function.get("Events") or {}).items():
            ways = {
                "delivered": event["Properties"].get("DeadLetterConfig"),
                "done": function.get("EventInvokeConfig", "DestinationConfig"),
            }
            for what, kept in ways.items():
                queues = [tree.find(text) for text in texts(kept) if text != "SQS"]
                if not any(q and q.type == "AWS::SQS::Queue" for q in queues):
                    yield function.id, f"loses {name} when it cannot be {what}"
    for queue in tree.resources("AWS::SQS::Queue"):
        names = {queue.get("QueueName"), f"${{{queue.id}.QueueName}}"}
        if queue.stack == GUARD and not names & watched:
            yield queue.id, "no alarm tells what lies in it"


def _guards(tree: Tree) -> Iterator[Resource]:
    return (found for found in tree.resources(ASKED) if found.stack == GUARD)


def _asked(tree: Tree) -> Resource | None:
    """The resource by which the guard is asked."""
    return next(_guards(tree), None)
