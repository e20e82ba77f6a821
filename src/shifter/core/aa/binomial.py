"""The binomial distribution, exactly: how often something happened in so many trials.

Trials must be independent, or the answers are too sure.  There are thousands of trials
at most, so sums are cheap and need no approximation.

Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case
of the binomial", Biometrika 26 (1934).
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p

_HALVINGS = 60


def at_least(happened: int, trials: int, chance: float) -> float:
    """Chance that it happens so often or more, each time with a chance from 0 to 1."""
    if happened <= 0:
        return 1.0
    if happened > trials or chance <= 0.0:
        return 0.0
    if chance >= 1.0:
        return 1.0
    terms = (_exactly(k, trials, chance) for k in range(happened, trials + 1))
    return min(sum(terms), 1.0)


def limit(trials: int, chance: float, level: float) -> int:
    """The least number that is reached with a chance of at most `level`.

    It is one more than the trials where even all of them may happen.
    """
    counts = range(trials + 1)
    enough = (k for k in counts if at_least(k, trials, chance) <= level)
    return next(enough, trials + 1)


def upper_bound(happened: int, trials: int, confidence: float) -> float:
    """The highest chance that so few do not contradict: Clopper and Pearson, one side.

    Whatever the true chance is, the bound lies below it with a probability of at most
    1 - confidence.
    """
    if happened >= trials:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if 1.0 - at_least(happened + 1, trials, middle) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return high


def visible(trials: int, limit: int, certainty: float) -> float:
    """The least chance that `trials` bring to the limit with so much certainty.

    1.0 where no chance does.
    """
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if at_least(limit, trials, middle) >= certainty:
            high = middle
        else:
            low = middle
    return high


def _exactly(k: int, trials: int, chance: float) -> float:
    ways = lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1)
    return exp(ways + k * log(chance) + (trials - k) * log1p(-chance))
