"""The evidence in words: what is known, and what it leads to or still lacks.

    after 14,210 requests at 1 %: 3 failed against 1.2 expected, 131 slow against 140.3;
    640 more healthy requests are needed for 5 %

What is expected is blue's fraction in the same intervals.
"""

from __future__ import annotations

from math import exp, log

from shifter.core.evidence import Evidence
from shifter.core.lanes import PER_MILLE, percent

_MOST_NATS = log(1e9)


def explain(evidence: Evidence, *, now: float, step: int, since_step_s: float) -> str:
    """One sentence for what the engine answers at this moment."""
    rule = evidence.rule(now=now, step=step, since_step_s=since_step_s)
    return f"{known(evidence)}; {_consequence(rule, evidence, step, now, since_step_s)}"


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
        f"{failed:,} failed against {blue_failed / of_blue * requests:,.1f} expected, "
        f"{slow:,} slow against {blue_slow / of_blue * requests:,.1f}"
    )


def odds(nats: float) -> str:
    """How much speaks for something, such as `1,471 to 1`."""
    if nats >= _MOST_NATS:
        return f"more than {exp(_MOST_NATS):,.0f} to 1"
    return f"{exp(nats):,.{0 if nats >= log(10) else 1}f} to 1"


def _consequence(
    rule: str, evidence: Evidence, step: int, now: float, since_step_s: float
) -> str:
    chosen, permission = evidence.parameters, evidence.permission
    following = _share(evidence, min(step + 1, evidence.steps[-1]))
    match rule:
        case "worse":
            limit = -log(chosen.alpha)
            if evidence.log_e < limit:
                return (
                    f"green was worse than blue by more than {odds(limit)}, "
                    "and nothing that came later revokes that"
                )
            return (
                f"green is worse than blue, {odds(evidence.log_e)}: "
                f"{odds(limit)} rolls back"
            )
        case "changed":
            return (
                "the parameters are not those that this evidence was gathered with, "
                "so it permits nothing: a person decides"
            )
        case "timed_out":
            return (
                f"{since_step_s / 60:,.0f} minutes at {_share(evidence, step)} did not "
                "settle it: a person decides"
            )
        case "suspected":
            return (
                f"green may be worse than blue, {odds(evidence.log_e)}: nothing goes "
                f"on, and {odds(-log(chosen.alpha))} rolls back"
            )
        case "blue_sick":
            return (
                "blue fails too, which is no reason to leave green and none to go on: "
                f"holding for another {permission.sick_until - now:,.0f} s"
            )
        case "silent":
            return "usable counts have stopped coming: holding until they are back"
        case "watched":
            return f"{_share(evidence, step)} was clean for long enough"
        case "watching":
            left = max(chosen.final_s - since_step_s, 0.0)
            return f"{_share(evidence, step)} is watched for another {left:,.0f} s"
        case "too_early":
            seconds = max(chosen.min_bake_s - since_step_s, 0.0)
            if seconds:
                return f"{following} comes after another {seconds:,.0f} s at the least"
            return f"{following} needs intervals that lie wholly at this share"
        case "too_little":
            needed = permission.still_needed()
            return f"{needed:,} more healthy requests are needed for {following}"
        case _:
            return f"that is enough for {following}"


def _share(evidence: Evidence, step: int) -> str:
    return percent(round(evidence.parameters.ladder[step] * PER_MILLE))
