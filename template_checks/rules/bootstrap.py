"""The bootstrap: before whoever logs in, for the right side, heard, and shut in.

AWS documentation: AWS CloudFormation user guide, "Custom resources" and "Setting up VPC
endpoints for AWS CloudFormation"; AWS DMS user guide, "Working with an AWS-managed
MySQL-compatible database as a source" (the binary log has to outlast a pause).
"""

from __future__ import annotations

from collections.abc import Mapping

from template_checks.iam import statements_of
from template_checks.render import REGION
from template_checks.rules.rule import Found, rule
from template_checks.source import STACK
from template_checks.tree import ROOT_STACK, Resource, Tree, named_in, number

ASKED = "Custom::DatabaseBootstrap"
FUNCTION = "AWS::Serverless::Function"
SIDES = ("Blue", "Green")
ROLES = ("Master", "App", "Dms", "Fence")
LOG_IN: tuple[str, ...] = ("AWS::DMS::Endpoint", "AWS::ECS::TaskDefinition")
"""Types that log in to a database as soon as they are there."""
BINLOG_HOURS: Mapping[str, int] = {"dev": 72, "prod": 168}
KEY_CONDITIONS = ("kms:ViaService", "kms:EncryptionContext:")


@rule(
    "BOO01", "Who logs in before the bootstrap finds no user, no table and no rights."
)
def comes_first(tree: Tree) -> Found:
    for stack in tree.resources(STACK):
        inside = tree.stacks[stack.name].resources.values()
        logs_in = any(resource.type in LOG_IN for resource in inside)
        if logs_in and "Bootstrap" not in _waited_for(tree, stack):
            yield stack.id, "does not wait for the stack Bootstrap"


@rule("BOO02", "A side without its own bootstrap has the other's users, or none.")
def each_side_has_its_own(tree: Tree) -> Found:
    asked = {resource.name: resource for resource in tree.resources(ASKED)}
    for side in SIDES:
        found = asked.pop(f"{side}Bootstrap", None)
        if found is None:
            yield "Bootstrap", f"nobody makes {side.lower()} ready"
            continue
        if found.get("Side") != side.lower():
            yield found.id, f"Side is {found.get('Side')}"
        if named_in(found.get("Host")) != {f"Database/{side}Cluster"}:
            yield found.id, f"Host is {found.get('Host')}"
        for role in ROLES:
            secret = tree.find(found.get(f"{role}SecretArn"))
            if secret is None or not secret.name.startswith(f"{side}{role}"):
                yield found.id, f"{role}SecretArn is no secret of {side} {role}"
    for other in asked.values():
        yield other.id, "belongs to no side"


@rule("BOO03", "CloudFormation runs a resource again only when its properties change.")
def runs_again(tree: Tree) -> Found:
    for asked in tree.resources(ASKED):
        function = _function(tree, asked)
        version = f"{function.symbol[:-1]}.Version}}" if function else None
        if version is None or asked.get("Version") != version:
            yield asked.id, "does not name the version of its function"


@rule("BOO04", "CloudFormation that gives up first takes back what has just worked.")
def waits_long_enough(tree: Tree) -> Found:
    for asked in tree.resources(ASKED):
        function = _function(tree, asked)
        patience = number(asked.get("ServiceTimeout"))
        takes = number(function.get("Timeout")) if function else None
        if patience is None or takes is None or patience < 2 * takes:
            yield asked.id, f"waits {patience} s for a function that takes {takes} s"


@rule(
    "BOO05", "An answer that cannot leave the network is waited for in vain, an hour."
)
def is_heard(tree: Tree) -> Found:
    bucket = f"cloudformation-custom-resource-response-{REGION.replace('-', '')}/*"
    for endpoint in tree.resources("AWS::EC2::VPCEndpoint"):
        if not str(endpoint.get("ServiceName")).endswith(".s3"):
            continue
        if not any(
            bucket in str(statement.get("Resource"))
            and "s3:PutObject" in str(statement.get("Action"))
            for statement in statements_of(endpoint)
        ):
            yield endpoint.id, f"the policy does not let anybody write to {bucket}"


@rule("BOO06", "Whoever takes over what knows the master user sends it anywhere.")
def is_shut_in(tree: Tree) -> Found:
    for asked in tree.resources(ASKED):
        function = _function(tree, asked)
        for text in function.list("VpcConfig", "SubnetIds") if function else []:
            subnet = tree.find(text)
            if subnet is None or not subnet.name.startswith("Data"):
                yield function.id if function else asked.id, f"stands in {text}"
        if function is None or not function.list("VpcConfig", "SubnetIds"):
            yield asked.id, "its function stands in no network of ours"


@rule("BOO07", "The key of secrets without a condition opens all that it ever closed.")
def key_by_way_of_the_secrets(tree: Tree) -> Found:
    for asked in tree.resources(ASKED):
        function = _function(tree, asked)
        role = tree.find(function.get("Role")) if function else None
        if role is None:
            yield asked.id, "its function has no role of ours"
            continue
        for statement in statements_of(role):
            if "kms:Decrypt" not in str(statement.get("Action")):
                continue
            condition = str(statement.get("Condition"))
            if not any(name in condition for name in KEY_CONDITIONS):
                yield role.id, "may decrypt anything under the key of the secrets"


@rule(
    "BOO08", "A binary log that ends before a pause does makes replication begin anew."
)
def logs_outlast_a_pause(tree: Tree) -> Found:
    for asked in tree.resources(ASKED):
        hours = number(asked.get("BinlogRetentionHours"))
        if hours is None or hours < BINLOG_HOURS[tree.profile]:
            yield asked.id, f"keeps binary logs for {hours} hours in {tree.profile}"


def _waited_for(tree: Tree, stack: Resource) -> set[str]:
    """The stacks that come before one by DependsOn: the bootstrap has no outputs."""
    seen: set[str] = set()
    left = list(stack.depends_on)
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        found = tree.named(ROOT_STACK, name)
        left += found.depends_on if found else ()
    return seen


def _function(tree: Tree, asked: Resource) -> Resource | None:
    """The function that a custom resource asks."""
    token = str(asked.get("ServiceToken"))
    found = (f for f in tree.resources(FUNCTION) if f"{f.id}.Alias" in token)
    return next(found, None)
