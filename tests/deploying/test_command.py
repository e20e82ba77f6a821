"""The command as a process: exit codes, sentences, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploying.sam import run_sam

ROOT = Path(__file__).parents[2]
WAITS = """
import pathlib, sys, time
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.01)
sys.exit(7)
"""


def _run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.run(
        [sys.executable, "-m", "deploying", *arguments],
        cwd=ROOT,
        env=kept | nowhere | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_asked_for_is_told() -> None:
    done = _run("check", "prod-alone")

    assert (
        0,
        "prod-alone: Shifter alone, as shifter-payments-prod-alone in eu-central-1.\n",
        "",
    ) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        (("check", "dev"), {}, "DomainName: '': give the name that clients resolve"),
        (("check", ""), {}, "PROFILE: '': samconfig.toml has dev, dev-alone, prod,"),
        (("deploy", "dev"), {}, "CertificateArn: '': give the ARN of the domain's"),
        (("deploy", "dev-alone"), {}, "DescribeStacks on shifter-payments-dev-alone"),
        (("free", "dev-alone", ""), {}, "ID: empty: give the id that stands behind"),
        (
            ("free", "dev-alone", "d-1"),
            {"AWS_PROFILE": "nope"},
            "AWS_PROFILE: The config profile (nope) could not be found",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    arguments: tuple[str, ...], variables: dict[str, str], sentence: str
) -> None:
    done = _run(*arguments, **variables)

    assert (2, "") == (done.returncode, done.stdout)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_sam_is_waited_for_and_somebody_is_called_meanwhile(tmp_path: Path) -> None:
    """The hold is renewed while it works; the exit code is its own."""
    told = tmp_path / "told"

    code = run_sam(
        ["-c", WAITS, str(told)],
        told.touch,
        program=Path(sys.executable),
        every_seconds=0.1,
    )

    assert (7, True) == (code, told.exists())
