"""The journal: one entry for each save, each carrying the hash of the one before.

The head hash goes out with every notice, which is what anchors the chain: whoever keeps
the notices can prove that no earlier entry was changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from shifter.core.gates.gate import Judgement
from shifter.core.grounds import Grounds
from shifter.core.model import Model
from shifter.core.phases import Phase

GENESIS = "0" * 64
"""The hash before the first entry."""


class Entry(Model):
    """Who did what, why, and from which readings."""

    cutover_id: str
    number: int
    at: datetime
    actor: str
    """The verb that ran, or the person whose order was taken."""
    action: str
    rule: str
    reason: str
    phase_before: Phase | None
    phase: Phase
    step: int
    judgements: tuple[Judgement, ...] = ()
    grounds: Grounds | None = None
    """Of a decision: with plan and judgements, enough to make it again."""
    previous: str
    hash: str = ""

    def sealed(self) -> Entry:
        """The same entry with its hash."""
        return self.model_copy(update={"hash": self.digest()})

    def digest(self) -> str:
        """SHA-256, in hexadecimal, over everything but the hash itself.

        What an entry does not have is no part of it: entries of older versions had no
        grounds, and their chains are whole for ever.
        """
        left_out = {"hash"} if self.grounds else {"hash", "grounds"}
        content = self.model_dump_json(exclude=left_out)
        return hashlib.sha256(content.encode()).hexdigest()


def broken_at(entries: Iterable[Entry]) -> int | None:
    """Number of the first entry that breaks the chain, or None if it is whole."""
    previous = GENESIS
    for expected, entry in enumerate(entries, start=1):
        if (
            entry.number != expected
            or entry.previous != previous
            or entry.hash != entry.digest()
        ):
            return expected
        previous = entry.hash
    return None
