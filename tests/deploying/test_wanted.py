"""What a deployment is asked to be: everything that is wrong is told, and at once."""

from __future__ import annotations

import pytest

from deploying.wanted import Wrong, wanted
from template_checks.source import Sources, read

CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/0d5f8c1e-1"
DIGEST = "sha256:" + "7" * 64


def _filled(profile: str = "dev", **changed: str) -> Sources:
    """The shipped configuration, with what only users know."""
    sources = read()
    text = sources.texts["samconfig.toml"]
    before, mark, section = text.partition(f"[{profile}.deploy.parameters]")
    yours = {
        "DomainName=": "DomainName=pay.example.com",
        "CertificateArn=": f"CertificateArn={CERTIFICATE}",
        **changed,
    }
    for old, new in yours.items():
        section = section.replace(f'    "{old}"', f'    "{new}"', 1)
    return sources.with_text("samconfig.toml", before + mark + section)


def _problems(sources: Sources, profile: str = "dev") -> tuple[str, ...]:
    with pytest.raises(Wrong) as found:
        wanted(sources, profile)
    return found.value.problems


@pytest.mark.parametrize("profile", ["dev", "prod"])
def test_a_domain_and_a_certificate_are_all_that_is_missing(profile: str) -> None:
    problems = _problems(read(), profile)

    assert ["DomainName: ''", "CertificateArn: ''"] == [
        problem.partition(": give")[0] for problem in problems
    ]
    assert wanted(_filled(profile), profile).deploys_infrastructure


def test_what_is_not_yours_comes_from_the_profile() -> None:
    found = wanted(_filled("prod"), "prod")

    assert ("shifter-payments-prod", "eu-central-1", "payments-prod") == (
        found.stack,
        found.region,
        found.environment,
    )
    assert ("per-az", "pay.example.com") == (
        found.parameters["NatMode"],
        found.parameters["DomainName"],
    )


def test_what_is_yours_wins_over_the_profile() -> None:
    sources = _filled(**{"NoticeEmail=": "NatMode=none"})

    assert "none" == wanted(sources, "dev").parameters["NatMode"]


@pytest.mark.parametrize("profile", ["dev-alone", "prod-alone"])
def test_shifter_alone_needs_no_profile_and_no_domain(profile: str) -> None:
    found = wanted(read(), profile)

    assert not found.deploys_infrastructure
    assert "NatMode" not in found.parameters


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("DomainName=", "DomainName=Pay.example", "DomainName: 'Pay.example': give"),
        ("DomainName=", "DomainName=localhost", "DomainName: 'localhost': give"),
        (
            "CertificateArn=",
            f"CertificateArn={CERTIFICATE}".replace("eu-central-1", "us-east-1"),
            "give the ARN of the domain's certificate in eu-central-1",
        ),
        (
            "BlueImageDigest=",
            "BlueImageDigest=latest",
            "BlueImageDigest: 'latest': give sha256: and 64 digits",
        ),
        (
            "NoticeEmail=",
            "DeployId=1",
            "DeployId: '1': leave it out: each deployment makes its own",
        ),
        (
            "NoticeEmail=",
            "Edge1GreenWeight=1",
            "Edge1GreenWeight: '1': leave it out: the live weights are read",
        ),
        ("NoticeEmail=", "Wings=2", "Wings: '2': leave it out: template.yaml does not"),
        ("NoticeEmail=", "NatMode=some", "'some': give one of none, single, per-az"),
        (
            "Environment=payments-dev",
            "Environment=Pay",
            "Environment: 'Pay': give at most 30 lower-case letters",
        ),
        ("CostCenter=4711", "CostCenter=4712", "tags CostCenter: '4711': give '4712'"),
        ("Environment=payments-dev", "Project=p", "Environment: missing: Name of the"),
        ("NoticeEmail=", "so", "[dev]: ['so']: write a list of NAME=value"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence_that_names_it(
    old: str, new: str, problem: str
) -> None:
    told = _problems(_filled(**{old: new}))

    assert any(problem in sentence for sentence in told), told


def test_everything_that_is_wrong_is_told_at_once() -> None:
    sources = _filled(**{"DomainName=": "DomainName=x", "NoticeEmail=": "NatMode=some"})

    assert 2 == len(_problems(sources))


def test_a_digest_is_a_digest() -> None:
    sources = _filled(**{"GreenImageDigest=": f"GreenImageDigest={DIGEST}"})

    assert DIGEST == wanted(sources, "dev").parameters["GreenImageDigest"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            '"shifter-payments-dev"',
            '"2 stacks"',
            "stack_name: '2 stacks': give letters",
        ),
        ('region = "eu-central-1"', 'region = "here"', "region: 'here': give a region"),
        ("version = 0.1", "version =", "samconfig.toml: Invalid value"),
        ("[dev.deploy", "[den.deploy", "PROFILE: 'dev': samconfig.toml has den, "),
    ],
)
def test_a_configuration_that_is_wrong_is_told(
    old: str, new: str, problem: str
) -> None:
    sources = _filled()
    text = sources.texts["samconfig.toml"].replace(old, new, 1)

    assert any(
        problem in told for told in _problems(sources.with_text("samconfig.toml", text))
    )


def test_a_profile_without_its_file_is_told() -> None:
    sources = _filled().with_text("infra/params/dev.json", None)

    assert (
        "PROFILE: 'dev': there is no infra/params/dev.json that belongs to it",
    ) == (_problems(sources))


def test_shifter_alone_needs_something_to_move() -> None:
    sources = read()
    text = sources.texts["samconfig.toml"].replace('"ListenerArns=arn', '"RecordNames=')

    [problem] = _problems(sources.with_text("samconfig.toml", text), "dev-alone")
    assert "ListenerRuleArns, ListenerArns: empty: name what Shifter is to move" == (
        problem
    )
