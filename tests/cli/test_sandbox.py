"""`shifter sandbox serve`: how it begins and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from shifter.cli.errors import ExitCode
from tests.cli.command import run
from tests.served import COMMAND, ROOT, serve

served_group = pytest.mark.xdist_group("served")


@served_group
def test_ctrl_c_ends_it_quickly_and_quietly() -> None:
    """`serve` sees that SIGTERM does so, too, and that nothing is on stderr."""
    with serve() as up:
        before = time.monotonic()
        up.process.send_signal(signal.SIGINT)
        assert ExitCode.OK == up.process.wait(10)
        assert time.monotonic() - before < 5, "2 s on a machine that is not busy"


@served_group
def test_people_are_told_what_to_paste() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--speed", "600"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as printed:
        first = printed.readline()
        process.terminate()
        rest = printed.read()

    assert ExitCode.OK == process.wait(20)
    assert first.startswith("payments-prod is up at http://127.0.0.1:")
    assert "and its time runs 600 times as fast" in first
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in rest
    assert "AWS_ACCESS_KEY_ID=ada" in rest


@served_group
def test_the_logs_of_functions_go_to_the_file(tmp_path: Path) -> None:
    log = tmp_path / "functions.log"
    with serve("--log", str(log)) as up:
        up.order("ada", order="status")

    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert any("no cutover" in line["message"] for line in told)


def test_a_port_in_use_is_refused_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = run("sandbox", "serve", "--port", str(port))

    assert ExitCode.REFUSED == result.exit_code
    assert result.stderr == (
        f"port {port} cannot be had (Address already in use): "
        "choose another one with --port, or 0 for any that is free\n"
    )


def test_a_log_that_cannot_be_written_is_refused_in_one_sentence(
    tmp_path: Path,
) -> None:
    log = tmp_path / "missing" / "functions.log"

    result = run("sandbox", "serve", "--log", str(log))

    assert ExitCode.REFUSED == result.exit_code
    assert result.stderr == (
        f"--log {log}: No such file or directory: name a file that can be written\n"
    )


@pytest.mark.parametrize("wrong", ["--speed=0", "--speed=fast", "--port=65536"])
def test_a_wrong_option_is_a_wrong_call(wrong: str) -> None:
    result = run("sandbox", "serve", wrong)

    assert ExitCode.USAGE == result.exit_code
    assert "Usage: " in result.stderr
