"""What people are told of a rotation.  It never carries a value of a secret."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict

SOURCE = "shifter.rotation"
DETAIL_TYPE = "Shifter Rotation Failed"


class Notice(BaseModel):
    """The detail of the event, and what a message says."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schema_version: int = 1
    secret: str
    """What it is for: blue/app."""
    version: str | None
    step: str
    diagnosis: str
    action: str
    at: AwareDatetime

    @property
    def subject(self) -> str:
        return f"Rotation of {self.secret} needs somebody"

    @property
    def text(self) -> str:
        return (
            f"Secret: {self.secret}\nVersion: {self.version}\nStep: {self.step}\n"
            f"Diagnosis: {self.diagnosis}\nAction: {self.action}\n"
        )
