"""Embedded metrics: what a function prints in that format becomes datapoints.

Powertools prints metrics as lines of JSON, and CloudWatch Logs turns them into metrics.
Here such a line never reaches the terminal; everything else that is printed does.
Counts and plain values only; whatever else the format allows is refused.

Source: Amazon CloudWatch user guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

from shifter_sandbox.functions import running_function
from shifter_sandbox.metrics import Metrics, Series
from shifter_sandbox.patching import patched

MARK = '"_aws"'


class Console(io.TextIOBase):
    """What the functions of an account print to, line by line."""

    def __init__(self, metrics: Metrics, outside: TextIO) -> None:
        self._metrics = metrics
        self._outside = outside
        self._line = ""

    def write(self, text: str) -> int:
        if not running_function():
            return self._forward().write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._take(line)
        return len(text)

    def flush(self) -> None:
        self._forward().flush()

    def isatty(self) -> bool:
        return self._forward().isatty()

    def _take(self, line: str) -> None:
        if MARK in line:
            ingest(json.loads(line), self._metrics)
        else:
            self._forward().write(f"{line}\n")

    def _forward(self) -> TextIO:
        """Where others print to; a logger may keep this stream beyond its account."""
        return self._outside if sys.stdout is self else sys.stdout


def ingest(document: Mapping[str, Any], metrics: Metrics) -> None:
    """Add what one line of the format tells.  Raises KeyError for what is missing."""
    about = document["_aws"]
    at = datetime.fromtimestamp(about["Timestamp"] / 1000, tz=UTC)
    for directive in about["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                series = Series.of(directive["Namespace"], metric["Name"], dimensions)
                for value in values if isinstance(values, list) else [values]:
                    metrics.record(series, at, {float(value): 1})


@contextmanager
def metrics_from_output(metrics: Metrics) -> Iterator[None]:
    """Read what functions print inside the context."""
    with patched(sys, "stdout", Console(metrics, sys.stdout)):
        yield
