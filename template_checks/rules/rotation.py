"""Rotations: one schedule for each secret, its function asked and its cutover guarded.

AWS documentation: AWS Secrets Manager user guide, "Lambda rotation function execution
role permissions" (who may invoke it) and "Match Secrets Manager events with Amazon
EventBridge"; its API, `RotateSecret` (who asks for it must be allowed to invoke the
function) and `PutResourcePolicy` (by default it takes a policy for the world).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from template_checks.iam import actions, identity_statements, targets
from template_checks.render import PSEUDO, REGION
from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

ATTACHMENT = "AWS::SecretsManager::SecretTargetAttachment"
ROTATION = "AWS::SecretsManager::RotationSchedule"
FUNCTION = "AWS::Serverless::Function"
OPENS_A_DATABASE = frozenset({"RotateFunction", "ProbeFunction"})
CALLS = "AWS API Call via CloudTrail"
TOPOLOGY = ("SsmParameter", "Topology")


@rule("ROT01", "A function that Secrets Manager may not invoke rotates nothing.")
def may_be_invoked(tree: Tree) -> Found:
    allowed = {
        permission.get("FunctionName")
        for permission in tree.resources("AWS::Lambda::Permission")
        if permission.get("Principal") == "secretsmanager.amazonaws.com"
    }
    for rotation in tree.resources(ROTATION):
        arn = rotation.get("RotationLambdaARN")
        function = tree.find(arn)
        ours = function is not None and function.type == FUNCTION
        if ours and arn not in allowed:
            yield rotation.id, "Secrets Manager may not invoke its function"


@rule(
    "ROT02", "A secret has no schedule and lives for ever, or two and the last counts."
)
def one_schedule_each(tree: Tree) -> Found:
    secrets = {a.symbol: a.get("SecretId") for a in tree.resources(ATTACHMENT)}
    schedules = Counter(
        secrets.get(rotation.get("SecretId"), rotation.get("SecretId"))
        for rotation in tree.resources(ROTATION)
    )
    for secret in tree.resources("AWS::SecretsManager::Secret"):
        if (found := schedules[secret.symbol]) != 1:
            yield secret.id, f"{found} schedules rotate it"


@rule("ROT03", "The call RotateSecret comes before the database has changed.")
def hears_what_is_over(tree: Tree) -> Found:
    for where, pattern in _patterns(tree):
        told = pattern.get("source") == ["aws.secretsmanager"]
        if told and CALLS in pattern.get("detail-type", [CALLS]):
            yield where, "hears calls, not what has come of them"


@rule("ROT04", "A cutover that asks nobody about rotations begins into one.")
def the_guard_is_asked(tree: Tree) -> Found:
    topology = tree.named(*TOPOLOGY)
    if topology is None:
        return
    text = str(topology.get("Value"))
    guard = next(
        (
            function
            for function in tree.resources(FUNCTION)
            if str(function.get("Handler")).startswith("rotation_hooks.handlers.guard")
        ),
        None,
    )
    if guard is None:
        if '"rotation": "none"' not in text:
            yield topology.id, "names a guard of rotations that is not there"
    elif f':function:{guard.get("FunctionName")}:live"' not in text:
        yield topology.id, f"does not name {guard.get('FunctionName')}"


@rule("ROT05", "A function outside of the network reaches no database.")
def stands_where_it_works(tree: Tree) -> Found:
    for function in tree.resources(FUNCTION):
        if not str(function.get("Handler")).startswith("rotation_hooks."):
            continue
        inside = function.get("VpcConfig") is not None
        if inside != (function.name in OPENS_A_DATABASE):
            yield function.id, "stands in the network" if inside else "stands outside"


@rule("ROT06", "Who may not invoke what rotates has no rotation repeated.")
def may_have_it_repeated(tree: Tree) -> Found:
    for holder, statement in identity_statements(tree):
        if "secretsmanager:RotateSecret" not in actions(statement):
            continue
        invoked = [
            target
            for other, allowed in identity_statements(tree)
            if other == holder and "lambda:InvokeFunction" in actions(allowed)
            for target in targets(allowed)
        ]
        rotating: dict[str, list[str]] = {}
        for rotation in tree.resources(ROTATION):
            secret = str(rotation.get("SecretId"))
            rotating.setdefault(secret, []).extend(_rotating(tree, rotation))
        for functions in rotating.values():
            # What is no function at all is SEC01's.
            if functions and not any(
                fnmatchcase(f, target) for f in functions for target in invoked
            ):
                yield holder.id, f"may not invoke {functions[0]}"


@rule("ROT07", "A policy for the world is refused only to whoever asks for that.")
def asks_for_no_world(tree: Tree) -> Found:
    for holder, statement in identity_statements(tree):
        if "secretsmanager:PutResourcePolicy" in actions(statement):
            asked = statement.get("Condition", {}).get("Bool", {})
            if asked.get("secretsmanager:BlockPublicPolicy") != "true":
                yield holder.id, "may write a policy without asking"


def _rotating(tree: Tree, rotation: Resource) -> Iterator[str]:
    """The function of a schedule, as a policy names it."""
    name = rotation.get("HostedRotationLambda", "RotationLambdaName")
    if name is None:
        arn = rotation.get("RotationLambdaARN")
        function = tree.find(arn)
        if function is not None and function.type == FUNCTION:
            yield str(arn)
        return
    yield f"arn:aws:lambda:{REGION}:{PSEUDO['AWS::AccountId']}:function:{name}"


def _patterns(tree: Tree) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What is listened to, and where that is said."""
    for listener in tree.resources("AWS::Events::Rule"):
        yield listener.id, listener.get("EventPattern") or {}
    for function in tree.resources(FUNCTION):
        for event in (function.get("Events") or {}).values():
            yield function.id, event["Properties"].get("Pattern", {})
