from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shifter.cli.errors import MEANINGS, ExitCode
from tests.cli.command import run

ROOT = Path(__file__).parents[2]
SHIFTER = Path(sys.executable).with_name("shifter")


def _shifter(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SHIFTER, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_installed_command_accepts_the_shipped_plan() -> None:
    ended = _shifter("plan", "check", "examples/plan.yaml")

    assert ended.returncode == 0
    assert "The plan is good" in ended.stdout
    assert ended.stderr == ""


def test_the_installed_command_refuses_a_bad_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("name: x\nsteps: 5\n")

    ended = _shifter("plan", "check", str(plan))

    assert ended.returncode == 3
    assert ended.stdout == ""
    assert f"{plan}:2:8: steps: 5: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_version() -> None:
    result = run("--version")

    assert result.exit_code == 0
    assert result.stdout == "shifter 0.1.0\n"


def test_the_help_lists_every_exit_code() -> None:
    result = run("--help")

    assert result.exit_code == 0
    assert set(MEANINGS) == set(ExitCode)
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert [f"{c.value}  {MEANINGS[c]}" for c in ExitCode] == lines[-len(ExitCode) :]


@pytest.mark.parametrize("command", ["check", "show"])
def test_the_help_of_a_command_lists_its_exit_codes(command: str) -> None:
    result = run("plan", command, "--help")

    assert "0  the plan is good" in result.stdout
    assert "3  the plan or another input is wrong" in result.stdout
    assert "--json" in result.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["plan"], ["plan", "check"], ["plan", "bogus"], ["--bogus"]]
)
def test_a_wrong_call_ends_with_the_code_for_it(arguments: list[str]) -> None:
    result = run(*arguments)

    assert result.exit_code == ExitCode.USAGE
    assert "Usage: " in result.stderr
    assert "Traceback" not in result.stderr


def test_looking_at_a_plan_loads_neither_aws_nor_the_sandbox() -> None:
    """A command line that answers at once is one that people use."""
    heavy = "boto3", "botocore", "moto", "shifter_sandbox"
    program = (
        "import sys, shifter.cli.main; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ended.stdout == "[]\n"


def test_a_terminal_that_knows_no_bars_gets_question_marks() -> None:
    plan = (ROOT / "examples" / "plan.yaml").read_text("utf-8")

    shown = subprocess.run(
        [sys.executable, "-m", "shifter", "plan", "check", "-"],
        input=plan.replace("Payments to", "Zahlungen für"),
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (0, "") == (shown.returncode, shown.stderr)
    assert "The plan is good: Zahlungen f" in shown.stdout
