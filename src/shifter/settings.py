"""Settings from the environment; read here and nowhere else.

TABLE_NAME           table of records, journals and locks
TOPOLOGY_PARAMETER   SSM parameter with the topology
TOPIC_ARN            SNS topic for notices
EVENT_BUS            EventBridge bus for notices
STATE_MACHINE_ARN    the state machine that drives cutovers
HISTORY_LIMIT        history events after which an execution hands over (20000)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shifter.core.errors import SettingsError

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Settings(BaseModel):
    """What every function is told by its environment variables."""

    model_config = ConfigDict(frozen=True)

    table_name: Filled
    topology_parameter: Filled
    topic_arn: Filled
    event_bus: Filled
    state_machine_arn: Filled
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
                "; ".join(
                    f"{str(entry['loc'][0]).upper()}: {entry['msg']}"
                    for entry in error.errors(include_url=False)
                )
            ) from None
