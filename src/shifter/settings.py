"""Settings from the environment; read here and nowhere else.

Rules of this file
* Every function has all of them, so that a wrong deployment fails at the first call of
  any function, and not at the first rollback.
* One error names every variable that is missing or wrong.

TABLE_NAME           table of records, journals and locks
TOPOLOGY_PARAMETER   SSM parameter with the topology
TOPIC_ARN            SNS topic for notices
EVENT_BUS            EventBridge bus for notices
STATE_MACHINE_ARN    the state machine that drives cutovers
HEARTBEAT_ALARM      CloudWatch alarm on the watchdog's heartbeat
HISTORY_LIMIT        history events after which an execution hands over (20000)

Libraries read theirs by themselves (`FOR_LIBRARIES`).

pydantic documentation: "Plugins", `PYDANTIC_DISABLE_PLUGINS`.
AWS documentation: AWS Lambda developer guide, "Working with Lambda environment
variables"; AWS Step Functions developer guide, "Service quotas" (25,000 events).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError

from shifter.core.errors import SettingsError
from shifter.core.model import Model
from shifter.core.topology import Arn

FOR_LIBRARIES = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""Variables of every function that are meant for its libraries, and not for us."""

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Settings(Model):
    """What every function is told by its environment variables."""

    table_name: Filled
    topology_parameter: Filled
    topic_arn: Arn
    event_bus: Filled
    state_machine_arn: Arn
    heartbeat_alarm: Filled
    history_limit: Annotated[int, Field(ge=100, le=24_000)] = 20_000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The settings.  Raises SettingsError naming every variable that is wrong."""
        found = {
            name: environment[name.upper()]
            for name in cls.model_fields
            if name.upper() in environment
        }
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            raise SettingsError(
                "; ".join(_told(entry) for entry in error.errors(include_url=False))
            ) from None


def _told(problem: Any) -> str:
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"{name} is not set"
    return f"{name} is {problem['input']!r}: {problem['msg']}"
