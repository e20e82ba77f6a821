"""The topology, from its SSM parameter.

Whoever wrote the parameter must be able to mend it from the error alone: each problem
names its field, what was found there and what would be right.

AWS documentation: AWS Systems Manager API, "GetParameter".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from shifter.adapters.failures import translated
from shifter.core.errors import NotReady, Problem
from shifter.core.remedies import problem_of
from shifter.core.topology import Topology

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient


def load_topology(client: SSMClient, name: str) -> Topology:
    """The topology.  Raises NotReady naming every field that is wrong."""
    with translated("GetParameter", name):
        try:
            answer = client.get_parameter(Name=name, WithDecryption=True)
        except client.exceptions.ParameterNotFound:
            answer = None
    if answer is None:
        raise NotReady(
            (Problem("topology", name, "no such parameter: deploy or write it first"),)
        )
    try:
        return Topology.model_validate_json(answer["Parameter"]["Value"])
    except ValidationError as error:
        raise NotReady(
            tuple(
                problem_of({**entry, "loc": ("topology", *entry["loc"])}, of="topology")
                for entry in error.errors(include_url=False)
            )
        ) from None
