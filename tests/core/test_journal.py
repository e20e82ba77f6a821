from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.gates.gate import Judgement, Reading, State, Verdict
from shifter.core.journal import GENESIS, Entry, broken_at
from shifter.core.phases import Phase
from tests.core.examples import NOW
from tests.core.strategies import entries


def chained(loose: list[Entry]) -> list[Entry]:
    """The same entries as links of one chain."""
    chain: list[Entry] = []
    previous = GENESIS
    for number, entry in enumerate(loose, start=1):
        link = {"number": number, "previous": previous}
        chain.append(entry.model_copy(update=link).sealed())
        previous = chain[-1].hash
    return chain


CHAINS = st.lists(entries(), min_size=1, max_size=4).map(chained)


@given(CHAINS)
def test_a_chain_is_whole_and_stays_so_through_json(chain: list[Entry]) -> None:
    read = [Entry.model_validate_json(entry.model_dump_json()) for entry in chain]

    assert chain == read
    assert broken_at(read) is None


def test_no_entries_are_a_whole_chain() -> None:
    assert broken_at([]) is None


@given(CHAINS, entries(), st.data())
def test_a_changed_field_breaks_the_chain_at_its_entry(
    chain: list[Entry], other: Entry, data: st.DataObject
) -> None:
    """No field can be changed for another value without being found."""
    at = data.draw(st.integers(0, len(chain) - 1))
    field = data.draw(
        st.sampled_from(
            [
                name
                for name in Entry.model_fields
                if getattr(other, name) != getattr(chain[at], name)
            ]
        )
    )
    forged = chain[at].model_copy(update={field: getattr(other, field)})

    assert at + 1 == broken_at([*chain[:at], forged, *chain[at + 1 :]])


@given(CHAINS, entries(), st.data())
def test_a_forger_who_seals_again_breaks_the_next_link(
    chain: list[Entry], other: Entry, data: st.DataObject
) -> None:
    """Or, at the end of the chain, the head that went out with the notices."""
    at = data.draw(st.integers(0, len(chain) - 1))
    forged = chain[at].model_copy(update={"reason": other.reason + "!"}).sealed()
    told = [*chain[:at], forged, *chain[at + 1 :]]

    assert forged.hash != chain[at].hash
    assert (at + 2 if at + 1 < len(chain) else None) == broken_at(told)


@given(st.lists(entries(), min_size=2, max_size=4).map(chained), st.data())
def test_an_entry_that_was_taken_out_is_missed(
    chain: list[Entry], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(chain) - 2))

    assert at + 1 == broken_at([*chain[:at], *chain[at + 1 :]])


BRIDGE = Entry(
    cutover_id="otters-1",
    number=1,
    at=NOW,
    actor="assess",
    action="hold",
    rule="gate_waits",
    reason="waiting for echo",
    phase_before=Phase.PREPARED,
    phase=Phase.PREPARED,
    step=0,
    judgements=(
        Judgement(
            gate="echo",
            kind="replication",
            reading=Reading(state=State.NO_DATA, detail="silence in the valley"),
            verdict=Verdict.WAIT,
        ),
    ),
    previous=GENESIS,
)

DIGEST = "709dc394108a45ac3241451fa18aeb0556e984983dd1208000d56c8abc9054ff"


def test_a_digest_is_over_everything_but_itself() -> None:
    assert BRIDGE.digest() == BRIDGE.sealed().digest()
    assert BRIDGE.sealed() == BRIDGE.sealed().sealed()
    assert 64 == len(BRIDGE.sealed().hash)


def test_the_digest_of_an_entry_never_changes() -> None:
    """A journal that was written last year can still be verified."""
    assert DIGEST == BRIDGE.digest()


@pytest.mark.parametrize(
    "forged", [{"verdict": Verdict.PASS}, {"memory": "none"}, {"kind": "alarm"}]
)
def test_a_changed_judgement_is_found(forged: dict[str, Any]) -> None:
    judged = BRIDGE.judgements[0].model_copy(update=forged)
    entry = BRIDGE.sealed().model_copy(update={"judgements": (judged,)})

    assert 1 == broken_at([entry])
