"""The JSON Schemas of plan and topology, generated from their models.

    python -m shifter.cli.schema

writes them into `schema/`.  An editor that knows them completes and checks while a plan
is written; what a schema cannot say (a step never goes backwards, names are unique) is
left to `shifter plan check`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from shifter.cli.docstrings import attribute_docstrings
from shifter.core.lanes import percent
from shifter.core.plan import Plan, PlannedGate
from shifter.core.quantities import format_duration
from shifter.core.topology import Topology

FOLDER = Path(__file__).parents[3] / "schema"
MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {"plan.schema.json": Plan, "topology.schema.json": Topology}
)

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TOLD_APART_BY_KIND = get_args(get_args(PlannedGate)[0])


class _Described(GenerateJsonSchema):
    """Adds what pydantic cannot know: docstrings, and values as people write them."""

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        described = super().model_schema(schema)
        docstrings = attribute_docstrings(schema["cls"])
        described["description"] = _first_paragraph(described["description"])
        for name, field in described.get("properties", {}).items():
            field.pop("title", None)
            told = f"{docstrings.get(name, '')} {field.get('description', '')}"
            field["description"] = " ".join(told.split())
            if field.get("type") == "string" and isinstance(field.get("default"), int):
                field["default"] = percent(field["default"])
        if schema["cls"] in _TOLD_APART_BY_KIND:
            described["required"] = ["kind", *described.get("required", [])]
            described["properties"]["kind"].pop("default", None)
        return described

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return format_duration(dft)
        if isinstance(dft, BaseModel):
            return dft.model_dump(mode="json")
        return super().encode_default(dft)


def _first_paragraph(docstring: str) -> str:
    return " ".join(docstring.split("\n\n", maxsplit=1)[0].split())


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model, every property with a description."""
    described = model.model_json_schema(schema_generator=_Described)
    return {"$schema": _DIALECT, **described}


def text(model: type[BaseModel]) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema(model), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write both schemas."""
    for name, model in MODELS.items():
        (FOLDER / name).write_text(text(model), encoding="utf-8")
        print(f"wrote schema/{name}")


if __name__ == "__main__":
    main()
