"""The evidence in words: what is known, and what it leads to or still lacks.

    after 14,210 requests at 1 %: 3 failed against 1.2 expected, 131 slow against 140.3;
    640 more healthy requests are needed for 5 %

What is expected is blue's fraction in the same intervals.
"""

from __future__ import annotations

from datetime import timedelta
from math import exp, log

from shifter.core.evidence import Evidence
from shifter.core.lanes import PER_MILLE, percent
from shifter.core.quantities import span

_MOST_NATS = log(1e9)


_CONSEQUENCES = {
    "worse": "green is worse than blue, {odds}: {limit} rolls back",
    "changed": (
        "the parameters are not those that this evidence was gathered with, "
        "so it permits nothing: a person decides"
    ),
    "timed_out": "{minutes} minutes at {here} did not settle it: a person decides",
    "suspected": (
        "green may be worse than blue, {odds}: nothing goes on, and {limit} rolls back"
    ),
    "blue_sick": (
        "blue fails too, which is no reason to leave green and none to go on: "
        "holding for another {sick}"
    ),
    "silent": "usable counts have stopped coming: holding until they are back",
    "watched": "{here} was clean for long enough",
    "watching": "{here} is watched for another {watch}",
    "too_early": "{following} comes after another {bake} at the least",
    "too_little": "{needed} more healthy requests are needed {purpose}",
    "enough": "that is enough for {following}",
}
_WAS_WORSE = (
    "green was worse than blue by more than {limit}, "
    "and nothing that came later revokes that"
)
_NOT_WHOLE = "{following} needs intervals that lie wholly at this share"


def explain(evidence: Evidence, *, now: float, step: int, since_step_s: float) -> str:
    """One sentence for what the engine answers at this moment."""
    chosen, permission = evidence.parameters, evidence.permission
    rule = evidence.rule(now=now, step=step, since_step_s=since_step_s)
    limit, last = -log(chosen.alpha), evidence.steps[-1]
    following = _share(evidence, min(step + 1, last))
    sentence = _CONSEQUENCES[rule]
    if rule == "worse" and evidence.log_e < limit:
        sentence = _WAS_WORSE
    if rule == "too_early" and since_step_s >= chosen.min_bake_s:
        sentence = _NOT_WHOLE
    consequence = sentence.format(
        here=_share(evidence, step),
        following=following,
        purpose=f"at {following}" if step == last else f"for {following}",
        odds=odds(evidence.log_e),
        limit=odds(limit),
        minutes=f"{since_step_s / 60:,.0f}",
        sick=_span(permission.sick_until - now),
        watch=_span(chosen.final_s - since_step_s),
        bake=_span(chosen.min_bake_s - since_step_s),
        needed=f"{permission.still_needed():,}",
    )
    return f"{known(evidence)}; {consequence}"


def known(evidence: Evidence) -> str:
    """What was counted since the step that the newest interval belongs to."""
    share = _share(evidence, evidence.permission.step)
    requests, failed, slow = evidence.green
    of_blue, blue_failed, blue_slow = evidence.blue
    if not requests:
        return f"no requests were counted at {share} yet"
    told = f"after {requests:,} requests at {share}: "
    if not of_blue:
        return told + f"{failed:,} failed and {slow:,} slow, and none on blue"
    return told + (
        f"{failed:,} failed against {_about(blue_failed / of_blue * requests)} "
        f"expected, {slow:,} slow against {_about(blue_slow / of_blue * requests)}"
    )


def odds(nats: float) -> str:
    """How much speaks for something, such as `1,471 to 1`."""
    if nats >= _MOST_NATS:
        return f"more than {exp(_MOST_NATS):,.0f} to 1"
    return f"{exp(nats):,.{0 if nats >= log(10) else 1}f} to 1"


def _about(expected: float) -> str:
    return f"{expected:.2g}" if expected < 1 else f"{expected:,.1f}"


def _span(seconds: float) -> str:
    return span(timedelta(seconds=max(seconds, 0)))


def _share(evidence: Evidence, step: int) -> str:
    return percent(round(evidence.parameters.ladder[step] * PER_MILLE))
