"""What CloudFormation asks, and how it is answered.

Rules of this file
* Whoever can be answered is answered: the envelope is understood before the properties.
* The physical id is the one that CloudFormation knows already.  Where it knows none, it
  follows from the logical id alone, so that no change of properties replaces anything.
* The address for the answer is signed, so it is a secret: it is shown nowhere.

AWS documentation: AWS CloudFormation user guide, "Custom resource request objects" and
"Custom resource response objects" (an answer has at most 4,096 bytes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from bootstrap.errors import BadRequest

LONGEST_REASON = 1_500
_LONGEST_RETENTION_H = 2_160

Filled = Annotated[str, StringConstraints(min_length=1)]
SecretArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:[a-z-]+:secretsmanager:[^:]+:[0-9]{12}:secret:.+"),
]


class Side(StrEnum):
    """The two databases."""

    BLUE = "blue"
    GREEN = "green"


class Wanted(BaseModel):
    """The properties of the resource: which database, and whose secrets."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    side: Side = Field(alias="Side")
    host: Filled = Field(alias="Host")
    port: Annotated[int, Field(ge=1, le=65_535, alias="Port")]
    master_secret: SecretArn = Field(alias="MasterSecretArn")
    app_secret: SecretArn = Field(alias="AppSecretArn")
    dms_secret: SecretArn = Field(alias="DmsSecretArn")
    fence_secret: SecretArn = Field(alias="FenceSecretArn")
    binlog_hours: Annotated[
        int, Field(ge=1, le=_LONGEST_RETENTION_H, alias="BinlogRetentionHours")
    ]


class Request(BaseModel):
    """One request of CloudFormation."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    kind: Literal["Create", "Update", "Delete"] = Field(alias="RequestType")
    answer_to: SecretStr = Field(alias="ResponseURL")
    stack: Filled = Field(alias="StackId")
    id: Filled = Field(alias="RequestId")
    name: Filled = Field(alias="LogicalResourceId")
    physical_id: str = Field(alias="PhysicalResourceId", default="")
    properties: Mapping[str, Any] = Field(alias="ResourceProperties", default={})

    @classmethod
    def parse(cls, event: object) -> Request:
        """The envelope.  Raises BadRequest, which names fields and no values."""
        try:
            request = cls.model_validate(event)
        except ValidationError as error:
            raise BadRequest(
                "this is no request of CloudFormation: "
                + "; ".join(
                    f"{_place(entry)}: {entry['msg']}"
                    for entry in error.errors(include_url=False, include_input=False)
                )
            ) from None
        if not request.answer_to.get_secret_value().startswith("https://"):
            raise BadRequest("ResponseURL: it has to begin with https://")
        return request

    def wanted(self) -> Wanted:
        """The properties, understood.  Raises BadRequest."""
        try:
            return Wanted.model_validate(dict(self.properties))
        except ValidationError as error:
            raise BadRequest(
                "; ".join(_told(entry) for entry in error.errors(include_url=False))
            ) from None

    def answer(self, problem: str = "") -> bytes:
        """The answer, as CloudFormation wants it; without a problem it is a success."""
        return json.dumps(
            {
                "Status": "FAILED" if problem else "SUCCESS",
                "Reason": _plain(problem)[:LONGEST_REASON],
                "PhysicalResourceId": self.physical_id or f"bootstrap-{self.name}",
                "StackId": self.stack,
                "RequestId": self.id,
                "LogicalResourceId": self.name,
            },
        ).encode()


def _plain(text: str) -> str:
    """The text in letters that JSON writes with one byte, or two."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)


def _told(problem: Any) -> str:
    if problem["type"] == "missing":
        return f"{_place(problem)} is missing: infra/bootstrap.yaml has to give it"
    return f"{_place(problem)} is {problem['input']!r}: {problem['msg']}"


def _place(problem: Any) -> str:
    return ".".join(str(part) for part in problem["loc"]) or "event"
