"""cfn-guard and the rules of Control Tower: where they are, and what they say."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from template_checks.control_tower.form import NotInstalled, ToolFailed
from template_checks.source import ROOT, Template

PACKAGE = ROOT / ".tools/cfn-guard/package"
RULES = PACKAGE / "rules/control-tower/cfn-guard"
ABOUT = PACKAGE / "rules/control-tower/metadata"
SYSTEMS = {"Linux": "ubuntu", "Darwin": "macos"}
PROCESSORS = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
ALL_PASSED, SOME_FAILED = 0, 19
_CONTROL = re.compile(r"\[(CT\.[\w.-]+)\]: *(.+)")
_FIX = re.compile(r"\[FIX\]: *(.+)")


@dataclass(frozen=True, order=True)
class Violation:
    """A control that a resource does not satisfy."""

    control: str
    logical_id: str
    message: str


@dataclass(frozen=True)
class Report:
    """What the rules said of one template."""

    violations: tuple[Violation, ...]
    judged: int
    """Controls that had something to look at, and judged it."""


def program() -> Path:
    """cfn-guard for this machine.  Raises NotInstalled."""
    system, processor = platform.system(), platform.machine()
    if system not in SYSTEMS or processor not in PROCESSORS:
        raise NotInstalled(
            f"there is no cfn-guard for {system} on {processor}: use Linux or macOS"
        )
    found = PACKAGE / "bin" / SYSTEMS[system] / PROCESSORS[processor] / "cfn-guard"
    if not found.exists():
        raise NotInstalled("cfn-guard is not installed: run make check-templates once")
    return found


@cache
def controls() -> dict[str, str]:
    """Every control of the pack, and what it is for.  Raises NotInstalled."""
    return {about["Id"]: about["DisplayName"] for about in _about().values()}


def judged(template: Template) -> Report:
    """What the rules say.  Raises NotInstalled, ToolFailed."""
    guard = program()
    rules = list(_rules_for({body["Type"] for body in template["Resources"].values()}))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "template.json"
        data.write_text(json.dumps(template), encoding="utf-8")
        options = ["--structured", "--output-format", "json", "--show-summary", "none"]
        ran = subprocess.run(  # noqa: S603 - the program that the lock pins
            [guard, "validate", "--rules", *rules, "--data", data, *options],
            capture_output=True,
            text=True,
            check=False,
        )
    # A rule that it cannot read it tells on stderr, and goes on without.
    if ran.returncode not in {ALL_PASSED, SOME_FAILED} or ran.stderr:
        raise ToolFailed(
            f"cfn-guard fails: {(ran.stderr or ran.stdout).strip()[-500:]}"
        )
    [report] = json.loads(ran.stdout)
    failed = report["not_compliant"]
    return Report(
        violations=tuple(
            sorted({v for rule in failed for v in _violations(rule["Rule"])})
        ),
        judged=len(failed) + len(report["compliant"]),
    )


def _rules_for(types: set[str]) -> Iterator[Path]:
    """The rules that look at one of the types.  The others only take their time."""
    for rule, about in _about().items():
        if types & set(about["EvaluatedResourceTypes"]):
            yield rule


@cache
def _about() -> dict[Path, Any]:
    """The file of every rule, and what the pack says about it."""
    program()
    found = {}
    for rule in sorted(RULES.glob("*/*.guard")):
        about = ABOUT / rule.parent.name / f"{rule.stem}.metadata.json"
        found[rule] = json.loads(about.read_text("utf-8"))
    return found


def _violations(rule: Any) -> Iterator[Violation]:
    text = "\n".join(_under(rule, "custom_message"))
    told = _CONTROL.search(text)
    control, title = told.groups() if told else (rule["name"], "")
    fix = _FIX.search(text)
    message = f"{title.strip()}. {fix[1].strip() if fix else ''}".strip()
    for logical_id in _resources(rule) or {"unknown"}:
        yield Violation(control, logical_id, message)


def _resources(rule: Any) -> set[str]:
    """The logical ids of the resources that failed."""
    return {
        path.split("/")[2]
        for path in _under(rule, "path")
        if path.startswith("/Resources/")
    }


def _under(value: Any, key: str) -> Iterator[str]:
    """Every text under the key, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key and isinstance(inner, str):
                yield inner
            else:
                yield from _under(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, key)
