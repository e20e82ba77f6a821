"""The image of the service, built and run as ECS runs it, where docker runs.

    make sample-image
    python -m tests.sample_app.image

The base is a Debian of this machine, because no registry is asked; the image for ECS
is made by scripts/push-sample-image of the base that it is given.  Tells what was shown
and what was not.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.mariadb import HOST, INSTALL, SERVER, MariaDB
from tests.sample_app.service import PAYMENT, ROOT, Schema, environment

BARE = ROOT / "build/image"
BASE = "localhost/python:3.13-debian"
INSIDE = "/authority.pem"
PATIENCE_S = 60
WRITES = "open('/app/intruder', 'w')"


def main() -> int:
    """Build and run it; 1 when something is not as it should be."""
    reason = _missing()
    if reason:
        print(f"not built, not run: {reason}")
        return 0
    image = _built()
    authorities = _python(image, "print(open('/app/authorities.pem').read())")
    shown = {
        "it is not root": "10001" == _python(image, "import os; print(os.getuid())"),
        "its root cannot be written": "Read-only file system" in _python(image, WRITES),
        "nor could it, where the root can be": "Permission denied"
        in _python(image, WRITES, read_only=False),
        "it trusts the authorities of infra/dms.yaml": authorities.count("BEGIN")
        == (ROOT / "infra/dms.yaml").read_text("utf-8").count("BEGIN CERTIFICATE"),
        **_served(image),
    }
    for what, so in shown.items():
        print(f"{'shown' if so else 'WRONG'}  {what}")
    print("not shown: a base from a registry, ARM64, Fargate, a push to ECR")
    return 0 if all(shown.values()) else 1


def _missing() -> str:
    """What keeps the image from being built here; empty when nothing does."""
    if shutil.which("docker") is None or _docker("info").returncode:
        return "docker does not run here"
    if not SERVER or not INSTALL:
        return "MariaDB is not installed (on Debian: apt-get install mariadb-server)"
    if _docker("image", "inspect", BASE).returncode and not (BARE / "trixie").is_dir():
        return f"there is no base: run scripts/bare-debian {BARE.relative_to(ROOT)}"
    return ""


def _built() -> str:
    if _docker("image", "inspect", BASE).returncode:
        outside = [f"--exclude=./{name}/*" for name in ("proc", "sys", "dev")]
        packed = subprocess.Popen(
            ["tar", "-C", BARE / "trixie", *outside, "-c", "."], stdout=subprocess.PIPE
        )
        subprocess.run(["docker", "import", "-", BASE], stdin=packed.stdout, check=True)
    done = subprocess.run(
        [ROOT / "scripts/sample-image", BASE],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _python(image: str, code: str, *, read_only: bool = True) -> str:
    """What Python says in the image, to both outputs."""
    command = ["run", "--rm", *(["--read-only"] if read_only else [])]
    done = _docker(*command, "--entrypoint", "python3", image, "-c", code)
    return (done.stdout + done.stderr).strip()


def _served(image: str) -> dict[str, bool]:
    with (
        TemporaryDirectory() as folder,
        MariaDB.started(Path(folder)) as server,
        Schema.made(server, "image") as schema,
        _running(image, schema) as name,
    ):
        ports = _ports(name)
        base = f"http://{HOST}:{ports['edge-1']}"
        with httpx.Client(base_url=base, timeout=PATIENCE_S, trust_env=False) as client:
            health = client.get("/health").status_code
            key = {"Idempotency-Key": "image-0001"}
            answers = [
                client.post("/payments", headers=key, json=dict(PAYMENT))
                for _ in range(2)
            ]
        rows = schema.rows("image-0001")
        stopped = _docker("stop", "--time", "30", name).returncode
        state = json.loads(_docker("inspect", name).stdout)[0]["State"]
    return {
        "it answers /health": health == 200,
        "it takes a payment once": [a.status_code for a in answers] == [201, 201]
        and answers[0].content == answers[1].content
        and rows == 1,
        "it ends with 0 on SIGTERM": (stopped, state["ExitCode"]) == (0, 0),
    }


@contextmanager
def _running(image: str, schema: Schema) -> Iterator[str]:
    """A container as in infra/ecs.yaml, on this machine's network."""
    name = f"sample-app-{secrets.token_hex(4)}"
    settings = environment(schema) | {"DATABASE_AUTHORITIES": INSIDE}
    _docker(
        *("run", "--detach", "--name", name, "--network", "host", "--init"),
        *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges", "--user", "10001:10001"),
        *("--volume", f"{schema.server.authority}:{INSIDE}:ro"),
        *(word for n, v in settings.items() for word in ("--env", f"{n}={v}")),
        image,
        check=True,
    )
    try:
        yield name
    finally:
        _docker("rm", "--force", name)


def _ports(name: str) -> dict[str, int]:
    until = time.monotonic() + PATIENCE_S
    while True:
        told = _docker("logs", name)
        for line in told.stdout.splitlines():
            if '"listening"' in line:
                found: dict[str, int] = json.loads(line)["ports"]
                return found
        if time.monotonic() > until:
            said = told.stdout + told.stderr
            raise AssertionError(f"The service did not start:\n{said}")
        time.sleep(0.1)


def _docker(*words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    quiet: Any = os.environ | {"DOCKER_CLI_HINTS": "false"}
    return subprocess.run(
        ["docker", *words], capture_output=True, text=True, check=check, env=quiet
    )


if __name__ == "__main__":
    sys.exit(main())
