"""Model: what all our values are that are read from JSON, or written to it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value: it never changes, and a field that it does not know is a mistake.

    Its validator is built when it is first asked for: most models are only ever parts
    of another one, and a cold start would build all of them for nothing.

    pydantic documentation: "Configuration", `defer_build`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
