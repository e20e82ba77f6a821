"""Tasks: which image, as whom, with what, and where it says what it does.

AWS documentation: Amazon ECS developer guide, "Task definition parameters for Fargate"
and "Pass Secrets Manager secrets through Amazon ECS environment variables"; AWS
security hub user guide, "Amazon ECS controls".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

TASK = "AWS::ECS::TaskDefinition"
_BY_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_FROM_SECRET = re.compile(r"\$\{[^}]+\}:\w+::")


@rule("TSK01", "A tag can be moved: what runs is not what was tested.")
def by_digest(tree: Tree) -> Found:
    for task, container in _containers(tree):
        image = str(container.get("Image"))
        if not _BY_DIGEST.fullmatch(image):
            yield task.id, f"{image} is not named by its digest"


@rule("TSK02", "Root in a container is one bug away from root on the host.")
def as_nobody(tree: Tree) -> Found:
    for task, container in _containers(tree):
        user = str(container.get("User", "root")).partition(":")[0]
        if user in {"root", "0"}:
            yield task.id, "runs as root"


@rule("TSK03", "A root file system that can be written keeps what an intruder leaves.")
def read_only(tree: Tree) -> Found:
    for task, container in _containers(tree):
        if container.get("ReadonlyRootFilesystem") is not True:
            yield task.id, "ReadonlyRootFilesystem is not true"


@rule("TSK04", "Credentials in a definition are read by whoever may describe it.")
def credentials_are_injected(tree: Tree) -> Found:
    for task, container in _containers(tree):
        for entry in container.get("Environment", []):
            if re.search("PASSWORD|SECRET|TOKEN", str(entry.get("Name"))):
                yield task.id, f"{entry['Name']} is written into the definition"
        secrets = {
            s.get("Name"): str(s.get("ValueFrom")) for s in container.get("Secrets", [])
        }
        if "DATABASE_PASSWORD" not in secrets:
            yield task.id, "no secret gives DATABASE_PASSWORD"
        for name, value in secrets.items():
            if not _FROM_SECRET.fullmatch(value):
                yield task.id, f"{name} does not name a key of a secret"


@rule("TSK05", "A lane on the wrong database writes where nobody looks for it.")
def lane_and_database(tree: Tree) -> Found:
    for lane, side in (("Blue", "Blue"), ("Canary", "Blue"), ("Green", "Green")):
        task = tree.named("Ecs", f"{lane}Task")
        if task is None:
            continue
        [container] = task.list("ContainerDefinitions")
        host = next(
            (
                e["Value"]
                for e in container["Environment"]
                if e["Name"] == "DATABASE_HOST"
            ),
            "",
        )
        cluster = tree.find(host)
        if cluster is None or cluster.name != f"{side}Cluster":
            yield task.id, f"speaks to {host}, not to {side.lower()}'s database"
        for entry in container.get("Secrets", []):
            secret = tree.find(entry["ValueFrom"])
            if secret is None or not secret.name.startswith(f"{side}App"):
                yield task.id, f"{entry['Name']} is not {side.lower()}'s"


def _containers(tree: Tree) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for task in tree.resources(TASK):
        for container in task.list("ContainerDefinitions"):
            yield task, container
