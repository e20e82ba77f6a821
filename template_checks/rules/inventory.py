"""The files of all stacks, and in each stack what it is for."""

from __future__ import annotations

from collections.abc import Mapping

from template_checks.rules.rule import Found, rule
from template_checks.source import ROOT_TEMPLATE, STACK
from template_checks.tree import Tree

INLINE_BYTES = 51_200
RESOURCES, PARAMETERS, OUTPUTS = 500, 200, 200

CORE_TYPES: Mapping[str, tuple[str, ...]] = {
    "security": ("AWS::KMS::Key", "AWS::SecretsManager::Secret"),
    "network": (
        "AWS::EC2::VPC",
        "AWS::EC2::Subnet",
        "AWS::EC2::VPCEndpoint",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::FlowLog",
    ),
    "database": (
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBClusterParameterGroup",
        "AWS::SecretsManager::SecretTargetAttachment",
    ),
    "bootstrap": ("Custom::DatabaseBootstrap", "AWS::Serverless::Function"),
    "dms": (
        "AWS::DMS::ReplicationInstance",
        "AWS::DMS::Endpoint",
        "AWS::DMS::ReplicationTask",
        "AWS::DMS::Certificate",
    ),
    "ecs": (
        "AWS::ECS::Cluster",
        "AWS::ECS::TaskDefinition",
        "AWS::ECS::Service",
        "AWS::ECR::Repository",
        "AWS::ApplicationAutoScaling::ScalableTarget",
    ),
    "alb": (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
    ),
    "route53": ("AWS::Route53::RecordSet", "AWS::Route53::HealthCheck"),
    "monitoring": (
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::SNS::Topic",
    ),
    "rotation": (
        "AWS::Serverless::Function",
        "AWS::DynamoDB::Table",
        "AWS::CloudWatch::Alarm",
    ),
    "automation": ("AWS::Serverless::Function", "AWS::Serverless::StateMachine"),
    "backup": (
        "AWS::Backup::BackupVault",
        "AWS::Backup::BackupPlan",
        "AWS::Backup::BackupSelection",
    ),
    "ssm-parameter": ("AWS::SSM::Parameter",),
}


@rule("INV01", "A stack that nobody wrote is not deployed, and nothing says so.")
def every_file(tree: Tree) -> Found:
    root = tree.sources.template(ROOT_TEMPLATE)
    nested = {
        body["Properties"].get("TemplateURL")
        for body in root["Resources"].values()
        if body["Type"] == STACK
    }
    addresses = {str(url).rsplit("/", 1)[-1] for url in nested if "://" in str(url)}
    for name in CORE_TYPES:
        path = f"infra/{name}.yaml"
        if f"{name}.yaml" in addresses:
            continue  # the plugin says so
        if path not in tree.sources.texts:
            yield path, "the file does not exist"
        elif path not in nested:
            yield path, f"{ROOT_TEMPLATE} does not nest it"


@rule("INV02", "A stack with nothing in it deploys, and the system lacks a part.")
def core_types(tree: Tree) -> Found:
    for stack in tree.stacks.values():
        name = stack.path.removeprefix("infra/").removesuffix(".yaml")
        there = {resource.type for resource in stack.resources.values()}
        for wanted in CORE_TYPES.get(name, ()):
            if wanted not in there:
                yield stack.path, f"has no {wanted}"


@rule(
    "INV03", "CloudFormation refuses a template beyond its limits, at the deployment."
)
def limits(tree: Tree) -> Found:
    for path, template in tree.sources.templates():
        size = len(tree.sources.texts[path].encode())
        if path == ROOT_TEMPLATE and size > INLINE_BYTES:
            yield path, f"{size} bytes; at most {INLINE_BYTES} fit into a call"
        for section, limit in (
            ("Resources", RESOURCES),
            ("Parameters", PARAMETERS),
            ("Outputs", OUTPUTS),
        ):
            count = len(template.get(section, {}))
            if count > limit:
                yield path, f"{count} {section.lower()}; at most {limit} are allowed"
