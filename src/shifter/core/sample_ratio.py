"""Sample ratio: whether the share that was meant for green arrived there.

A share that is far from the weight reveals lost telemetry, broken routing or clients
that stick to a lane; then the colours cannot be compared.  It holds and tells, and is
never a reason to roll back.  It is for load-balancer weights: with DNS weights the
share follows the resolvers' caches, and says nothing.
"""

from __future__ import annotations

from math import lgamma, log, log1p

ALARM = log(1000.0)
"""Odds of a thousand to one against the intended share."""
FAR = 0.2
"""A share within a fifth of the intended one is near enough, however sure we are."""


def log_odds(green: int, blue: int, weight: float) -> float:
    """Log odds of "some other share" against "the weight", after so many requests."""
    return _log_beta(1 + green, 1 + blue) - green * log(weight) - blue * log1p(-weight)


def is_off(green: int, blue: int, weight: float) -> bool:
    """Tell whether the share that arrived contradicts a weight between 0 and 1.

    Count only intervals that lie wholly at this weight: `Permission.arrived` does.
    """
    total = green + blue
    return (
        total > 0
        and abs(green / total / weight - 1.0) > FAR
        and log_odds(green, blue, weight) >= ALARM
    )


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
