from __future__ import annotations

from datetime import datetime

import pytest

from shifter.core.edges import DnsChange, DnsState
from shifter.core.gates.dns import DnsSeen, DnsSettledGate
from shifter.core.gates.gate import Judgement, Reading, Situation, State, Verdict
from tests.core.examples import MINUTE, NOW, SECOND, situation

HALF = DnsState({"edge-1": 1, "edge-2": 1}, ttl_seconds=60)
TENTH = DnsState({"edge-1": 9, "edge-2": 1}, ttl_seconds=60)
THIRD = DnsState({"edge-1": 2, "edge-2": 1}, ttl_seconds=60)


def wanting(
    share: int | None = 500,
    *,
    asked: bool = True,
    insync_at: datetime | None = None,
    settled_at: datetime | None = NOW - MINUTE,
) -> Situation:
    change = DnsChange(id="C-RIVER", at=NOW - MINUTE, insync_at=insync_at)
    return situation(
        settled_at=settled_at, dns_share=share, dns_change=change if asked else None
    )


@pytest.mark.parametrize(
    ("seen", "where", "state", "detail"),
    [
        pytest.param(
            DnsSeen(None), wanting(), State.GOOD, "no weighted record", id="no pair"
        ),
        pytest.param(
            DnsSeen(HALF),
            wanting(None),
            State.GOOD,
            "no weighted record",
            id="no share",
        ),
        pytest.param(
            DnsSeen(TENTH, insync=False),
            wanting(settled_at=None),
            State.GOOD,
            "moves with the step",
            id="while the step moves",
        ),
        pytest.param(
            DnsSeen(TENTH),
            wanting(),
            State.BAD,
            "10 % to edge-2, the record says 50 %",
            id="another share",
        ),
        pytest.param(
            DnsSeen(THIRD),
            wanting(),
            State.BAD,
            "unknown to edge-2, the record says 50 %",
            id="a share that nobody writes",
        ),
        pytest.param(
            DnsSeen(HALF),
            wanting(asked=False),
            State.GOOD,
            "50 % to edge-2",
            id="nothing was changed",
        ),
        pytest.param(
            DnsSeen(HALF, insync=False),
            wanting(),
            State.BAD,
            "change is PENDING",
            id="PENDING",
        ),
        pytest.param(
            DnsSeen(HALF),
            wanting(),
            State.BAD,
            "INSYNC, caches expire in 60 s",
            id="just INSYNC",
        ),
        pytest.param(
            DnsSeen(HALF),
            wanting(insync_at=NOW - 59 * SECOND),
            State.BAD,
            "INSYNC, caches expire in 1 s",
            id="INSYNC, and less than one TTL",
        ),
        pytest.param(
            DnsSeen(HALF),
            wanting(insync_at=NOW - MINUTE),
            State.GOOD,
            "50 % to edge-2",
            id="INSYNC and one TTL",
        ),
        pytest.param(
            DnsSeen(HALF, insync=False),
            wanting(insync_at=NOW - MINUTE),
            State.BAD,
            "change is PENDING",
            id="PENDING after it was INSYNC",
        ),
    ],
)
def test_dns_has_settled_one_ttl_after_it_is_insync(
    seen: DnsSeen, where: Situation, state: State, detail: str
) -> None:
    """It never breaches: the share of requests does not depend on it."""
    assert Judgement(
        gate="dns_settled",
        kind="dns_settled",
        reading=Reading(state=state, detail=detail, source="Route 53"),
        verdict=Verdict.PASS if state is State.GOOD else Verdict.WAIT,
    ) == DnsSettledGate().judge(seen, where)
