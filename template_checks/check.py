"""Looking: the rules on each profile's tree, and the plugin on each template.

cfn-lint runs the plugin by itself; here it is run alone, for the tests of the rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from template_checks.lint import written
from template_checks.profiles import PROFILES, rendered
from template_checks.render import Unrenderable
from template_checks.rules import Finding, registered
from template_checks.source import Sources, Unreadable

PLUGIN = (
    written.LocalTemplates(),
    written.WeightsAreParameters(),
    written.DataAreKept(),
    written.TransformOfRotations(),
    written.NoExports(),
    written.NoPlaces(),
    written.Described(),
)
UNRENDERABLE = "RENDER"


def rule_findings(sources: Sources) -> list[Finding]:
    """What the rules say, each finding once, whichever profile shows it."""
    found: set[Finding] = set()
    for profile in PROFILES:
        try:
            tree = rendered(sources, profile)
        except (Unrenderable, Unreadable) as error:
            found.add(Finding(UNRENDERABLE, profile, str(error)))
            continue
        for rule in registered().values():
            found.update(rule.findings(tree))
    return sorted(found)


def written_findings(sources: Sources) -> Iterator[Finding]:
    """What the plugin says about all templates that parse."""
    for path in sources.paths():
        try:
            template = sources.template(path)
        except Unreadable:
            continue  # rendering says so
        for rule in PLUGIN:
            for place, message in rule.problems(template):
                where = "/".join(str(part) for part in place)
                yield Finding(rule.id, f"{path}:{where}", message)


def reasons() -> dict[str, str]:
    """What goes wrong in AWS without each rule of ours."""
    return {
        UNRENDERABLE: "AWS refuses a name, an output or a file that is not there.",
        **{rule.id: rule.description for rule in PLUGIN},
        **{rule.id: rule.why for rule in registered().values()},
    }
