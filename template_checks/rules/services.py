"""Services: each at both edges, where its container really listens.

AWS documentation: Amazon ECS developer guide, "Register multiple target groups with a
service", "Deployment circuit breaker" and "Task networking for Fargate" (targets by
address).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree, number

SERVICE = "AWS::ECS::Service"
SERVED_PATHS: Mapping[str, frozenset[str]] = {
    "Repository": frozenset({"/health", "/lane", "/ready"}),  # sample_app
    "nginx": frozenset({"/"}),
}
"""The paths that an image answers with 200, by its name."""


@rule("ECS01", "A service that no load balancer knows gets no request.")
def at_every_edge(tree: Tree) -> Found:
    edges = len(list(tree.resources("AWS::ElasticLoadBalancingV2::LoadBalancer")))
    for service in tree.resources(SERVICE):
        groups = {place.get("TargetGroupArn") for place in _places(service)}
        if len(groups) != edges:
            yield (
                service.id,
                f"is in {len(groups)} target groups; there are {edges} edges",
            )


@rule("ECS02", "A container or port that does not exist fails at the deployment.")
def the_container_listens(tree: Tree) -> Found:
    for service, place, container in _containers(tree):
        if container is None:
            yield service.id, f"no container is called {place.get('ContainerName')}"
            continue
        if number(place.get("ContainerPort")) not in _mapped(container):
            yield (
                service.id,
                f"{container['Name']} has no port {place['ContainerPort']}",
            )


@rule("ECS03", "Tasks have addresses of their own: a group of instances refuses them.")
def targets_are_addresses(tree: Tree) -> Found:
    for service in tree.resources(SERVICE):
        for place in _places(service):
            group = tree.find(place.get("TargetGroupArn"))
            if group is not None and group.get("TargetType") != "ip":
                yield group.id, f"its targets are of type {group.get('TargetType')}"


@rule("ECS04", "Without time to start, a new task is killed before it can answer.")
def time_to_start(tree: Tree) -> Found:
    for service in tree.resources(SERVICE):
        if not number(service.get("HealthCheckGracePeriodSeconds")):
            yield service.id, "has no HealthCheckGracePeriodSeconds"


@rule("ECS05", "A health path that the image does not serve kills every task.")
def health_is_served(tree: Tree) -> Found:
    for service, place, container in _containers(tree):
        group = tree.find(place.get("TargetGroupArn"))
        if container is None or group is None:
            continue
        image = _image_name(tree, container)
        path = group.get("HealthCheckPath")
        if path not in SERVED_PATHS.get(image, frozenset()):
            yield service.id, f"{image} does not serve {path}"


@rule("ECS06", "Without a circuit breaker a bad image hangs a stack for hours.")
def gives_up(tree: Tree) -> Found:
    for service in tree.resources(SERVICE):
        breaker = service.get("DeploymentConfiguration", "DeploymentCircuitBreaker")
        if breaker != {"Enable": True, "Rollback": True}:
            yield service.id, "has no circuit breaker that rolls back"


@rule("ECS07", "The other strategies write weights themselves, against Shifter.")
def rolling(tree: Tree) -> Found:
    for service in tree.resources(SERVICE):
        strategy = service.get("DeploymentConfiguration", "Strategy")
        controller = service.get("DeploymentController", "Type")
        if (strategy, controller) != ("ROLLING", "ECS"):
            yield service.id, f"deploys by {controller} {strategy}"


@rule("ECS08", "A desired count undoes, at each deployment, what scaling has raised.")
def scaling_decides(tree: Tree) -> Found:
    for service in tree.resources(SERVICE):
        count = service.get("DesiredCount")
        if number(count) and service.name != "CanaryService":
            yield service.id, f"DesiredCount is {count} although there is an image"


@rule("ECS09", "A canary that runs all month costs half of what prod has left.")
def canary_rests(tree: Tree) -> Found:
    canary = tree.named("Ecs", "CanaryService")
    scaling = tree.named("Ecs", "CanaryScaling")
    if canary is not None and number(canary.get("DesiredCount")) != 0:
        yield canary.id, f"DesiredCount is {canary.get('DesiredCount')}"
    if scaling is not None and number(scaling.get("MinCapacity")) != 0:
        yield scaling.id, f"MinCapacity is {scaling.get('MinCapacity')}"


@rule("ECS10", "A task with a public address can be reached around the edges.")
def no_public_address(tree: Tree) -> Found:
    for service in tree.resources(SERVICE):
        network = service.get("NetworkConfiguration", "AwsvpcConfiguration") or {}
        if network.get("AssignPublicIp") != "DISABLED":
            yield service.id, "AssignPublicIp is not DISABLED"
        for subnet in network.get("Subnets", []):
            if "/App" not in str(subnet):
                yield service.id, f"stands in {subnet}, not in a subnet of tasks"


@rule("ECS11", "A shell in a task that sees cards is a way around every log.")
def nobody_enters(tree: Tree) -> Found:
    for service in tree.resources(SERVICE):
        if service.get("EnableExecuteCommand") is not False:
            yield service.id, "EnableExecuteCommand is not false"


@rule("ECS12", "A port that the service takes for another edge's counts for that edge.")
def a_port_for_each_edge(tree: Tree) -> Found:
    for service, place, container in _containers(tree):
        group = tree.find(place.get("TargetGroupArn"))
        if container is None or group is None:
            continue
        edge = f"edge-{group.name.removeprefix('Edge')[:1]}"
        expected = _edges(container).get(edge)
        for port in (place.get("ContainerPort"), group.get("Port")):
            if number(port) in _mapped(container) - {expected}:
                yield (
                    service.id,
                    f"{edge} comes in at {port}, and EDGES says {expected}",
                )


def _mapped(container: Mapping[str, Any]) -> set[int | None]:
    mappings = container.get("PortMappings", [])
    return {number(mapping.get("ContainerPort")) for mapping in mappings}


def _edges(container: Mapping[str, Any]) -> dict[str, int | None]:
    """The port of each edge, as the service is told them."""
    told = {
        e.get("Name"): str(e.get("Value")) for e in container.get("Environment", [])
    }
    pairs = (entry.partition("=") for entry in told.get("EDGES", "").split(","))
    return {edge: number(port) for edge, _, port in pairs}


def _places(service: Resource) -> list[dict[str, Any]]:
    return service.list("LoadBalancers")


def _containers(
    tree: Tree,
) -> Iterator[tuple[Resource, dict[str, Any], dict[str, Any] | None]]:
    """Each service with each of its places and the container that it names there."""
    for service in tree.resources(SERVICE):
        task = tree.find(service.get("TaskDefinition"))
        known = (
            {c.get("Name"): c for c in task.list("ContainerDefinitions")}
            if task
            else {}
        )
        for place in _places(service):
            yield service, place, known.get(place.get("ContainerName"))


def _image_name(tree: Tree, container: Mapping[str, Any]) -> str:
    image = str(container.get("Image"))
    repository = tree.find(image)
    if repository is not None:
        return repository.name
    return image.rsplit("/", 1)[-1].partition("@")[0].partition(":")[0]
