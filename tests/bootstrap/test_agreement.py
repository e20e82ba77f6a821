"""Templates, files of SQL, settings of DMS and the code say the same."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bootstrap import handler
from bootstrap.request import Request, Side, Wanted
from bootstrap.secrets import SCHEMA
from bootstrap.settings import Settings
from bootstrap.steps import SCRIPTS
from sql_files.rights import template
from sql_files.roles import Role
from tests.bootstrap.world import ROOT, SQL
from tests.infra.template import properties

STACK = "infra/bootstrap.yaml"
FUNCTION = properties(STACK, "AWS::Serverless::Function")["BootstrapFunction"]
ASKED = properties(STACK, "Custom::DatabaseBootstrap")
CLOUDFORMATIONS = {"ServiceToken", "ServiceTimeout", "Version"}
PROPERTIES = {str(field.alias) for field in Wanted.model_fields.values()}
EVENTS = sorted((ROOT / "events/bootstrap").glob("*.json"))


def _settings_of_dms() -> list[Any]:
    paths = (ROOT / "infra/dms").glob("settings-*.json")
    return [json.loads(path.read_text("utf-8")) for path in paths]


def test_the_template_asks_for_each_side_in_the_words_of_the_code() -> None:
    assert {f"{side.title()}Bootstrap" for side in Side} == set(ASKED)
    for asked in ASKED.values():
        assert PROPERTIES | CLOUDFORMATIONS == set(asked)


def test_the_function_is_told_what_it_reads(tmp_path: Any) -> None:
    told = FUNCTION["Environment"]["Variables"]

    assert {"SQL_FOLDER", "DATABASE_AUTHORITIES"} == set(told)
    text = (ROOT / "src/bootstrap/settings.py").read_text("utf-8")
    assert set(told) == set(re.findall(r'_given\(environment, "(\w+)"\)', text))
    assert Settings.__dataclass_fields__.keys() == {"sql_folder", "trusted"}


def test_the_function_has_a_handler_and_time_to_wait() -> None:
    module, _, name = FUNCTION["Handler"].rpartition(".")

    assert (handler.__name__, True) == (module, callable(getattr(handler, name)))
    assert FUNCTION["Timeout"] >= 4 * handler.KEPT_FOR_THE_REST_S


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_an_event_is_one_of_cloudformation(path: Any) -> None:
    text = path.read_text("utf-8")
    event = json.loads(text)

    assert json.dumps(event, indent=2, ensure_ascii=False) + "\n" == text
    assert path.stem == Request.parse(event).kind.lower()
    assert PROPERTIES | CLOUDFORMATIONS == set(event["ResourceProperties"])
    assert Side.BLUE is Request.parse(event).wanted().side


def test_there_is_an_event_for_each_kind() -> None:
    assert {"create", "update", "delete"} == {path.stem for path in EVENTS}


def test_every_file_of_sql_has_a_reader() -> None:
    assert set(SCRIPTS) == {path.stem for path in SQL.glob("*.sql")}
    assert {*Role, "app-fenced"} == {path.stem for path in (SQL / "grants").iterdir()}


def test_replication_finds_its_schemas_and_may_write_there() -> None:
    made = (SQL / "replication.sql").read_text("utf-8")
    rights = {right.on for right in template(SQL, "dms")}

    for settings in _settings_of_dms():
        loop = settings["LoopbackPreventionSettings"]
        for name in (
            settings["ControlTablesSettings"]["ControlSchema"],
            loop["SourceSchema"],
            loop["TargetSchema"],
        ):
            assert f"CREATE DATABASE IF NOT EXISTS {name};" in made
            escaped = name.replace("_", r"\_")
            assert f"`{escaped}`.*" in rights


def test_replication_carries_the_payments_and_the_markers_and_no_fence() -> None:
    """The row of the fence is a database's own."""
    carried = {
        (rule["object-locator"]["schema-name"], rule["object-locator"]["table-name"])
        for path in (ROOT / "infra/dms").glob("mappings-*.json")
        for rule in json.loads(path.read_text("utf-8"))["rules"]
        if rule.get("rule-action") == "include"
    }

    assert {
        (SCHEMA, "%"),
        ("shifter", "marker_forward"),
        ("shifter", "marker_reverse"),
    } == carried
    for _, table in carried - {(SCHEMA, "%")}:
        assert f"shifter.{table} (" in (SQL / "fence.sql").read_text("utf-8")


def test_the_clusters_make_the_schema_that_the_secrets_name() -> None:
    for cluster in properties("infra/database.yaml", "AWS::RDS::DBCluster").values():
        assert SCHEMA == cluster["DatabaseName"]


def test_no_role_has_the_name_of_the_master_user() -> None:
    secrets = properties("infra/security.yaml", "AWS::SecretsManager::Secret")
    names = {
        name: re.findall(r'"username": "(\w+)"', str(secret["GenerateSecretString"]))
        for name, secret in secrets.items()
    }

    for side in Side:
        assert [[role] for role in Role] == [
            names[f"{side.title()}{role.title()}Secret"] for role in Role
        ]
        assert ["shifter_master"] == names[f"{side.title()}MasterSecret"]


def test_the_role_allows_what_the_function_does_and_nothing_else() -> None:
    """To read its eight secrets, to log, and to be put into the network by Lambda."""
    policies = properties(STACK, "AWS::IAM::Role")["BootstrapRole"]["Policies"]
    allowed = {
        policy["PolicyName"]: [
            statement
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        ]
        for policy in policies
    }

    assert {"credentials", "logs", "network"} == set(allowed)
    [read, by_way, variables] = allowed["credentials"]
    assert ["secretsmanager:GetSecretValue", "kms:Decrypt", "kms:Decrypt"] == [
        statement["Action"] for statement in (read, by_way, variables)
    ]
    assert sorted(
        f"{side.title()}{role}SecretArn"
        for side in Side
        for role in ("Master", *(role.title() for role in Role))
    ) == sorted(secret["Ref"] for secret in read["Resource"])
    assert {"logs:CreateLogStream", "logs:PutLogEvents"} == set(
        allowed["logs"][0]["Action"]
    )
    assert {"ec2"} == {
        action.partition(":")[0]
        for statement in allowed["network"]
        for action in statement["Action"]
    }
