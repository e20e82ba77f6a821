"""Where one Shifter is: what a command must know to find it.

The deployment writes this document into the SSM parameter
`/shifter/<environment>/deployment`.  It holds names and ARNs only: no secret.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints, ValidationError

from shifter.core.errors import NotReady, Problem
from shifter.core.model import Model
from shifter.core.topology import Arn, Name

FOLDER = "/shifter"
_LAST = "deployment"
_LONGEST = 80

Filled = Annotated[str, StringConstraints(min_length=1)]


class _Frozen(Model):
    # A newer deployment may tell more than this version of the command line asks for.
    model_config = ConfigDict(extra="ignore")


class DeployedFunctions(_Frozen):
    """The functions that a command invokes; each a name or an ARN, with its alias."""

    preflight: Filled
    roll_back: Filled


class Deployed(_Frozen):
    """One deployed Shifter."""

    schema_version: Literal[1] = 1
    environment: Name
    table: Filled
    topology_parameter: Filled
    state_machine_arn: Arn
    control_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
    functions: DeployedFunctions

    def execution_arn(self, name: str) -> str:
        """The ARN of the execution with this name."""
        machine = self.state_machine_arn.replace(":stateMachine:", ":execution:")
        return f"{machine}:{name}"


def parameter_of(environment: str) -> str:
    """Name of the parameter that describes an environment's Shifter."""
    return f"{FOLDER}/{environment}/{_LAST}"


def environment_in(parameter: str) -> str | None:
    """The environment whose Shifter a parameter describes; None if it does not."""
    parts = parameter.removeprefix(f"{FOLDER}/").split("/")
    return parts[0] if parts[1:] == [_LAST] else None


def parse_deployed(text: str, parameter: str) -> Deployed:
    """The document.  Raises NotReady naming every field that is wrong."""
    try:
        return Deployed.model_validate_json(text)
    except ValidationError as error:
        raise NotReady(
            tuple(
                Problem(
                    ".".join([parameter, *map(str, entry["loc"])]),
                    repr(entry["input"])[:_LONGEST],
                    f"{entry['msg']}: deploy Shifter again, or mend the parameter",
                )
                for entry in error.errors(include_url=False)
            )
        ) from None
