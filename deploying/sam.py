"""Running the SAM CLI, which talks to whoever sits there, and being called meanwhile.

AWS documentation: AWS SAM developer guide, "sam deploy".
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from template_checks.source import ROOT

SAM = ROOT / ".tools/sam/bin/sam"
RENEW_SECONDS = 900.0
"""An eighth of the lease."""


def run_sam(
    arguments: Sequence[str],
    meanwhile: Callable[[], None],
    *,
    program: Path = SAM,
    every_seconds: float = RENEW_SECONDS,
) -> int:
    """Run it to its end and give its exit code; call back while it works."""
    process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
        [program, *arguments], cwd=ROOT, env=os.environ | {"SAM_CLI_TELEMETRY": "0"}
    )
    while True:
        try:
            return process.wait(timeout=every_seconds)
        except subprocess.TimeoutExpired:
            meanwhile()
