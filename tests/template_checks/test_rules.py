from __future__ import annotations

import re

import pytest

from template_checks.check import reasons, rule_findings
from template_checks.profiles import rendered
from template_checks.rules import registered
from tests.template_checks.break_them import caught_by, findings_of_the_whole, whole
from tests.template_checks.mutations import MUTATIONS

VARIANTS = (
    {"EdgeMode": "single"},
    {"DeployDms": "false"},
    {"RotationBy": "guarded"},
    {"DeployRotationHooks": "false"},
    {"NatMode": "none"},
    {"BlueImageDigest": "", "GreenImageDigest": ""},
    {"HostedZoneId": ""},
    {"CreateDmsServiceRoles": "false"},
    {"NoticeEmail": "pager@example.com"},
)


def test_nothing_is_said_about_the_templates_as_they_are() -> None:
    assert frozenset() == findings_of_the_whole()


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_nothing_is_said_about_what_a_parameter_can_choose(
    changed: dict[str, str],
) -> None:
    tree = rendered(whole(), "dev", **changed)

    assert [] == [f for rule in registered().values() for f in rule.findings(tree)]


def test_every_rule_has_a_mutation() -> None:
    """`make test-templates` applies them all; here are only their numbers."""
    assert set() == reasons().keys() - {mutation.rule for mutation in MUTATIONS}
    assert len(MUTATIONS) >= 42


def test_the_twelve_known_failures_are_mutations() -> None:
    numbers = {
        int(match[0])
        for mutation in MUTATIONS
        if (match := re.match(r"\d+(?= )", mutation.name))
    }

    assert set(range(1, 13)) == numbers


def test_every_mutation_has_something_to_break() -> None:
    for mutation in MUTATIONS:
        assert mutation.applied(whole()) != whole()


@pytest.mark.parametrize("mutation", MUTATIONS[::20], ids=str)
def test_a_mutation_is_caught_by_its_own_rule_alone(mutation: object) -> None:
    """A sample; `make test-templates` does it with all of them."""
    [found] = [m for m in MUTATIONS if m == mutation]

    assert {found.rule} == caught_by(found)


def test_a_rule_says_what_goes_wrong_in_one_sentence() -> None:
    unclear = [r for r, why in reasons().items() if not re.fullmatch(r".+\.", why)]

    assert [] == unclear


def test_what_does_not_parse_is_a_finding() -> None:
    broken = whole().with_text("infra/backup.yaml", "Resources: [")

    assert {"RENDER"} == {finding.rule for finding in rule_findings(broken)}
