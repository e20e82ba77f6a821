"""The stories in docker: the built packages by `sam local invoke`, against the sandbox.

    make local-invoke
    python -m tests.events.local "an alarm"    one story

Tells for each event whether it ran and what came back, and for what cannot run here,
why not.  Rules: no registry is asked, so the image must be there, which
scripts/lambda-image makes; a container reaches the sandbox at docker's own address, and
nobody else does.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import boto3
import yaml

from shifter_sandbox.served import Served, served
from tests.events.stories import (
    STORIES,
    Fire,
    Sent,
    Step,
    Wait,
    event,
    function_of,
    handler_of,
    word,
)

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".tools/sam/bin/sam"
BUILT = ROOT / "build/automation"
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
LONGEST_SECONDS = 120


def main(names: Sequence[str]) -> int:
    """Play these stories, or all; return 1 when an event went wrong."""
    stories = {name: STORIES[name] for name in names or STORIES}
    reason = _missing()
    events = [s for story in stories.values() for s in story if isinstance(s, Sent)]
    if reason:
        for sent in dict.fromkeys(s.event for s in events):
            print(f"skipped  {sent}")
        print(f"{len(events)} events not run: {reason}")
        return 0
    wrong = 0
    for name, story in stories.items():
        print(f"--- {name}")
        wrong += _play(story)
    print(f"{len(events)} events, {wrong} went wrong")
    return min(wrong, 1)


def _missing() -> str:
    """What keeps the events from running here; empty when nothing does."""
    if shutil.which("docker") is None or _quiet("docker", "info"):
        return "docker does not run here"
    if _quiet("docker", "image", "inspect", IMAGE):
        return f"there is no image {IMAGE}: run scripts/lambda-image build/image"
    if not (BUILT / "template.yaml").is_file():
        return "nothing was built: run `make build`"
    return ""


def _quiet(*command: str) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


def _play(story: tuple[Step, ...]) -> int:
    with served() as up, _reachable(up.endpoint) as endpoint:
        return sum(_take(step, up, endpoint) for step in story)


def _take(step: Step, up: Served, endpoint: str) -> bool:
    """Do one step; tell whether it went wrong."""
    match step:
        case Wait(seconds):
            time.sleep(seconds)
        case Fire():
            # The sandbox has a breaker of its own, which would be first.
            _client("events", up).remove_targets(Rule="alarms", Ids=["alarms"])
            step.do(_client("cloudwatch", up))
        case Sent(name, expected):
            began = time.perf_counter()
            found = _invoke(name, up, endpoint)
            took = time.perf_counter() - began
            verdict = "ran    " if found == expected else "WRONG  "
            told = "" if found == expected else f", not {expected}"
            print(f"{verdict}  {name}: {found}{told} ({took:.1f} s)", flush=True)
            return found != expected
    return False


def _client(service: str, up: Served) -> Any:
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=up.endpoint,
        region_name=up.region,
        aws_access_key_id="LOCAL",
        aws_secret_access_key="local",
    )


def _invoke(name: str, up: Served, endpoint: str) -> str:
    with TemporaryDirectory() as folder:
        sent, variables = Path(folder, "event.json"), Path(folder, "variables.json")
        sent.write_text(json.dumps(_dated(name)))
        variables.write_text(json.dumps({"Parameters": _variables(up, endpoint)}))
        done = subprocess.run(
            [
                *(SAM, "local", "invoke", f"{function_of(name)}Function"),
                *("--template", _template(), "--skip-pull-image"),
                *("--event", sent, "--env-vars", variables),
            ],
            env=_environment(up.region),
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
    try:
        return word(json.loads(done.stdout))
    except ValueError:
        print(done.stderr, file=sys.stderr)
        return "no answer"


def _dated(name: str) -> Any:
    """The event; a change of an alarm is dated now, or it would be too old to count."""
    found = event(name)
    if handler_of(name) == "breaker":
        found["detail"]["state"]["timestamp"] = datetime.now(UTC).isoformat()
    return found


def _variables(up: Served, endpoint: str) -> Mapping[str, str]:
    """The sandbox's own settings, and the way to it."""
    template = yaml.safe_load(_template().read_text())
    names = template["Globals"]["Function"]["Environment"]["Variables"]
    told = {name: os.environ[name] for name in names if name in os.environ}
    return told | {"AWS_ENDPOINT_URL": endpoint}


def _template() -> Path:
    """The built template, with the variable that leads to the sandbox.

    SAM sets only variables that a template declares.
    """
    path = BUILT / "local.yaml"
    text = (BUILT / "template.yaml").read_text()
    line = "        HISTORY_LIMIT: '20000'\n"
    assert line in text
    path.write_text(text.replace(line, f"{line}        AWS_ENDPOINT_URL: ''\n"))
    return path


def _environment(region: str) -> Mapping[str, str]:
    """Without keys: with them SAM asks AWS whose they are, and waits for an answer."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("AWS_")}
    return kept | {"AWS_DEFAULT_REGION": region, "SAM_CLI_TELEMETRY": "0"}


@contextmanager
def _reachable(endpoint: str) -> Iterator[str]:
    """The sandbox at docker's address, where containers reach it."""
    address = _bridge()
    inside = urlsplit(endpoint)
    with socket.create_server((address, 0)) as door:

        def accept() -> None:
            with suppress(OSError):  # it was closed
                while True:
                    outer, _ = door.accept()
                    inner = socket.create_connection((inside.hostname, inside.port))
                    for pair in ((outer, inner), (inner, outer)):
                        threading.Thread(
                            target=_pass_on, args=pair, daemon=True
                        ).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://{address}:{door.getsockname()[1]}"


def _bridge() -> str:
    """Where this machine is for a container: the first address of docker's network."""
    subnet = subprocess.run(
        [
            *("docker", "network", "inspect", "bridge", "--format"),
            "{{(index .IPAM.Config 0).Subnet}}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return str(next(ip_network(subnet).hosts()))


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
