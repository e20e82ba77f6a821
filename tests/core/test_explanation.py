"""What people read: one sentence for each answer."""

from __future__ import annotations

import pytest

from shifter.core.counts import Counts
from shifter.core.evidence import ANSWERS, Evidence
from shifter.core.explanation import explain, known, odds
from tests.core.evidence_examples import BEFORE, RPM, engine, fed

HEALTHY: tuple[Counts, Counts] = ((825, 1, 8), (8, 0, 0))
OUTAGE: tuple[Counts, Counts] = ((825, 1, 8), (8, 8, 0))
HALF: tuple[Counts, Counts] = ((416, 1, 4), (417, 0, 5))
SICK_BLUE: tuple[Counts, Counts] = ((825, 41, 8), (8, 0, 0))
BAD: tuple[Counts, Counts] = ((825, 1, 8), (8, 1, 0))


def told(
    evidence: Evidence, *, step: int = 0, since_step_s: float = 300, later: float = 0
) -> str:
    now = (evidence.stamp or 0.0) + later
    return explain(evidence, now=now, step=step, since_step_s=since_step_s)


EXAMPLES: dict[str, tuple[Evidence, dict[str, float], str]] = {
    "worse": (
        fed(engine(), BAD, BAD, BAD),
        {},
        (
            "after 24 requests at 1 %: 3 failed against 0.029 expected, 0 slow "
            "against 0.23; "
            "green is worse than blue, 264 to 1: 100 to 1 rolls back"
        ),
    ),
    "worse, long ago": (
        fed(engine(), OUTAGE, *[((800, 80, 8), (800, 0, 0))] * 30),
        {},
        (
            "after 24,008 requests at 1 %: 8 failed against 2,322.0 expected, 0 "
            "slow against 239.8; "
            "green was worse than blue by more than 100 to 1, and nothing that came"
            " later revokes that"
        ),
    ),
    "changed": (
        engine(alpha=0.02).load_state(fed(engine(), HEALTHY).to_state()),
        {},
        (
            "after 8 requests at 1 %: 0 failed against 0.0097 expected, 0 slow "
            "against 0.078; "
            "the parameters are not those that this evidence was gathered with, so "
            "it permits nothing: a person decides"
        ),
    ),
    "timed_out": (
        fed(engine(), HEALTHY),
        {"since_step_s": 4_020},
        (
            "after 8 requests at 1 %: 0 failed against 0.0097 expected, 0 slow "
            "against 0.078; "
            "67 minutes at 1 % did not settle it: a person decides"
        ),
    ),
    "suspected": (
        fed(engine(), HEALTHY, BAD, BAD),
        {},
        (
            "after 24 requests at 1 %: 2 failed against 0.029 expected, 0 slow "
            "against 0.23; "
            "green may be worse than blue, 13 to 1: nothing goes on, and 100 to 1 "
            "rolls back"
        ),
    ),
    "blue_sick": (
        fed(engine(), SICK_BLUE),
        {"later": 60},
        (
            "after 8 requests at 1 %: 0 failed against 0.4 expected, 0 slow against"
            " 0.078; "
            "blue fails too, which is no reason to leave green and none to go on: "
            "holding for another 4 min 00 s"
        ),
    ),
    "silent": (
        fed(engine(), HEALTHY),
        {"later": 1_000},
        (
            "after 8 requests at 1 %: 0 failed against 0.0097 expected, 0 slow "
            "against 0.078; "
            "usable counts have stopped coming: holding until they are back"
        ),
    ),
    "watching": (
        fed(engine(), ((42, 0, 1), (791, 1, 8)), step=5),
        {"step": 5},
        (
            "after 791 requests at 95 %: 1 failed against 0 expected, 8 slow "
            "against 18.8; "
            "95 % is watched for another 5 min 00 s"
        ),
    ),
    "watched": (
        fed(engine(), ((0, 0, 0), (1791, 1, 8)), step=5),
        {"step": 5, "since_step_s": 700},
        (
            "after 1,791 requests at 95 %: 1 failed and 8 slow, and none on blue; "
            "95 % was clean for long enough"
        ),
    ),
    "too_early": (
        fed(engine(), HEALTHY),
        {"since_step_s": 60},
        (
            "after 8 requests at 1 %: 0 failed against 0.0097 expected, 0 slow "
            "against 0.078; "
            "5 % comes after another 2 min 00 s at the least"
        ),
    ),
    "too_early, before the first interval": (
        engine(),
        {},
        (
            "no requests were counted at 1 % yet; "
            "5 % needs intervals that lie wholly at this share"
        ),
    ),
    "too_little": (
        fed(engine(), HALF, step=4),
        {"step": 4},
        (
            "after 417 requests at 50 %: 0 failed against 1.0 expected, 5 slow "
            "against 4.0; "
            "799 more healthy requests are needed for 95 %"
        ),
    ),
    "too_little, at the last weight": (
        fed(engine(), ((0, 0, 0), (8, 1, 0)), step=5),
        {"step": 5, "since_step_s": 700},
        (
            "after 8 requests at 95 %: 1 failed and 0 slow, and none on blue; "
            "1,249 more healthy requests are needed at 95 %"
        ),
    ),
    "enough": (
        fed(engine(), HEALTHY, HEALTHY),
        {},
        (
            "after 16 requests at 1 %: 0 failed against 0.019 expected, 0 slow "
            "against 0.16; "
            "that is enough for 5 %"
        ),
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_answer_has_a_sentence(name: str) -> None:
    evidence, situation, sentence = EXAMPLES[name]
    step, later = int(situation.get("step", 0)), situation.get("later", 0.0)
    since_step_s = situation.get("since_step_s", 300.0)
    now = (evidence.stamp or 0.0) + later

    assert name.partition(",")[0] == evidence.rule(
        now=now, step=step, since_step_s=since_step_s
    )
    assert sentence == told(evidence, step=step, since_step_s=since_step_s, later=later)


def test_every_rule_has_an_example() -> None:
    assert ANSWERS.keys() == {name.partition(",")[0] for name in EXAMPLES}


def test_what_is_still_needed_is_about_what_it_takes() -> None:
    """A promise of so many requests holds within a tenth, if they are healthy."""
    evidence = Evidence(RPM, BEFORE)
    fed(evidence, ((1_000, 1, 10), (10, 0, 0)), step=0)
    fed(evidence, ((1_000, 1, 10), (10, 0, 0)), step=4)
    promised, served = evidence.permission.still_needed(), 0
    while not evidence.permission.is_given():
        fed(evidence, ((100_000, 100, 1_000), (100, served == 500, 1)), step=4)
        served += 100

    assert abs(served - promised) <= 0.1 * promised


@pytest.mark.parametrize(
    ("nats", "words"),
    [
        (0.0, "1.0 to 1"),
        (1.0, "2.7 to 1"),
        (7.2955, "1,474 to 1"),
        (50.0, "more than 1,000,000,000 to 1"),
    ],
)
def test_odds_are_told_as_people_tell_them(nats: float, words: str) -> None:
    assert words == odds(nats)


def test_a_step_of_the_ladder_is_told_as_a_share() -> None:
    evidence = engine(ladder=(0.005, 0.5))

    assert "no requests were counted at 0.5 % yet" == known(evidence)
