"""What Control Tower asks for and we leave as it is, and why: explained.yaml.

An explanation that explains nothing is a finding, too: it would hide the next real one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from template_checks.rules import Finding

EXPLAINED = Path(__file__).with_name("explained.yaml")
STALE = "EXPLAINED"
WHY_NOT_STALE = "An explanation that explains nothing hides the next real finding."


class NotWhole(Exception):
    """An explanation without what it needs; says which, and what is wrong with it."""


class Explanation(BaseModel):
    """Why a control is not satisfied, for these resources in these profiles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    control: Annotated[str, Field(pattern=r"^CT\.[A-Z0-9-]+\.PR\.\d+$")]
    profiles: Annotated[tuple[str, ...], Field(min_length=1)]
    resources: Annotated[tuple[str, ...], Field(min_length=1)]
    """Ids as in `Database/BlueCluster`; a star stands for anything."""
    reason: Annotated[str, Field(pattern=r"^[A-Z][\s\S]{20,}\.$")]

    def covers(self, control: str, resource: str, profile: str) -> bool:
        """Tell whether it explains why the resource fails the control."""
        return (
            self.control == control
            and profile in self.profiles
            and any(fnmatchcase(resource, pattern) for pattern in self.resources)
        )


def explanations(path: Path = EXPLAINED) -> tuple[Explanation, ...]:
    """All of them.  Raises NotWhole."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TypeAdapter(tuple[Explanation, ...]).validate_python(found)
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise NotWhole(f"{path.name} does not parse: {problem}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = " ".join(str(part) for part in first["loc"]) or "the whole"
        raise NotWhole(f"{path.name}, entry {place}: {first['msg']}") from None


def stale(
    explanations: Collection[Explanation],
    failed: Collection[tuple[str, str]],
    *,
    profile: str,
    controls: Collection[str],
) -> Iterator[Finding]:
    """What explains nothing in the profile, of the controls and ids that failed."""
    for explanation in explanations:
        control = explanation.control
        if control not in controls:
            yield Finding(STALE, control, "the pack has no such control")
            continue
        if profile not in explanation.profiles:
            continue
        ids = [resource for name, resource in failed if name == control]
        for pattern in explanation.resources:
            if not any(fnmatchcase(resource, pattern) for resource in ids):
                where = f"{profile} {pattern}"
                yield Finding(STALE, where, f"{control} has nothing against it")
