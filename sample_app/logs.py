"""Logs: a line of JSON each, on standard output, without anything that a caller sent.

An exception is told by its type and the places that it came through, not by its text:
the text of a database's error repeats values.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class _Lines(logging.Formatter):
    def __init__(self, everywhere: Mapping[str, str]) -> None:
        super().__init__()
        self._everywhere = everywhere

    def format(self, record: logging.LogRecord) -> str:
        whole: Mapping[str, Any] | None = getattr(record, "line", None)
        if whole is not None:
            return json.dumps(whole)
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        line: dict[str, Any] = {
            "time": at,
            "level": record.levelname,
            "message": record.getMessage(),
            **self._everywhere,
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["through"] = [
                f"{Path(frame.filename).name}:{frame.lineno}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(line)


def set_up(*, environment: str, lane: str) -> None:
    """Send all logs of the process to standard output, as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Lines({"environment": environment, "lane": lane}))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # What it says at INFO is said by the service itself.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("botocore").setLevel(logging.WARNING)
