"""The picture of docs/infrastructure: what leads to what, read from a rendered tree.

A Mermaid diagram: a page shows it, and a diff shows what changed.  Every node and
every arrow is there because a resource says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from template_checks.tree import Resource, Tree, named_in, texts

EDGE = "AWS::ElasticLoadBalancingV2::LoadBalancer"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
MOVES = ("elasticloadbalancing:ModifyRule", "route53:ChangeResourceRecordSets")


def picture(tree: Tree) -> str:
    """The diagram of one tree."""
    lines = ["```mermaid", "flowchart LR", "  clients([clients]) --> dns"]
    lines += [f"  {line}" for line in (*_nodes(tree), *sorted(set(_arrows(tree))))]
    return "\n".join([*lines, "```", ""])


def _nodes(tree: Tree) -> Iterator[str]:
    names = [r.get("Name") for r in tree.resources("AWS::Route53::RecordSet")]
    yield f'dns["{names[0]}<br>weighted A and AAAA"]'
    yield from _edges(tree)
    yield from _services(tree)
    yield from _clusters(tree)
    for vault in tree.resources("AWS::Backup::BackupVault"):
        yield f'{vault.name}[["vault<br>{_days(tree)} days"]]'
    for parameter in _topology(tree):
        yield f'{parameter.name}[/"{parameter.get("Name")}"/]'
    alarms = [alarm.stack for alarm in tree.resources("AWS::CloudWatch::Alarm")]
    yield f'Alarms{{{{"{alarms.count("Monitoring")} alarms"}}}}'
    for machine in tree.resources("AWS::Serverless::StateMachine"):
        functions = list(tree.resources("AWS::Serverless::Function"))
        count = sum(function.stack == machine.stack for function in functions)
        yield f'Shifter[["Shifter<br>a state machine, {count} functions"]]'


def _edges(tree: Tree) -> Iterator[str]:
    behind = named_in(
        [w.properties for w in tree.resources("AWS::WAFv2::WebACLAssociation")]
    )
    edges = {
        edge.name: f'{edge.name}["edge-{edge.name[-1]}<br>load balancer'
        f'{", firewall" if edge.id in behind else ""}"]'
        for edge in tree.resources(EDGE)
    }
    [first, *_] = tree.resources(EDGE)
    yield from _inside(_subnets(tree, first.get("Subnets")), edges.values())


def _services(tree: Tree) -> Iterator[str]:
    services = list(tree.resources("AWS::ECS::Service"))
    lanes = [
        f'{s.name}["lane {s.name.removesuffix("Service").lower()}<br>Fargate service"]'
        for s in services
    ]
    subnets = services[0].get("NetworkConfiguration", "AwsvpcConfiguration", "Subnets")
    yield from _inside(_subnets(tree, subnets), lanes)


def _clusters(tree: Tree) -> Iterator[str]:
    members = [
        member.get("DBClusterIdentifier")
        for member in tree.resources("AWS::RDS::DBInstance")
    ]
    clusters = list(tree.resources("AWS::RDS::DBCluster"))
    databases = []
    for cluster in clusters:
        side = cluster.name.removesuffix("Cluster").lower()
        count = members.count(cluster.symbol)
        label = f"{side}<br>Aurora MySQL, {count} instance{'s' if count > 1 else ''}"
        databases.append(f'{cluster.name}[("{label}")]')
    group = tree.find(clusters[0].get("DBSubnetGroupName"))
    subnets = group.get("SubnetIds") if group else []
    yield from _inside(_subnets(tree, subnets), databases)


def _inside(place: tuple[str, int], nodes: Any) -> Iterator[str]:
    """The nodes, inside of the subnets that they stand in."""
    name, zones = place
    yield f'subgraph {name}["{name} subnets, {zones} zones"]'
    yield from (f"  {node}" for node in nodes)
    yield "end"


def _subnets(tree: Tree, subnets: Any) -> tuple[str, int]:
    """The kind of the subnets, and the number of their zones."""
    found = [r for text in texts(subnets) if (r := tree.find(text)) is not None]
    [kind] = {subnet.name.rstrip("ABC").lower() for subnet in found}
    return kind, len({subnet.get("AvailabilityZone") for subnet in found})


def _arrows(tree: Tree) -> Iterator[str]:
    for record in tree.resources("AWS::Route53::RecordSet"):
        edge = tree.find(record.get("AliasTarget", "DNSName"))
        if edge is not None:
            yield f"dns -->|{record.get('Weight')}| {edge.name}"
    yield from _of_services(tree)
    for task in tree.resources("AWS::DMS::ReplicationTask"):
        source, target = (_side(tree, task, end) for end in ("Source", "Target"))
        yield f"{source} -.->|{task.name.removesuffix('Task').lower()}| {target}"
    for selection in tree.resources("AWS::Backup::BackupSelection"):
        for name in named_in(selection.get("BackupSelection", "Resources")):
            yield f"{name.partition('/')[2]} --> Vault"
    yield from _of_shifter(tree)


def _of_services(tree: Tree) -> Iterator[str]:
    weights = dict(_weights(tree))
    for service in tree.resources("AWS::ECS::Service"):
        for place in service.list("LoadBalancers"):
            group = tree.find(place["TargetGroupArn"])
            if group is not None:
                edge_name = group.name[: len("Edge1")]
                yield f"{edge_name} -->|{weights[group.id]}| {service.name}"
        task = tree.find(service.get("TaskDefinition"))
        for name in sorted(named_in(task.properties) if task else ()):
            stack, _, resource = name.partition("/")
            if stack == "Database" and resource.endswith("Cluster"):
                yield f"{service.name} --> {resource}"


def _of_shifter(tree: Tree) -> Iterator[str]:
    """What Shifter may move, what it reads, and what may lead it back."""
    for policy in tree.resources("AWS::IAM::ManagedPolicy"):
        for statement in policy.list("PolicyDocument", "Statement"):
            if not set(MOVES) & set(texts(statement["Action"])):
                continue
            for name in named_in(statement["Resource"]):
                rule = tree.find(f"${{{name}}}")
                if rule is not None and rule.type == RULE:
                    yield f"Shifter ==>|weights| Edge{rule.name[-1]}"
            if MOVES[1] in texts(statement["Action"]):
                yield "Shifter ==>|weights| dns"
    for function in tree.resources("AWS::Serverless::Function"):
        read = function.get("Environment", "Variables", "TOPOLOGY_PARAMETER")
        if any(parameter.symbol == read for parameter in _topology(tree)):
            yield "Topology -.-> Shifter"
        for event in (function.get("Events") or {}).values():
            if "aws.cloudwatch" in texts(event["Properties"].get("Pattern", {})):
                yield "Alarms -.->|roll back| Shifter"
    watched = named_in([a.properties for a in tree.resources("AWS::CloudWatch::Alarm")])
    for edge in tree.resources(EDGE):
        if edge.id in watched:
            yield f"{edge.name} -.- Alarms"


def _topology(tree: Tree) -> Iterator[Resource]:
    for parameter in tree.resources("AWS::SSM::Parameter"):
        if parameter.name == "Topology":
            yield parameter


def _weights(tree: Tree) -> Iterator[tuple[str, Any]]:
    for rule in tree.resources(RULE):
        for target in rule.list("Actions", 0, "ForwardConfig", "TargetGroups"):
            [group] = named_in(target["TargetGroupArn"])
            yield group, target["Weight"]


def _side(tree: Tree, task: Resource, end: str) -> str:
    endpoint = tree.find(task.get(f"{end}EndpointArn"))
    side = endpoint.name.removesuffix(end) if endpoint else "unknown"
    return f"{side}Cluster"


def _days(tree: Tree) -> Any:
    [plan] = tree.resources("AWS::Backup::BackupPlan")
    return plan.get("BackupPlan", "BackupPlanRule", 0, "Lifecycle", "DeleteAfterDays")
