"""`docs/scenarios.md`, made from the scenarios themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shifter_sandbox.scenario import Onset
from shifter_sandbox.scenarios import RUNS, SCENARIOS

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"

_INTRODUCTION = """\
<!-- Made by `python -m tests.scenarios --write-page`; a test compares. -->

# Scenarios

What can happen to a cutover, and how each such story has to end.
All are played through the real state machine, functions and adapters;
only AWS itself is emulated.

```sh
make scenarios
```

plays every run on all cores, a story at each onset named below:
while the first, a middle or the last step bakes, or on the way to it.
`python -m tests.scenarios --only outage` plays one story,
and `shifter demo --scenario outage` shows one live.

Of each run it is verified that
it ends as told and for that reason;
no edge ever gave green more than its step allowed, at any moment;
no step was skipped, and none began before the one before was read back;
the journal's chain is whole and ends where the record says;
each transition was told with the journal's head of that moment;
edges and DNS show what the end promises, without stickiness;
no lock, right to write, notice, suspended scaling or running execution is left,
but for a stuck rollback, which keeps the lock until somebody has acted;
and after a rollback, that green is proven quiet.
The command also spoils good runs in each of these ways,
and fails if one of them is praised.

| scenario | what happens | begins at | ends |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return _INTRODUCTION + "".join(f"{row}\n" for row in _rows())


def _rows() -> Iterator[str]:
    order = list(Onset)
    for name, story in SCENARIOS.items():
        onsets = sorted(
            {run.onset for run in RUNS.values() if run.name == name}, key=order.index
        )
        yield f"| `{name}` | {story.told} | {', '.join(onsets)} | {story.end.value} |"
