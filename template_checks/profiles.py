"""The profiles: infra/params/*.json, with made-up values for what only users know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from template_checks.render import render
from template_checks.source import Sources
from template_checks.tree import Tree

PROFILES = ("dev", "prod")

YOURS: Mapping[str, str] = {
    "DeployId": "20261125T120000Z-1",
    "Project": "payments",
    "CostCenter": "4711",
    "DomainName": "payments.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/0d5f8c1e",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
    "BlueImageDigest": "sha256:" + "b" * 64,
    "GreenImageDigest": "sha256:" + "9" * 64,
    "NoticeEmail": "",
}


def parameters(sources: Sources, profile: str, **changed: str) -> dict[str, Any]:
    """The root's parameters of a profile."""
    of_profile = json.loads(sources.texts[f"infra/params/{profile}.json"])
    return {"Environment": f"payments-{profile}", **YOURS, **of_profile, **changed}


def rendered(sources: Sources, profile: str, **changed: str) -> Tree:
    """The tree of a profile.  Raises Unrenderable, Unreadable."""
    return render(sources, parameters(sources, profile, **changed), profile)
