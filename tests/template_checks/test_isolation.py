"""A later deployment: what it changes, and that weights are not among it.

CloudFormation updates a resource when its own properties change, and no other (AWS
CloudFormation user guide, "Update behaviors of stack resources").
"""

from __future__ import annotations

import pytest

from template_checks.profiles import rendered
from template_checks.tree import Resource, Tree
from tests.template_checks.break_them import whole

HOLDS_WEIGHTS = (
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::Route53::RecordSet",
)


def _changed(before: Tree, after: Tree) -> dict[str, Resource]:
    """The resources that a deployment would update."""
    known = {resource.id: resource for resource in before.resources()}
    return {
        resource.id: resource
        for resource in after.resources()
        if known.get(resource.id) != resource and resource.stack != "Root"
    }


@pytest.mark.parametrize(
    ("parameter", "value", "updated"),
    [
        (
            "CertificateArn",
            "arn:aws:acm:us-east-1:111122223333:certificate/next",
            "Alb/Edge1Listener",
        ),
        ("CostCenter", "4712", "Alb/Edge1Listener"),
        ("GreenImageDigest", "sha256:" + "7" * 64, "Ecs/GreenTask"),
        ("MinTasks", "3", "Ecs/BlueScaling"),
        ("LogRetentionDays", "400", "Ecs/BlueLogs"),
    ],
)
def test_a_deployment_that_gives_no_weights_updates_nothing_that_holds_one(
    parameter: str, value: str, updated: str
) -> None:
    changed = _changed(
        rendered(whole(), "prod"), rendered(whole(), "prod", **{parameter: value})
    )

    assert updated in changed
    assert [] == [
        place
        for place, resource in changed.items()
        if resource.type in HOLDS_WEIGHTS and not place.startswith("Alb/HealthAt")
    ]


def test_a_deployment_that_changes_nothing_asks_the_guard_alone() -> None:
    changed = _changed(
        rendered(whole(), "prod"), rendered(whole(), "prod", DeployId="the-next-one")
    )

    assert {"Guard/Deployment"} == changed.keys()


def test_a_weight_is_updated_alone_and_the_guard_sees_it() -> None:
    changed = _changed(
        rendered(whole(), "prod"), rendered(whole(), "prod", Edge1GreenWeight="1")
    )

    assert {"Alb/WeightsAt1", "Guard/Deployment"} == changed.keys()
    assert "1/0/1 1/0/0 1/0" == changed["Guard/Deployment"].get("Weights")


def test_an_image_replaces_no_service() -> None:
    """A service that has a new task definition is updated in place."""
    digest = "sha256:" + "7" * 64
    changed = _changed(
        rendered(whole(), "prod"), rendered(whole(), "prod", GreenImageDigest=digest)
    )

    assert {"Ecs/CanaryTask", "Ecs/GreenTask"} == changed.keys()
