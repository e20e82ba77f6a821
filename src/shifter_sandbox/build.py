"""Building: `build_system` puts the payment system into an emulated account.

    system = build_system(aws, environment="payments-prod", edges=2, dns=True)

One function builds one layer, in the order in which the stacks of the infrastructure
are deployed.  Names follow `<environment>-<part>`.
"""

from __future__ import annotations

import json

import boto3

from shifter.core.gates.line import GO
from shifter.core.lanes import Lane
from shifter.core.topology import ReplicationTask as NamedTask
from shifter.core.topology import Service, Topology
from shifter_sandbox.account import Account
from shifter_sandbox.build_alarms import build_alarms
from shifter_sandbox.build_edges import (
    TARGETS_PER_LANE,
    build_dns,
    build_edge,
    named_edge,
)
from shifter_sandbox.rotation import build_rotations
from shifter_sandbox.system import System


def build_system(
    aws: Account,
    *,
    environment: str = "payments-prod",
    edges: int = 1,
    dns: bool | None = None,
    canary: bool = False,
    default_action: bool = False,
    services: bool = True,
    replication: bool = True,
    rotation: bool = False,
) -> System:
    """Build the system, and let its targets become healthy.

    `rotation` adds passwords that are rotated, and their guard.
    `default_action` holds the weights in the listener rather than in a rule; `dns`
    defaults to whether there are two edges.
    """
    lanes = tuple(lane for lane in Lane if canary or lane is not Lane.CANARY)
    subnets = [
        subnet["SubnetId"]
        for subnet in boto3.client("ec2").describe_subnets()["Subnets"]
    ]
    entries = tuple(
        build_edge(
            f"edge-{number}", environment, lanes, subnets, default_action=default_action
        )
        for number in range(1, edges + 1)
    )
    task = None
    if replication:
        task = aws.replication.add_task(
            f"{environment}-blue-to-green", instance=f"{environment}-dms"
        )
    rotations = None
    if rotation:
        rotations = build_rotations(
            aws.clock,
            aws.gateway,
            aws.functions,
            prefix=f"arn:aws:secretsmanager:{aws.region}:{aws.id}",
        )
    with_dns = edges > 1 if dns is None else dns
    topology = Topology(
        environment=environment,
        edges=tuple(named_edge(entry) for entry in entries),
        dns=build_dns(entries) if with_dns else None,
        replication={
            "forward": NamedTask(
                arn=task.arn, instance_identifier=task.instance_identifier
            )
        }
        if task
        else {},
        services=_build_services(environment, lanes) if services else {},
        stop_parameter=_build_stop_parameter(environment),
        rotation=rotations.hooks if rotations else "none",
    )
    topic, notices = _build_topic(environment)
    bus, events = _build_bus(environment)
    metric, composite = build_alarms(environment, entries, task)
    system = System(
        aws=aws,
        topology=topology,
        entries=entries,
        topology_parameter=_build_parameter(environment, topology),
        table=_build_table(environment),
        topic_arn=topic,
        event_bus=bus,
        notice_queue=notices,
        event_queue=events,
        alarm_names=metric,
        composite_alarm_names=composite,
        replication=task,
        rotations=rotations,
    )
    aws.advance(60)
    return system


def _build_services(environment: str, lanes: tuple[Lane, ...]) -> dict[Lane, Service]:
    ecs = boto3.client("ecs")
    scaling = boto3.client("application-autoscaling")
    ecs.create_cluster(clusterName=environment)
    ecs.register_task_definition(
        family="payments",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {"name": "app", "image": "payments", "cpu": 256, "memory": 512}
        ],
    )
    found: dict[Lane, Service] = {}
    for lane in lanes:
        ecs.create_service(
            cluster=environment,
            serviceName=f"payments-{lane}",
            taskDefinition="payments",
            desiredCount=0,
        )
        # moto starts tasks only when the count changes.
        ecs.update_service(
            cluster=environment,
            service=f"payments-{lane}",
            desiredCount=TARGETS_PER_LANE,
        )
        scaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/{environment}/payments-{lane}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=2,
            MaxCapacity=12,
        )
        found[lane] = Service(cluster=environment, service=f"payments-{lane}")
    return found


def _build_parameter(environment: str, topology: Topology) -> str:
    name = f"/shifter/{environment}/topology"
    boto3.client("ssm").put_parameter(
        Name=name, Type="String", Value=topology.model_dump_json(), Tier="Advanced"
    )
    return name


def _build_stop_parameter(environment: str) -> str:
    name = f"/shifter/{environment}/line"
    boto3.client("ssm").put_parameter(Name=name, Type="String", Value=GO)
    return name


def _build_table(environment: str) -> str:
    name = f"{environment}-shifter"
    boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    return name


def _build_topic(environment: str) -> tuple[str, str]:
    sns = boto3.client("sns")
    topic = sns.create_topic(Name=f"{environment}-notices")["TopicArn"]
    url, arn = _build_queue(f"{environment}-notices")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, url


def _build_bus(environment: str) -> tuple[str, str]:
    client = boto3.client("events")
    bus = f"{environment}-events"
    client.create_event_bus(Name=bus)
    url, arn = _build_queue(bus)
    pattern = json.dumps({"account": [Account.id]})
    client.put_rule(Name="everything", EventBusName=bus, EventPattern=pattern)
    client.put_targets(
        Rule="everything", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}]
    )
    return bus, url


def _build_queue(name: str) -> tuple[str, str]:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName=name)["QueueUrl"]
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]
