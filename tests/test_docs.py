"""What the pages show is what the code does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, BeforeValidator
from pydantic_core import PydanticUndefined

from shifter.cli.errors import MEANINGS
from shifter.core.gates.alarm import AlarmGate
from shifter.core.gates.approval import ApprovalGate
from shifter.core.gates.calendar import CalendarGate
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Gate
from shifter.core.gates.replication import ReplicationGate
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.gates.targets import TargetsGate
from shifter.core.lanes import percent
from shifter.core.plan import Plan, Standing, Step, parse_plan
from shifter.core.quantities import format_duration, parse_share
from tests.cli.command import run, trimmed
from tests.cli.plans import good_plan

ROOT = Path(__file__).parent.parent
PLAN_PAGE = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
CLI_PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")

TABLES: dict[str, type[BaseModel]] = {
    "Plan": Plan,
    "Step": Step,
    "Gates": Gate,
    "Kind `alarm`": AlarmGate,
    "Kind `replication`": ReplicationGate,
    "Kind `targets`": TargetsGate,
    "Kind `sufficiency`": SufficiencyGate,
    "Kind `evidence`": EvidenceGate,
    "Kind `approval`": ApprovalGate,
    "Kind `calendar`": CalendarGate,
}


def _blocks(page: str, info: str) -> list[str]:
    """The code blocks whose info string is exactly this."""
    return re.findall(rf"^```{info}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def _refusals() -> list[tuple[str, str]]:
    """Each bad plan with the sentences shown below it."""
    return re.findall(
        r"^```yaml refused\n(.*?)^```\n\n```text\n(.*?)^```$",
        PLAN_PAGE,
        re.MULTILINE | re.DOTALL,
    )


def _fragment_in_a_plan(info: str, fragment: Any) -> dict[str, Any]:
    plan = good_plan()
    match info:
        case "yaml steps":
            plan["steps"] = fragment
        case "yaml gate":
            plan["gates"] = [*plan["gates"], fragment | {"name": "fragment"}]
        case "yaml standing":
            plan["standing"] = fragment
        case _:
            raise ValueError(info)
    return plan


def _rows(page: str, heading: str) -> dict[str, str]:
    """The default of each field in the first table with defaults below a heading."""
    section = re.split(r"^##+ ", page.split(f"# {heading}\n", 1)[1], flags=re.MULTILINE)
    rows = re.findall(
        r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| [^|]+ \|$", section[0], re.MULTILINE
    )
    return dict(rows)


def _default(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    default = field.get_default(call_default_factory=False)
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, Standing):
        return "see below"
    match default:
        case None:
            return "`null`"
        case bool():
            return f"`{str(default).lower()}`"
        case int() if any(BeforeValidator(parse_share) == m for m in field.metadata):
            return f"`{percent(default)}`"
        case int() | str():
            return f"`{default}`"
        case _:
            return f"`{format_duration(default)}`"


def test_every_block_says_what_it_is() -> None:
    infos = set(
        re.findall(r"^```(.+?)(?: after \w+)?$", PLAN_PAGE + CLI_PAGE, re.MULTILINE)
    )

    assert infos == {
        "yaml plan",
        "yaml steps",
        "yaml gate",
        "yaml standing",
        "yaml refused",
        "text",
        "console",
    }
    assert len(_refusals()) == len(_blocks(PLAN_PAGE, "yaml refused"))
    assert len(_refusals()) == len(_blocks(PLAN_PAGE, "text"))


@pytest.mark.parametrize("text", _blocks(PLAN_PAGE, "yaml plan"))
def test_a_complete_plan_is_good(text: str) -> None:
    parse_plan(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (info, text)
        for info in ("yaml steps", "yaml gate", "yaml standing")
        for text in _blocks(PLAN_PAGE, info)
    ],
)
def test_a_fragment_makes_a_good_plan(info: str, text: str) -> None:
    parse_plan(_fragment_in_a_plan(info, yaml.safe_load(text)))


@pytest.mark.parametrize(("plan", "told"), _refusals())
def test_a_refusal_is_told_in_these_words(
    plan: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.yaml").write_text(plan)

    result = run("plan", "check", "plan.yaml")

    assert result.exit_code == 3
    assert result.stderr == told


@pytest.mark.parametrize(("heading", "model"), TABLES.items(), ids=TABLES)
def test_a_table_has_each_field_with_its_default(
    heading: str, model: type[BaseModel]
) -> None:
    common = Gate.model_fields if issubclass(model, Gate) and model is not Gate else {}
    own = model.model_fields.keys() - common.keys()

    assert _rows(PLAN_PAGE, heading) == {name: _default(model, name) for name in own}


def test_every_kind_of_gate_has_a_section() -> None:
    kinds = set(re.findall(r"^### Kind `(\w+)`$", PLAN_PAGE, re.MULTILINE))
    tags = Plan.model_json_schema()["properties"]["gates"]["items"]["discriminator"]

    assert kinds == set(tags["mapping"])


def test_every_standing_gate_has_a_row() -> None:
    section = PLAN_PAGE.split("### Standing gates", 1)[1]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", section, re.MULTILINE)

    assert rows == list(Standing.model_fields)


def test_every_exit_code_has_a_row() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", CLI_PAGE, re.MULTILINE)

    assert rows == [(str(code.value), told) for code, told in MEANINGS.items()]


@pytest.mark.parametrize("block", _blocks(CLI_PAGE, "console"))
def test_a_command_prints_what_the_page_shows(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    command, shown = block.split("\n", 1)
    program, *arguments = shlex.split(command.removeprefix("$ "))

    result = run(*arguments)

    assert program == "shifter"
    assert trimmed(result.stdout).rstrip() == shown.rstrip()
