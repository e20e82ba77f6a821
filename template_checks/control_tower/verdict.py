"""What cfn-guard finds in a profile and nobody has explained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from template_checks.control_tower.explained import Explanation, stale
from template_checks.control_tower.form import readable
from template_checks.control_tower.pack import controls, judged
from template_checks.flat import logical_id
from template_checks.rules import Finding
from template_checks.tree import Tree


@dataclass(frozen=True)
class Verdict:
    """What the pack says of one rendered tree."""

    profile: str
    judged: int
    """Controls that had something to judge."""
    explained: int
    """Violations that an explanation covers."""
    findings: tuple[Finding, ...]


def verdict(tree: Tree, explanations: Collection[Explanation]) -> Verdict:
    """Judge a tree.  Raises NotInstalled, ToolFailed."""
    report = judged(readable(tree))
    ids = {logical_id(r.stack, r.name): r.id for r in tree.resources()}
    failed = {
        # What SAM makes has an id in its template alone.
        (v.control, ids.get(v.logical_id, v.logical_id)): v.message
        for v in report.violations
    }
    open_ = [
        Finding(control, f"{tree.profile} {resource}", message)
        for (control, resource), message in failed.items()
        if not any(e.covers(control, resource, tree.profile) for e in explanations)
    ]
    return Verdict(
        profile=tree.profile,
        judged=report.judged,
        explained=len(failed) - len(open_),
        findings=tuple(
            sorted(
                [
                    *open_,
                    *stale(
                        explanations,
                        failed.keys(),
                        profile=tree.profile,
                        controls=controls(),
                    ),
                ]
            )
        ),
    )
