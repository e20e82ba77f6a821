"""Breaking the templates, one mutation at a time, and looking who says so."""

from __future__ import annotations

from functools import cache

from template_checks.check import rule_findings, written_findings
from template_checks.control_tower.explained import explanations
from template_checks.control_tower.verdict import verdict
from template_checks.profiles import rendered
from template_checks.rules import Finding
from template_checks.source import Sources, read
from tests.template_checks.mutations import Mutation


@cache
def whole() -> Sources:
    """The templates as they are."""
    return read()


@cache
def findings_of_the_whole() -> frozenset[Finding]:
    """What is said about the templates as they are: nothing, one hopes."""
    return frozenset(_findings(whole()))


def caught_by(mutation: Mutation) -> set[str]:
    """The rules that say something about a mutation which they did not say before."""
    found = _findings(mutation.applied(whole()))
    return {finding.rule for finding in found - findings_of_the_whole()}


def control_tower_catches(mutation: Mutation) -> set[str]:
    """The controls that prod does not satisfy any more, and nobody has explained."""
    tree = rendered(mutation.applied(whole()), "prod")
    return {finding.rule for finding in verdict(tree, explanations()).findings}


def _findings(sources: Sources) -> set[Finding]:
    return {*rule_findings(sources), *written_findings(sources)}
