"""The scripts that build and push the image: right calls, and refusals in one sentence.

`aws`, `docker` and `uv` are small programs here that write down what they are asked;
`make sample-image` uses the real docker where there is one.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from tests.sample_app.service import ROOT

DIGEST = "sha256:" + "a" * 64
BASE = f"python:3.13-slim@{DIGEST}"
REPOSITORY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/payments-dev"
PROGRAM = """\
#!/usr/bin/env bash
echo "$(basename "$0") $*" >> "$CALLS"
case "$(basename "$0") $*" in
    "aws cloudformation describe-stacks"*)
        echo "$STACK_SAYS"; exit "$STACK_CODE" ;;
    "aws ecr describe-images"*)
        [ -e "$PUSHED" ] || exit 254
        echo "$DIGEST" ;;
    "aws ecr get-login-password"*) echo a-password ;;
    "docker login"*) cat > /dev/null ;;
    "docker image inspect"*) echo "sha256:0123456789abcdef0123" ;;
    "docker push"*)
        [ -z "$PUSH_SAYS" ] || { echo "$PUSH_SAYS"; exit 1; }
        touch "$PUSHED" ;;
    "docker info"*) exit "$DOCKER_CODE" ;;
    "uv pip install"*) mkdir -p "$(sed 's/.*--target \\([^ ]*\\).*/\\1/' <<< "$*")" ;;
esac
"""


@dataclass(frozen=True)
class Desk:
    """A copy of the scripts, with programs that do as they are told."""

    folder: Path

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    def run(
        self, script: str, *words: str, **told: str
    ) -> subprocess.CompletedProcess[str]:
        told = {
            "CALLS": str(self.folder / "calls"),
            "PUSHED": str(self.folder / "pushed"),
            "DIGEST": DIGEST,
            "STACK_SAYS": f"{REPOSITORY}\tARM64",
            "STACK_CODE": "0",
            "DOCKER_CODE": "0",
            "PUSH_SAYS": "",
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        } | told
        return subprocess.run(
            [self.folder / "scripts" / script, *words],
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for name in ("scripts", "sample_app", "requirements"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "scripts").unlink()
    for folder in ("scripts", "bin", "infra"):
        (tmp_path / folder).mkdir()
    for script in ("sample-image", "push-sample-image"):
        copy = tmp_path / "scripts" / script
        copy.write_text((ROOT / "scripts" / script).read_text("utf-8"), "utf-8")
        copy.chmod(0o755)
    for program in ("aws", "docker", "uv"):
        (tmp_path / "bin" / program).write_text(PROGRAM)
        (tmp_path / "bin" / program).chmod(0o755)
    (tmp_path / "infra/dms.yaml").write_text("")
    (tmp_path / "calls").touch()
    return Desk(tmp_path)


def test_a_push_prints_the_digest_and_nothing_else(desk: Desk) -> None:
    done = desk.run("push-sample-image", "payments-dev", BASE)

    assert (0, f"{DIGEST}\n") == (done.returncode, done.stdout)
    assert f"docker push --quiet {REPOSITORY}:0123456789ab" in desk.calls


def test_it_is_built_for_the_processors_of_the_stack(desk: Desk) -> None:
    desk.run("push-sample-image", "payments-dev", BASE)
    [build] = [call for call in desk.calls if call.startswith("docker build")]
    [libraries] = [call for call in desk.calls if call.startswith("uv pip install")]

    assert "--platform linux/arm64" in build
    assert f"PYTHON_IMAGE={BASE}" in build
    assert "aarch64-manylinux" in libraries
    assert "--require-hashes" in libraries


def test_what_was_pushed_is_not_pushed_again(desk: Desk) -> None:
    """A tag of the repository cannot be moved, not even to where it is."""
    first = desk.run("push-sample-image", "payments-dev", BASE)
    second = desk.run("push-sample-image", "payments-dev", BASE)

    assert first.stdout == second.stdout
    assert 1 == sum(call.startswith("docker push") for call in desk.calls)


NO_STACK: Mapping[str, str] = {
    "STACK_SAYS": "\nAn error occurred (ValidationError): Stack x does not exist",
    "STACK_CODE": "254",
}


@pytest.mark.parametrize(
    ("words", "told", "said"),
    [
        ([], {}, "STACK is missing: name the root stack"),
        (["x"], {}, "PYTHON_IMAGE is missing: name an image with Python 3.13"),
        (["x", BASE], NO_STACK, "the stack x cannot be read: An error occurred"),
        (["x", BASE], {"STACK_SAYS": "None\tARM64"}, "x has no output RepositoryUri"),
        (["x", "python:3.13"], {}, "python:3.13, which has no digest: add @sha256"),
        (["x", BASE], {"STACK_SAYS": f"{REPOSITORY}\tVAX"}, "the architecture is VAX"),
        (["x", BASE], {"DOCKER_CODE": "1"}, "docker's daemon does not answer"),
        (["x", BASE], {"PUSH_SAYS": "denied: no"}, f"{REPOSITORY} failed: denied: no"),
    ],
)
def test_a_refusal_is_one_sentence(
    desk: Desk, words: list[str], told: dict[str, str], said: str
) -> None:
    done = desk.run("push-sample-image", *words, **told)

    assert (2, "") == (done.returncode, done.stdout)
    assert said in done.stderr
    assert 1 == done.stderr.count("\n")


def test_the_image_trusts_the_authorities_of_the_template() -> None:
    """The Containerfile takes them from infra/dms.yaml by this expression."""
    containerfile = (ROOT / "sample_app/Containerfile").read_text("utf-8")
    expression = "/BEGIN CERTIFICATE/,/END CERTIFICATE/s/^ *//p"
    found = subprocess.run(
        ["sed", "-n", expression, ROOT / "infra/dms.yaml"],
        capture_output=True,
        check=True,
    ).stdout

    assert f"sed -n '{expression}' dms.yaml" in containerfile
    assert 7 == len(x509.load_pem_x509_certificates(found))


def test_the_image_has_no_root_and_no_tag() -> None:
    lines = (ROOT / "sample_app/Containerfile").read_text("utf-8").splitlines()

    assert "USER 10001:10001" in lines
    assert {"FROM ${PYTHON_IMAGE} AS prepared", "FROM ${PYTHON_IMAGE}"} == {
        line for line in lines if line.startswith("FROM")
    }
