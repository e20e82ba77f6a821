"""Playing many runs at once, each in a process that plays nothing else meanwhile."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from shifter.telemetry import logger
from shifter_sandbox.flaws import flaws
from shifter_sandbox.play import play
from shifter_sandbox.scenarios import RUNS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run."""

    key: str
    end: str
    reason: str
    virtual: timedelta
    journal_head: str
    flaws: tuple[str, ...]
    cpu_seconds: float

    @property
    def short_head(self) -> str:
        return self.journal_head[:8]


def play_run(key: str, seed: int = 1) -> Outcome:
    """Play one run, and look at everything that it left behind."""
    # The run tells its own story; the functions' logs are for AWS.
    logger().setLevel(logging.CRITICAL)
    began = time.process_time()
    try:
        played = play(RUNS[key], seed=seed)
    except Exception as error:  # noqa: BLE001  one broken run must not hide the others
        told = f"it could not be played: {type(error).__name__}: {error}"
        return Outcome(key, "-", "", timedelta(), "", (told,), 0.0)
    record = played.record
    return Outcome(
        key=key,
        end=record.phase.value,
        reason=record.reason,
        virtual=played.duration,
        journal_head=record.journal_head,
        flaws=flaws(played),
        cpu_seconds=time.process_time() - began,
    )


def play_runs(keys: Sequence[str], *, seed: int, jobs: int) -> Iterator[Outcome]:
    """Play them; each outcome comes when it is there."""
    one = partial(play_run, seed=seed)
    if jobs == 1 or len(keys) == 1:
        yield from map(one, keys)
        return
    # Spawned, because who shows the progress may have threads.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(one, keys)


def chosen(names: Sequence[str] | None) -> list[str]:
    """The keys of all runs, or of those that are named: `outage`, `outage@middle`."""
    return [
        key
        for key, run in RUNS.items()
        if names is None
        or not {key, run.name, f"{run.name}@{run.onset}"}.isdisjoint(names)
    ]
