"""What a deployment is asked to be, read and judged before anything is done.

Rules of this file
* `samconfig.toml` holds what only you know, `infra/params/*.json` what belongs to the
  profile; yours win.
* Every problem is one sentence that names the field, the value and the remedy, and all
  of them are told at once.
* What a deployment finds out by itself cannot be given: its id, and the weights.

AWS documentation: AWS SAM developer guide, "AWS SAM CLI configuration file"; AWS
Certificate Manager user guide, "AWS Certificate Manager concepts" (one region each).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from template_checks.source import ROOT_TEMPLATE, Sources

CONFIG = "samconfig.toml"
ALONE = "-alone"
TAGS = ("Environment", "Project", "CostCenter")
DEPLOY_ID = "DeployId"
_WEIGHT = re.compile(r"Edge\d\w*Weight")
_DIGEST = (
    "(sha256:[0-9a-f]{64})?",
    "give sha256: and 64 digits, or nothing for no tasks yet",
)


class Wrong(Exception):
    """What was asked for cannot be deployed; one sentence a problem."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Wanted:
    """One deployment, as it is asked for."""

    profile: str
    stack: str
    region: str
    parameters: Mapping[str, str]
    rolls_back: bool
    """Whether a deployment that fails is rolled back, or left as it is."""

    @property
    def environment(self) -> str:
        return self.parameters["Environment"]

    @property
    def deploys_infrastructure(self) -> bool:
        return self.parameters.get("DeployInfrastructure", "true") == "true"


def wanted(sources: Sources, profile: str) -> Wanted:
    """The deployment of a profile.  Raises Wrong with everything that is wrong."""
    config = _section(sources, profile)
    given = _pairs(config.get("parameter_overrides", []), f"[{profile}]")
    infrastructure = given.get("DeployInfrastructure", "true") == "true"
    parameters = {**(_of_profile(sources, profile) if infrastructure else {}), **given}
    found = Wanted(
        profile,
        str(config.get("stack_name", "")),
        str(config.get("region", "")),
        parameters,
        rolls_back=not config.get("disable_rollback", False),
    )
    declared = sources.template(ROOT_TEMPLATE)["Parameters"]
    problems = [
        *_of_the_stack(found),
        *_of_names(given, declared),
        *_of_values(found, declared),
        *_of_tags(found, _pairs(config.get("tags", []), f"[{profile}] tags")),
    ]
    if problems:
        raise Wrong(*problems)
    return found


def _section(sources: Sources, profile: str) -> Mapping[str, Any]:
    try:
        config = tomllib.loads(sources.texts[CONFIG])
    except tomllib.TOMLDecodeError as error:
        raise Wrong(f"{CONFIG}: {error}: write it as TOML") from None
    known = sorted(
        name
        for name, section in config.items()
        if isinstance(section, dict) and "parameters" in section.get("deploy", {})
    )
    if profile not in known:
        raise Wrong(f"PROFILE: {profile!r}: {CONFIG} has {', '.join(known)}: give one")
    found: Mapping[str, Any] = config[profile]["deploy"]["parameters"]
    return found


def _pairs(given: Any, where: str) -> dict[str, str]:
    """NAME=value as a mapping.  Raises Wrong for any other form."""
    wrong = [text for text in given if "=" not in str(text)]
    if wrong or not isinstance(given, list):
        raise Wrong(f"{where}: {wrong or given}: write a list of NAME=value")
    return dict(str(text).split("=", 1) for text in given)


def _of_profile(sources: Sources, profile: str) -> dict[str, str]:
    path = f"infra/params/{profile.removesuffix(ALONE)}.json"
    if path not in sources.texts:
        raise Wrong(f"PROFILE: {profile!r}: there is no {path} that belongs to it")
    found: dict[str, str] = json.loads(sources.texts[path])
    return found


def _of_the_stack(found: Wanted) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", found.stack):
        yield f"stack_name: {found.stack!r}: give letters, digits and hyphens"
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", found.region):
        yield f"region: {found.region!r}: give a region, such as eu-central-1"


def _of_names(given: Mapping[str, str], declared: Mapping[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if name == DEPLOY_ID:
            yield f"{name}: {value!r}: leave it out: each deployment makes its own"
        elif _WEIGHT.fullmatch(name):
            yield f"{name}: {value!r}: leave it out: the live weights are read"
        elif name not in declared:
            yield f"{name}: {value!r}: leave it out: {ROOT_TEMPLATE} does not ask it"
    for name, parameter in declared.items():
        if "Default" not in parameter and name not in {*given, DEPLOY_ID}:
            yield f"{name}: missing: {parameter['Description']}"


def _of_values(found: Wanted, declared: Mapping[str, Any]) -> Iterator[str]:
    forms = _forms(found.region) if found.deploys_infrastructure else {}
    for name, (form, remedy) in forms.items():
        value = found.parameters.get(name, "")
        if not re.fullmatch(form, value):
            yield f"{name}: {value!r}: {remedy}"
    for name, value in found.parameters.items():
        parameter = declared.get(name, {})
        allowed = [str(one) for one in parameter.get("AllowedValues", [value])]
        pattern = parameter.get("AllowedPattern", ".*")
        if value not in allowed:
            yield f"{name}: {value!r}: give one of {', '.join(allowed)}"
        elif not re.fullmatch(pattern, value):
            remedy = parameter.get("ConstraintDescription", pattern)
            yield f"{name}: {value!r}: give {remedy}"
    if not found.deploys_infrastructure and not any(
        found.parameters.get(name) for name in ("ListenerRuleArns", "ListenerArns")
    ):
        yield "ListenerRuleArns, ListenerArns: empty: name what Shifter is to move"


def _forms(region: str) -> Mapping[str, tuple[str, str]]:
    """What only you know has to look like, where the infrastructure is deployed."""
    label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    return {
        "DomainName": (
            rf"(?=.{{1,253}}$)({label}\.)+[a-z]{{2,63}}",
            "give the name that clients resolve, in lower case: payments.example.com",
        ),
        "CertificateArn": (
            rf"arn:aws[a-z-]*:acm:{re.escape(region)}:\d{{12}}:certificate/[\w-]+",
            f"give the ARN of the domain's certificate in {region}",
        ),
        "BlueImageDigest": _DIGEST,
        "GreenImageDigest": _DIGEST,
    }


def _of_tags(found: Wanted, tags: Mapping[str, str]) -> Iterator[str]:
    """The stack's tags are those of its resources: transforms have no others."""
    for name in TAGS:
        value, tag = found.parameters.get(name, ""), tags.get(name)
        if value and tag != value:
            yield f"tags {name}: {tag!r}: give {value!r}, as in parameter_overrides"
