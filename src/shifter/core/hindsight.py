"""Hindsight: decide again what a journal says was decided.

A decision depends on the plan, which never changes, and on what its entry holds: phase,
orders and failures (the grounds), judgements and the moment.  So anybody can make it
again, years later, and see that it is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shifter.core.case import Case, Decision
from shifter.core.decide import decide
from shifter.core.journal import Entry
from shifter.core.plan import Plan


def decided_otherwise(
    entries: Iterable[Entry], plan: Plan
) -> Iterator[tuple[Entry, Decision]]:
    """Each decision that would be another one now, with what it would be.

    That is so when another version of these rules has made it, or when an entry was
    changed together with all the hashes after it.  Entries without grounds tell of
    orders and acts, and are passed over.
    """
    for entry in entries:
        if entry.grounds is None:
            continue
        now = decide(
            Case(
                plan=plan,
                grounds=entry.grounds,
                judgements=entry.judgements,
                now=entry.at,
            )
        )
        told = (entry.action, entry.rule, entry.reason)
        if (now.action, now.rule, now.reason) != told:
            yield entry, now
