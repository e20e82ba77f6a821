"""The parameters of the evidence engine: their defaults, and what they may be.

They are frozen when a cutover starts, because the guarantee holds only for what was
fixed before the data were seen.  `checksum` tells whether they are still the same.
"""

from __future__ import annotations

from math import isfinite
from zlib import crc32

from shifter.core.counts import Unusable


class Parameters:
    """What was chosen, over the defaults; times end in their unit."""

    # the evidence to roll back
    alpha = 0.01
    """Chance of a rollback, over the whole cutover, though green is not worse."""
    r0 = 1.25
    """So many times blue's rate of bad requests is tolerated."""
    ladder: tuple[float, ...] = (0.01, 0.05, 0.10, 0.25, 0.50, 0.95)
    """The shares of the steps; a step is known by its index."""
    w_first = 0.30
    """Stake on "the fault starts with the first interval"."""
    w_steps = 0.40
    """Stakes on "it starts with a step", over all later steps."""
    horizon_min = 60.0
    """So long the rest of the stakes lasts, in even parts."""
    w_tail = 0.05
    """When so little is left, stakes become smaller, so that some is always left."""
    # blue's history as the control, where blue has next to no traffic
    hist_share = 0.02
    r_hist = 2.0
    hist_cap = 4.0
    hist_uncap_x = 20.0
    hist_uncap_frac = 0.2
    # the permission to go on
    beta = 0.05
    """Chance that one step's permission is wrong, at the margin."""
    budget = 25.0
    """Bad requests that one step may cost before anybody reacts."""
    delay_min = 3.5
    """How long it takes to react."""
    d_lo = 0.005
    d_hi = 0.90
    """The widest margin: where even an outage stays in the budget, little is asked."""
    d_final = 0.004
    d_final_hi = 0.05
    watch_min = 30.0
    slow_mul = 2.0
    slow_lo = 0.02
    slow_final = 0.02
    half_life_min = 10.0
    blue_cap = 0.01
    # reasons to hold, and times
    hold_e = 3.0
    """From these odds on, green is suspected and nothing goes on."""
    stale_intervals = 3.0
    sick_min_events = 5.0
    sick_hold_s = 300.0
    period_s = 60.0
    """Length of an interval."""
    settle_s = 120.0
    """How long after its end an interval is complete."""
    min_bake_s = 180.0
    min_whole = 1.0
    final_s = 600.0
    dwell_s = 3600.0
    """A step that is older than this is for people to decide."""

    def __init__(self, **chosen: float | tuple[float, ...]) -> None:
        unknown = sorted(set(chosen) - set(NAMES))
        if unknown:
            raise Unusable(
                f"{', '.join(unknown)}: no such parameter: use {', '.join(NAMES)}"
            )
        self.ladder = _checked_ladder(chosen.pop("ladder", self.ladder))
        for name, value in chosen.items():
            setattr(self, name, _checked(name, value))
        if self.w_first + self.w_steps >= 1.0:
            raise Unusable(
                f"w_first + w_steps: {self.w_first + self.w_steps:g}: "
                "must leave a part of 1 for faults that start between two steps"
            )

    def checksum(self, *others: float) -> int:
        """One number that is another one when any parameter, or one of others, is."""
        values = [(name, getattr(self, name)) for name in NAMES]
        return crc32(repr((values, others)).encode())


NAMES = tuple(
    sorted(
        name
        for name, value in vars(Parameters).items()
        if name[0] != "_" and not callable(value)
    )
)
"""Every parameter by name."""

_FRACTIONS = frozenset(
    {
        "alpha",
        "beta",
        "blue_cap",
        "d_final",
        "d_final_hi",
        "d_hi",
        "d_lo",
        "hist_share",
        "hist_uncap_frac",
        "slow_final",
        "slow_lo",
        "w_first",
        "w_steps",
        "w_tail",
    }
)
_MAY_BE_ZERO = frozenset(
    {
        "dwell_s",
        "final_s",
        "hist_uncap_x",
        "min_bake_s",
        "min_whole",
        "settle_s",
        "sick_hold_s",
        "sick_min_events",
    }
)
TEN_SECONDS: dict[str, float] = {
    "period_s": 10.0,
    "settle_s": 20.0,
    "delay_min": 0.6,
    "beta": 0.02,
}
"""For counts of the application's own, every ten seconds."""


def _checked(name: str, value: object) -> float:
    number = value if isinstance(value, (int, float)) and isfinite(value) else -1
    if number > 0 and (number < 1 or name not in _FRACTIONS):
        return float(number)
    if number == 0 and name in _MAY_BE_ZERO:
        return 0.0
    wanted = "between 0 and 1" if name in _FRACTIONS else "above 0"
    raise Unusable(f"{name}: {value!r}: must be a number {wanted}")


def _checked_ladder(value: object) -> tuple[float, ...]:
    try:
        shares = tuple(float(share) for share in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        shares = ()
    below = (0.0, *shares[:-1])
    if shares and all(a < b <= 1.0 for a, b in zip(below, shares, strict=True)):
        return shares
    raise Unusable(f"ladder: {value!r}: must be shares that rise, above 0 and up to 1")
