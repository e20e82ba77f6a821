"""What is charged for a resource: names of prices, and how much of each.

Each type has a charge here, or is in FREE, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from template_checks.tree import Resource, Tree, named_in, number

MIB_PER_GIB, UNITS_PER_VCPU = 1024, 1024

FREE_SERVICES = (
    "AWS::ApplicationAutoScaling::",
    "AWS::CloudFormation::",
    "AWS::Lambda::",
    "AWS::Serverless::",
    "AWS::IAM::",
)
FREE = frozenset(
    {
        "AWS::Backup::BackupPlan",
        "AWS::Backup::BackupSelection",
        "AWS::DMS::Certificate",
        "AWS::DMS::Endpoint",
        "AWS::DMS::ReplicationSubnetGroup",
        "AWS::DMS::ReplicationTask",
        "AWS::EC2::EIP",
        "AWS::EC2::FlowLog",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCCidrBlock",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::ECS::TaskDefinition",
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::Events::EventBus",
        "AWS::Events::EventBusPolicy",
        "AWS::Events::Rule",
        "AWS::KMS::Alias",
        "AWS::Lambda::Permission",
        "AWS::RDS::DBClusterParameterGroup",
        "AWS::RDS::DBParameterGroup",
        "AWS::RDS::DBSubnetGroup",
        "AWS::Route53::RecordSet",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::RotationSchedule",
        "AWS::SecretsManager::SecretTargetAttachment",
        "AWS::WAFv2::LoggingConfiguration",
        "AWS::WAFv2::WebACLAssociation",
        "Custom::DatabaseBootstrap",
    }
)
"""Free, or paid with something else: an address with its gateway, a listener with its
load balancer."""

Charge = tuple[str, float, str]
"""The name of a price, how much of it, and in words."""
Charged = Callable[[Tree, Resource, Mapping[str, float]], Iterator[Charge]]
_HOURS = 730


def _instance(_: Tree, r: Resource, __: Mapping[str, float]) -> Iterator[Charge]:
    yield f"rds.{r.get('DBInstanceClass')}", _HOURS, str(r.get("DBInstanceClass"))


def _cluster(_: Tree, __: Resource, v: Mapping[str, float]) -> Iterator[Charge]:
    yield "rds.storage", v["storage_gb"], "storage"
    yield "rds.io", v["io_millions"], "input and output"


def _nat(tree: Tree, _: Resource, v: Mapping[str, float]) -> Iterator[Charge]:
    gateways = len(list(tree.resources("AWS::EC2::NatGateway")))
    yield "nat.hour", _HOURS, "gateway"
    yield "ipv4", _HOURS, "address"
    yield "nat.gb", v["nat_gb"] / gateways, "traffic"


def _endpoint(_: Tree, r: Resource, v: Mapping[str, float]) -> Iterator[Charge]:
    if r.get("VpcEndpointType") == "Interface":
        zones = len(r.list("SubnetIds"))
        yield "endpoint.hour", _HOURS * zones, f"in {zones} zones"
        yield "endpoint.gb", v["endpoint_gb"] / 7, "traffic"


def _service(tree: Tree, r: Resource, _: Mapping[str, float]) -> Iterator[Charge]:
    task = tree.find(r.get("TaskDefinition"))
    scaling = next(
        (
            s
            for s in tree.resources("AWS::ApplicationAutoScaling::ScalableTarget")
            if r.id in named_in(s.get("ResourceId"))
        ),
        None,
    )
    count = max(
        number(r.get("DesiredCount")) or 0,
        (number(scaling.get("MinCapacity")) or 0) if scaling else 0,
    )
    if task is None or count == 0:
        return
    kind = task.get("RuntimePlatform", "CpuArchitecture")
    vcpu = (number(task.get("Cpu")) or 0) / UNITS_PER_VCPU
    gb = (number(task.get("Memory")) or 0) / MIB_PER_GIB
    yield f"fargate.vcpu.{kind}", count * vcpu * _HOURS, f"{count} tasks, processors"
    yield f"fargate.gb.{kind}", count * gb * _HOURS, f"{count} tasks, memory"


def _replication(_: Tree, r: Resource, __: Mapping[str, float]) -> Iterator[Charge]:
    copies = 2 if str(r.get("MultiAZ")) == "true" else 1
    name = f"dms.{r.get('ReplicationInstanceClass')}"
    yield name, _HOURS * copies, f"{copies} instances"
    yield "dms.storage", float(r.get("AllocatedStorage")) * copies, "storage"


def _balancer(_: Tree, r: Resource, v: Mapping[str, float]) -> Iterator[Charge]:
    # The subnets are three in every profile; each has a public address.
    yield "alb.hour", _HOURS, "load balancer"
    yield "alb.lcu", _HOURS * v["lcu"], "capacity units"
    yield "ipv4", _HOURS * len(r.list("Subnets")), "addresses"


def _alarm(_: Tree, r: Resource, __: Mapping[str, float]) -> Iterator[Charge]:
    metrics = [m for m in r.list("Metrics") if "MetricStat" in m]
    yield "alarm.metric", max(1, len(metrics)), "metrics"


def _logs(tree: Tree, _: Resource, v: Mapping[str, float]) -> Iterator[Charge]:
    groups = len(list(tree.resources("AWS::Logs::LogGroup")))
    yield "logs.ingest", v["log_gb"] / groups, "ingest"
    yield "logs.storage", v["log_gb"] / groups, "storage"


def _acl(_: Tree, r: Resource, v: Mapping[str, float]) -> Iterator[Charge]:
    yield "waf.acl", 1, "access list"
    yield "waf.rule", len(r.list("Rules")), "rules"
    yield "waf.requests", v["request_millions"], "requests"


def _once(price: str, what: str) -> Charged:
    def charge(_: Tree, __: Resource, ___: Mapping[str, float]) -> Iterator[Charge]:
        yield price, 1, what

    return charge


def _by_volume(price: str, volume: str, what: str) -> Charged:
    def charge(_: Tree, __: Resource, v: Mapping[str, float]) -> Iterator[Charge]:
        yield price, v[volume], what

    return charge


CHARGES: Mapping[str, Charged] = {
    "AWS::DynamoDB::Table": _once("automation", "functions, states, table"),
    "AWS::RDS::DBInstance": _instance,
    "AWS::RDS::DBCluster": _cluster,
    "AWS::EC2::NatGateway": _nat,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ECS::Service": _service,
    "AWS::DMS::ReplicationInstance": _replication,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
    "AWS::KMS::Key": _once("kms.key", "key"),
    "AWS::SecretsManager::Secret": _once("secret", "secret"),
    "AWS::Logs::LogGroup": _logs,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _once("alarm.composite", "composite"),
    "AWS::CloudWatch::Dashboard": _once("dashboard", "dashboard"),
    "AWS::ECS::Cluster": _by_volume("metric.custom", "insight_metrics", "insights"),
    "AWS::Route53::HostedZone": _once("route53.zone", "zone"),
    "AWS::Route53::HealthCheck": _once("route53.check", "health check"),
    "AWS::WAFv2::WebACL": _acl,
    "AWS::Backup::BackupVault": _by_volume("backup.gb", "backup_gb", "copies"),
    "AWS::ECR::Repository": _by_volume("ecr.gb", "image_gb", "images"),
    "AWS::S3::Bucket": _by_volume("s3.gb", "access_log_gb", "access logs"),
    "AWS::SNS::Topic": _once("sns.sqs.events", "messages"),
    "AWS::SQS::Queue": _once("sns.sqs.events", "messages"),
}
