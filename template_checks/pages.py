"""The parts of docs/infrastructure that the templates write: tables, and the picture.

Each page has a part between two marks; what stands there comes from the templates, and
`make golden` writes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from template_checks.source import Sources
from template_checks.tree import Resource, Tree, named_in

BEGIN, END = "<!-- from the template -->", "<!-- end -->"
PASSED_BY_ALL = ("Environment", "Project", "CostCenter")


def with_part(page: str, part: str) -> str:
    """The page with the part between its marks.  Raises ValueError without marks."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the page has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{part}\n{END}{after}"


def tables(sources: Sources, path: str) -> str:
    """The parameters and outputs of a template, as tables."""
    template = sources.template(path)
    rows = [
        f"| `{name}` | {body['Description']} |"
        for name, body in template.get("Parameters", {}).items()
        if name not in PASSED_BY_ALL
    ]
    outputs = [
        f"| `{name}` | {body['Description']} |"
        for name, body in template.get("Outputs", {}).items()
    ]
    return "\n".join(
        [
            "| parameter | |",
            "|---|---|",
            *rows,
            "",
            "| output | |",
            "|---|---|",
            *outputs,
            "",
        ]
    )


def picture(tree: Tree) -> str:
    """What leads to what, as a Mermaid diagram, read from a rendered tree."""
    lines = ["```mermaid", "flowchart LR", "  clients([clients]) --> dns"]
    lines += [f"  {line}" for line in (*_nodes(tree), *sorted(set(_arrows(tree))))]
    return "\n".join([*lines, "```", ""])


def _nodes(tree: Tree) -> Iterator[str]:
    names = [r.get("Name") for r in tree.resources("AWS::Route53::RecordSet")]
    yield f'dns["{names[0]}<br>weighted A and AAAA"]'
    for edge in tree.resources("AWS::ElasticLoadBalancingV2::LoadBalancer"):
        yield f'{edge.name}["edge-{edge.name[-1]}<br>load balancer"]'
    for service in tree.resources("AWS::ECS::Service"):
        lane = service.name.removesuffix("Service")
        yield f'{service.name}["lane {lane.lower()}<br>Fargate service"]'
    for cluster in tree.resources("AWS::RDS::DBCluster"):
        side = cluster.name.removesuffix("Cluster").lower()
        members = sum(
            i.get("DBClusterIdentifier") == cluster.symbol
            for i in tree.resources("AWS::RDS::DBInstance")
        )
        yield f'{cluster.name}[("{side}<br>Aurora MySQL, {members} instances")]'
    for vault in tree.resources("AWS::Backup::BackupVault"):
        yield f'{vault.name}[["vault<br>{_days(tree)} days"]]'
    for parameter in tree.resources("AWS::SSM::Parameter"):
        if parameter.name == "Topology":
            yield f'{parameter.name}[/"{parameter.get("Name")}"/]'
    alarms = Counter(alarm.stack for alarm in tree.resources("AWS::CloudWatch::Alarm"))
    yield f'Alarms{{{{"{alarms["Monitoring"]} alarms"}}}}'


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
    yield from _around_edges(tree)


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


def _around_edges(tree: Tree) -> Iterator[str]:
    topology = tree.named("SsmParameter", "Topology")
    known = named_in(topology.get("Value")) if topology else set()
    watched = {
        name
        for alarm in tree.resources("AWS::CloudWatch::Alarm")
        for name in named_in(alarm.properties)
    }
    for edge in tree.resources("AWS::ElasticLoadBalancingV2::LoadBalancer"):
        if edge.id in known:
            yield f"Topology -.- {edge.name}"
        if edge.id in watched:
            yield f"{edge.name} -.- Alarms"


def _weights(tree: Tree) -> Iterator[tuple[str, Any]]:
    for rule in tree.resources("AWS::ElasticLoadBalancingV2::ListenerRule"):
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
