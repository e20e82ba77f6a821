from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.served import Served, serve


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One served sandbox for all tests of a file."""
    with serve("--speed", "60") as up:
        yield up
