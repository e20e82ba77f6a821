"""Control Tower's rules on what the templates render to, and reasons against some."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from template_checks.control_tower.explained import (
    Explanation,
    NotWhole,
    explanations,
    stale,
)
from template_checks.control_tower.form import SAM, NotInstalled, ToolFailed, readable
from template_checks.control_tower.pack import controls, judged, program
from template_checks.control_tower.verdict import verdict
from template_checks.profiles import PROFILES, rendered
from template_checks.rules import Finding
from tests.template_checks.break_them import control_tower_catches, whole
from tests.template_checks.mutations import CONTROL_TOWER

BACKTRACK = Explanation(
    control="CT.RDS.PR.6",
    profiles=("prod",),
    resources=("Database/*Cluster",),
    reason="A database that goes back in time takes payments with it.",
)


@pytest.fixture(scope="module")
def installed() -> None:
    """Skip the test where make has not installed the tools, but fail it in CI."""
    try:
        program()
        missing = "" if SAM.exists() else "SAM is not: run make check-templates once"
    except NotInstalled as error:
        missing = str(error)
    if missing:
        assert not os.environ.get("CI"), missing
        pytest.skip(missing)


@pytest.fixture(scope="module")
def prod(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    request.getfixturevalue("installed")
    return dict(readable(rendered(whole(), "prod"))["Resources"])


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("profile", PROFILES)
def test_control_tower_finds_nothing_that_is_not_explained(profile: str) -> None:
    said = verdict(rendered(whole(), profile), explanations())

    assert () == said.findings
    assert said.judged > 60
    assert said.explained > 20


@pytest.mark.usefixtures("installed")
def test_without_the_reasons_there_are_findings() -> None:
    """The negative control: what is explained was found."""
    said = verdict(rendered(whole(), "prod"), ())

    assert 0 == said.explained
    assert {"CT.RDS.PR.6"} <= {finding.rule for finding in said.findings}
    assert "prod Database/BlueCluster" in {finding.where for finding in said.findings}


@pytest.mark.usefixtures("installed")
def test_an_unencrypted_database_is_seen() -> None:
    """`make test-templates` applies all of them."""
    assert {CONTROL_TOWER[0].rule} == control_tower_catches(CONTROL_TOWER[0])


def test_every_mutation_has_something_to_break() -> None:
    for mutation in CONTROL_TOWER:
        assert mutation.applied(whole()) != whole()


def test_a_reason_against_nothing_is_a_finding() -> None:
    found = list(
        stale([BACKTRACK], (), profile="prod", controls={BACKTRACK.control: ""})
    )

    assert [
        Finding(
            "EXPLAINED",
            "prod Database/*Cluster",
            "CT.RDS.PR.6 has nothing against it",
        )
    ] == found


def test_a_reason_counts_only_in_its_profile_and_for_its_resources() -> None:
    failed = ("CT.RDS.PR.6", "Database/BlueCluster")
    known = {BACKTRACK.control}

    assert BACKTRACK.covers(*failed, "prod")
    assert not BACKTRACK.covers(*failed, "dev")
    assert not BACKTRACK.covers("CT.RDS.PR.6", "Database/BlueWriter", "prod")
    assert not BACKTRACK.covers("CT.RDS.PR.60", "Database/BlueCluster", "prod")
    assert [] == list(stale([BACKTRACK], {failed}, profile="prod", controls=known))
    assert [] == list(stale([BACKTRACK], (), profile="dev", controls=known))


def test_a_reason_against_a_control_that_does_not_exist_is_a_finding() -> None:
    [found] = stale([BACKTRACK], (), profile="dev", controls={"CT.RDS.PR.7"})

    assert "the pack has no such control" == found.message


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": "Because."},
        {"control": "RDS.6"},
        {"resources": ()},
        {"profiles": ()},
        {"ressources": ("*",)},
    ],
    ids=str,
)
def test_an_explanation_is_whole(changed: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Explanation.model_validate({**BACKTRACK.model_dump(), **changed})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {control: CT.RDS.PR.6", "does not parse"),
        ("- {control: CT.RDS.PR.6}", "entry 0 profiles: Field required"),
        ("", "entry the whole: Input should be a valid tuple"),
    ],
)
def test_a_reason_that_is_not_whole_is_told_in_one_sentence(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "explained.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(NotWhole, match=rf"^explained\.yaml.*{told}"):
        explanations(path)


@pytest.mark.usefixtures("installed")
def test_a_template_without_anything_to_judge_is_refused() -> None:
    """What nobody has looked at is not what nothing was found in."""
    with pytest.raises(ToolFailed, match="cfn-guard fails"):
        judged({"Resources": {"Thing": {"Type": "AWS::Nothing::Here"}}})


def test_only_dev_may_explain_everything_with_a_star() -> None:
    wide = [e for e in explanations() if "*" in e.resources]

    assert {("dev",)} == {e.profiles for e in wide}


def test_every_profile_of_a_reason_exists() -> None:
    assert {p for e in explanations() for p in e.profiles} <= set(PROFILES)


@pytest.mark.usefixtures("installed")
def test_every_control_of_the_pack_has_a_title() -> None:
    assert len(controls()) > 200
    assert all(re.match(r"CT\.", name) and title for name, title in controls().items())


def test_what_sam_makes_is_looked_at(prod: Mapping[str, Any]) -> None:
    types = {body["Type"] for body in prod.values()}

    assert {"AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"} <= types
    assert not any(name.startswith("AWS::Serverless") for name in types)


def test_numbers_and_booleans_are_such(prod: Mapping[str, Any]) -> None:
    """A parameter is text; no rule takes "365" for 365."""
    assert 365 == prod["NetworkFlowLogs"]["Properties"]["RetentionInDays"]
    properties = prod["DatabaseBlueCluster"]["Properties"]
    assert properties["DeletionProtection"] is True
    attributes = prod["AlbEdge1"]["Properties"]["LoadBalancerAttributes"]
    assert {"Key": "deletion_protection.enabled", "Value": "true"} in attributes


def test_what_one_stack_takes_from_another_is_a_reference(
    prod: Mapping[str, Any],
) -> None:
    cluster = prod["DatabaseBlueCluster"]["Properties"]

    assert {"Fn::GetAtt": ["SecurityDataKey", "Arn"]} == cluster["KmsKeyId"]
