"""A save is logged once it is a fact, and in one shape."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from shifter.adapters.logged_store import LoggedStore
from shifter.adapters.memory.store import MemoryStore
from shifter.core.errors import Conflict
from shifter.core.phases import Phase
from shifter.telemetry import logger
from tests.adapters.fixtures_b import begun, then


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the process logs."""
    heard = io.StringIO()
    handler: Any = logger().registered_handler
    # Not setStream: it flushes what was there before, which a test may have closed.
    before, handler.stream = handler.stream, heard
    level = logger().log_level
    logger().setLevel("INFO")  # a demonstration in this process may have muted it
    yield heard
    handler.stream = before
    logger().setLevel(level)


def logged(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_each_save_is_one_line(lines: io.StringIO) -> None:
    store = LoggedStore(MemoryStore())
    first = begun()
    second = then(first[0], phase=Phase.SHIFTING, step=1)

    store.save(*first)
    store.save(*second)

    told = [(line["version"], line["phase"], line["step"]) for line in logged(lines)]
    assert [(1, "PREPARED", 0), (2, "SHIFTING", 1)] == told


def test_what_was_not_saved_is_not_logged(lines: io.StringIO) -> None:
    store = LoggedStore(MemoryStore())
    store.save(*begun())

    with pytest.raises(Conflict):
        store.save(*begun())

    assert 1 == len(logged(lines))


def test_everything_else_is_the_store_itself(lines: io.StringIO) -> None:
    inner = MemoryStore()
    store = LoggedStore(inner)
    record, entry = begun()
    inner.save(record, entry)

    assert record == store.load("otters-1")
    assert [entry] == list(store.journal("otters-1"))
    assert (
        inner.environment("riverbank").holder == store.environment("riverbank").holder
    )
    assert [] == logged(lines)
