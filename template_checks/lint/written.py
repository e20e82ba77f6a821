"""What is written in a template, whatever a profile makes of it.

cfn-lint loads this file by its path, so it imports nothing of ours.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cfnlint.rules import CloudFormationLintRule, RuleMatch

Path = list[str | int]
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
RECORD = "AWS::Route53::RecordSet"

KEPT: Mapping[str, str] = {
    "AWS::DynamoDB::Table": "Retain",
    "AWS::ECR::Repository": "Retain",
    "AWS::KMS::Key": "Retain",
    "AWS::Logs::LogGroup": "Retain",
    "AWS::RDS::DBCluster": "Snapshot",
    "AWS::RDS::DBInstance": "Delete",
    "AWS::Route53::HostedZone": "Retain",
    "AWS::S3::Bucket": "Retain",
    "AWS::SecretsManager::Secret": "Retain",
    "AWS::Backup::BackupVault": "Retain",
}
"""What happens to the data of a type when its resource goes."""


class _Written(CloudFormationLintRule):
    """A rule of ours; cfn-lint asks for all of these attributes."""

    source_url = ""
    tags: ClassVar[list[str]] = ["shifter"]

    def match(self, cfn: Any) -> list[RuleMatch]:
        return [
            RuleMatch(path, message) for path, message in self.problems(cfn.template)
        ]

    @abstractmethod
    def problems(self, template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        """The place of each thing that is wrong, and what it does."""


class LocalTemplates(_Written):
    """Nested templates by local path."""

    id = "E9001"
    shortdesc = "A nested template is named by a local path"
    description = "An address names what somebody uploaded once, if anything at all."

    def problems(self, template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        for name, body in _resources(template):
            for key in ("TemplateURL", "Location"):
                url = body.get("Properties", {}).get(key)
                if isinstance(url, str) and "://" in url:
                    yield ["Resources", name, "Properties", key], f"{url} is no path"


class WeightsAreParameters(_Written):
    """Weights as parameters, alone in their resource."""

    id = "E9002"
    shortdesc = "A weight is a parameter, and stands beside nothing that changes"
    description = "A literal weight, or one in a listener, undoes a cutover."

    def problems(self, template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        for name, body in _resources(template):
            for path, value in _found(body.get("Properties", {}), "Weight"):
                place: Path = ["Resources", name, "Properties", *path]
                if body["Type"] not in {RULE, RECORD}:
                    yield place, f"a weight in a {body['Type']} changes with the rest"
                elif not (isinstance(value, Mapping) and "Ref" in value):
                    yield place, f"the weight {value} is written down"


class DataAreKept(_Written):
    """Both policies on what holds data."""

    id = "E9003"
    shortdesc = "What holds data says what happens to them when it goes"
    description = "Without both policies a change of a name deletes a database."

    def problems(self, template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        for name, body in _resources(template):
            wanted = KEPT.get(body["Type"])
            for key in ("DeletionPolicy", "UpdateReplacePolicy"):
                if wanted and body.get(key) != wanted:
                    yield ["Resources", name], f"{key} is {body.get(key)}, not {wanted}"


class TransformOfRotations(_Written):
    """The transform that makes a hosted rotation."""

    id = "E9004"
    shortdesc = "A hosted rotation needs its transform, and the transform stands alone"
    description = "Without the transform nothing rotates, and no tool says so."
    transform = "AWS::SecretsManager-2024-09-16"

    def problems(self, template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        transforms = template.get("Transform", [])
        transforms = transforms if isinstance(transforms, list) else [transforms]
        for name, body in _resources(template):
            if "HostedRotationLambda" in body.get("Properties", {}) and transforms != [
                self.transform
            ]:
                yield ["Resources", name], f"the transform is {transforms or 'missing'}"


class NoExports(_Written):
    """Nothing between stacks but what the root passes."""

    id = "E9005"
    shortdesc = "Stacks pass values by outputs, not by exports"
    description = "An export cannot change while somebody imports it: stacks lock up."

    def problems(self, template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        for name, output in (template.get("Outputs") or {}).items():
            if "Export" in output:
                yield ["Outputs", name], "is exported"
        for path, _ in _found(template.get("Resources", {}), "Fn::ImportValue"):
            yield ["Resources", *path], "imports"


class NoPlaces(_Written):
    """Partition and account by pseudo parameter."""

    id = "E9006"
    shortdesc = "Partition and account are AWS's to say"
    description = "A written partition or account works in one place alone."

    def problems(self, template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        for path, text in _texts(template.get("Resources", {})):
            if "arn:aws:" in text:
                yield ["Resources", *path], "names a partition: use ${AWS::Partition}"


class Described(_Written):
    """A sentence for whoever fills it in, or reads it."""

    id = "E9007"
    shortdesc = "Parameters and outputs are described"
    description = "Whoever deploys sees a name and a box, and guesses."

    def problems(self, template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        for section in ("Parameters", "Outputs"):
            for name, body in (template.get(section) or {}).items():
                if not body.get("Description"):
                    yield [section, name], "has no description"


def _resources(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, body in (template.get("Resources") or {}).items():
        yield str(name), body


def _found(value: Any, key: str, path: tuple[str | int, ...] = ()) -> Iterator[Any]:
    """Every value under the key, however deep, with its path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == key:
                yield [*path, str(name)], inner
            yield from _found(inner, key, (*path, str(name)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _found(inner, key, (*path, index))


def _texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield [*path], value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, (*path, str(name)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
