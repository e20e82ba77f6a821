"""The schemas are what the models say, and refuse what a schema can refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from shifter.cli import schema
from shifter.core.plan import Plan
from shifter.core.topology import Topology
from tests.cli.plans import good_plan, spoiled, without

ROOT = Path(__file__).parents[2]

REFUSED_BY_THE_SCHEMA: dict[str, Any] = {
    "a list": [good_plan()],
    "no name": without("name"),
    "no steps": without("steps"),
    "empty steps": spoiled("steps", value=[]),
    "no gates": spoiled("gates", value=[]),
    "an unknown field": spoiled("stepz", value=1),
    "an unknown field in a step": spoiled("steps", 0, "weight", value=1),
    "an unknown field in a gate": spoiled("gates", 0, "on_alarms", value="hold"),
    "a bare share": spoiled("steps", 0, "share", value=10),
    "two decimals": spoiled("steps", 0, "share", value="0.55 %"),
    "a bare bake": spoiled("steps", 0, "bake", value=30),
    "a bake without a unit": spoiled("steps", 0, "bake", value="30"),
    "no kind": without("gates", 0, "kind"),
    "another kind": spoiled("gates", 0, "kind", value="moon"),
    "no on_alarm": without("gates", 0, "on_alarm"),
    "another on_alarm": spoiled("gates", 0, "on_alarm", value="explode"),
    "silence that passes": spoiled("gates", 0, "on_no_data", value="pass"),
    "a name with blanks": spoiled("gates", 0, "name", value="my gate"),
    "another version": spoiled("schema_version", value=2),
    "a standing gate that does not exist": spoiled("standing", value={"moon": {}}),
}


def _validator(model: type[BaseModel]) -> Draft202012Validator:
    return Draft202012Validator(schema.schema(model))


def _properties(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"].items()
        for below in node.values():
            yield from _properties(below)


@pytest.mark.parametrize("name", schema.MODELS)
def test_the_file_is_what_the_model_says(name: str) -> None:
    """When this fails: make schema."""
    stored = (ROOT / "schema" / name).read_text(encoding="utf-8")

    assert stored == schema.text(schema.MODELS[name])


def test_main_writes_both_files(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(schema, "FOLDER", tmp_path)

    schema.main()

    assert {file.name for file in tmp_path.iterdir()} == set(schema.MODELS)
    assert capsys.readouterr().out.count("wrote schema/") == 2


@pytest.mark.parametrize("model", schema.MODELS.values())
def test_the_schema_is_a_schema(model: type[BaseModel]) -> None:
    Draft202012Validator.check_schema(schema.schema(model))


@pytest.mark.parametrize("model", schema.MODELS.values())
def test_every_property_is_described(model: type[BaseModel]) -> None:
    properties = list(_properties(schema.schema(model)))

    assert properties
    assert [name for name, field in properties if not field["description"]] == []


def test_defaults_are_written_as_people_write_them() -> None:
    described = schema.schema(Plan)

    assert described["properties"]["final_bake"]["default"] == "1d"
    standing = described["properties"]["standing"]["default"]
    assert standing["hold"]["deadline"] == "1d"
    # A schema's own default has to be good.
    plan = good_plan() | {"standing": standing, "final_bake": "1d"}
    _validator(Plan).validate(plan)


@pytest.mark.parametrize(
    "file", sorted((ROOT / "examples").glob("plan*.yaml")), ids=str
)
def test_the_schema_accepts_the_example_plans(file: Path) -> None:
    _validator(Plan).validate(yaml.safe_load(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "file", sorted((ROOT / "examples").glob("topology*.json")), ids=str
)
def test_the_schema_accepts_the_example_topologies(file: Path) -> None:
    _validator(Topology).validate(json.loads(file.read_text(encoding="utf-8")))


def test_the_schema_accepts_a_good_plan() -> None:
    _validator(Plan).validate(good_plan())


@pytest.mark.parametrize(
    "plan", REFUSED_BY_THE_SCHEMA.values(), ids=REFUSED_BY_THE_SCHEMA
)
def test_the_schema_refuses_a_bad_plan(plan: Any) -> None:
    assert not _validator(Plan).is_valid(plan)
