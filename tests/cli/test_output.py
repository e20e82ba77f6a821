"""Output that cannot be written is no bug, and has codes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAN = str(ROOT / "examples" / "plan.yaml")
COMMANDS = [
    ["plan", "check", PLAN],
    ["plan", "show", PLAN],
    ["plan", "show", "--json", PLAN],
]


def _run(arguments: list[str], stdout: int) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "shifter", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has it")
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda a: " ".join(a[:2]))
def test_a_full_disk_is_told_in_one_sentence(arguments: list[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        told = _run(arguments, full)
    finally:
        os.close(full)

    assert told == (
        7,
        (
            "the output cannot be written: No space left on device: an order that was "
            "given stays given: look with shifter status\n"
        ),
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda a: " ".join(a[:2]))
def test_a_pipe_that_nobody_reads_is_no_failure_of_a_journal(
    arguments: list[str],
) -> None:
    """1 of `history` would mean that it is not whole."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        told = _run(arguments, writing)
    finally:
        os.close(writing)

    assert told == (141, "")
