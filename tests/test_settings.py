"""Settings fail early, and name everything that is wrong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pydantic import ValidationError

from shifter.core.errors import SettingsError, UserError
from shifter.settings import Settings

SOURCE = Path(__file__).parent.parent / "src"
STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:cutover"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:notices"

ENVIRONMENT = {
    "TABLE_NAME": "shifter",
    "TOPOLOGY_PARAMETER": "/shifter/riverbank/topology",
    "TOPIC_ARN": TOPIC,
    "EVENT_BUS": "shifter",
    "STATE_MACHINE_ARN": STATE_MACHINE,
    "HEARTBEAT_ALARM": "heron-heartbeat",
}


def refused(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as error:
        Settings.from_environment(environment)
    return str(error.value)


def test_each_variable_is_a_setting() -> None:
    settings = Settings.from_environment(
        ENVIRONMENT | {"HISTORY_LIMIT": "500", "PATH": "/bin", "table_name": "no"}
    )

    assert settings == Settings(
        table_name="shifter",
        topology_parameter="/shifter/riverbank/topology",
        topic_arn=TOPIC,
        event_bus="shifter",
        state_machine_arn=STATE_MACHINE,
        heartbeat_alarm="heron-heartbeat",
        history_limit=500,
    )


def test_the_history_limit_has_a_default() -> None:
    assert Settings.from_environment(ENVIRONMENT).history_limit == 20_000


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_variable_that_is_missing_is_named(name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}

    assert refused(environment) == f"{name} is not set"


def test_all_variables_that_are_missing_are_named_at_once() -> None:
    assert refused({}).split("; ") == [f"{name} is not set" for name in ENVIRONMENT]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TABLE_NAME", "", "TABLE_NAME is ''"),
        ("EVENT_BUS", "  ", "EVENT_BUS is '  '"),
        ("TOPIC_ARN", "notices", "TOPIC_ARN is 'notices'"),
        ("STATE_MACHINE_ARN", "cutover", "STATE_MACHINE_ARN is 'cutover'"),
        ("HISTORY_LIMIT", "many", "HISTORY_LIMIT is 'many'"),
        ("HISTORY_LIMIT", "99", "HISTORY_LIMIT is '99'"),
        ("HISTORY_LIMIT", "24001", "HISTORY_LIMIT is '24001'"),
    ],
)
def test_a_variable_that_is_wrong_is_named_with_its_value(
    name: str, value: str, told: str
) -> None:
    assert refused(ENVIRONMENT | {name: value}).startswith(f"{told}: ")


def test_missing_and_wrong_variables_are_told_together() -> None:
    told = refused({"TABLE_NAME": "", "HISTORY_LIMIT": "many"})

    assert len(told.split("; ")) == len(ENVIRONMENT) + 1


def test_whoever_deployed_it_must_act() -> None:
    """A retry of the call cannot help."""
    assert issubclass(SettingsError, UserError)


def test_settings_do_not_change() -> None:
    settings = Settings.from_environment(ENVIRONMENT)

    with pytest.raises(ValidationError):
        settings.table_name = "other"  # type: ignore[misc]


def test_the_environment_reaches_shifter_in_one_place() -> None:
    """Wiring hands `os.environ` to the settings; nobody else touches it."""
    touching = {
        path.relative_to(SOURCE).as_posix()
        for package in ("shifter", "interlock")
        for path in (SOURCE / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }

    assert touching == {"shifter/wiring.py"}
