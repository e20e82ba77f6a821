"""Parameters: the topology in the form that Shifter reads, and nothing secret.

AWS documentation: AWS Systems Manager user guide, "Managing parameter tiers" (4 KB).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import ValidationError

from shifter.core.topology import Topology
from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

PARAMETER = "AWS::SSM::Parameter"
STANDARD_BYTES = 4096
LONGEST_ARN = 130
"""As long as the ARN of a listener rule is with the longest names."""


@rule(
    "SSM01", "A topology that Shifter cannot read stops every function, roll_back too."
)
def the_topology_is_one(tree: Tree) -> Found:
    for parameter in _named(tree, "/topology"):
        try:
            Topology.model_validate_json(_filled(parameter))
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                place = ".".join(str(part) for part in problem["loc"])
                yield parameter.id, f"{place}: {problem['msg']}"


@rule("SSM02", "More than 4 KB fails in the standard tier.")
def fits(tree: Tree) -> Found:
    for parameter in tree.resources(PARAMETER):
        size = len(_filled(parameter))
        if parameter.get("Tier") != "Advanced" and size > STANDARD_BYTES:
            yield parameter.id, f"about {size} bytes"


@rule("SSM03", "A parameter is plain text to whoever may read parameters.")
def nothing_secret(tree: Tree) -> Found:
    for parameter in tree.resources(PARAMETER):
        if "{{resolve:" in str(parameter.get("Value")):
            yield parameter.id, "resolves a secret into plain text"


@rule("SSM04", "A weight in a parameter is written back by the next deployment.")
def no_live_state(tree: Tree) -> Found:
    for parameter in tree.resources(PARAMETER):
        if "weight" in _filled(parameter).lower():
            yield parameter.id, "holds a weight"


@rule("SSM05", "A configuration that does not parse stops whoever reads it.")
def documents_parse(tree: Tree) -> Found:
    for parameter in _named(tree, "/configuration"):
        try:
            json.loads(_filled(parameter))
        except ValueError as error:
            yield parameter.id, f"does not parse: {error}"


def _named(tree: Tree, ending: str) -> Iterator[Resource]:
    for parameter in tree.resources(PARAMETER):
        if str(parameter.get("Name")).endswith(ending):
            yield parameter


def _filled(parameter: Resource) -> str:
    """The value with an ARN as long as they get for every symbol."""
    arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:".ljust(LONGEST_ARN, "x")
    text = str(parameter.get("Value"))
    named = re.sub(r"\$\{Ecs/[^}]*\}|\$\{[^}]*\.[^}]*\}", "payments-prod-canary", text)
    return re.sub(r"\$\{[^}]*\}", arn, named)
