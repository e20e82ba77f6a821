"""The state of the evidence engine: what it must look like to be trusted.

A state that was lost, cut or written by another version is refused.  Beginning again at
no evidence would silently take the guarantee away.
"""

from __future__ import annotations

from math import isfinite

from shifter.core.counts import Unusable

# Not from typing, which costs more to import than the whole engine.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    State = dict[str, Any]
else:
    State = dict

VERSION = 1

_MAYBE = None
"""A number or null."""
_SHAPE: dict[str, object] = {
    "v": 0,
    "parameters": 0,
    "before": [0] * 4,
    "stamp": _MAYBE,
    "crossed_at": _MAYBE,
    "miss": 0,
    "blue": [0] * 3,
    "green": [0] * 3,
    "log_s": [[_MAYBE] * 4] * 2,
    "spent": 0,
    "age": 0,
    "seen_step": 0,
    "step": 0,
    "whole": 0,
    "arrived": [0] * 2,
    "gate": [0] * 2,
    "recent": [0] * 3,
    "sick_until": 0,
}


def check_state(state: State, steps: int) -> None:
    """Refuse what `to_state` of this version cannot have written."""
    version = state.get("v")
    if version != VERSION:
        raise Unusable(
            f"v: {version!r}: this engine reads version {VERSION}: "
            "use the one that wrote the state"
        )
    if state.keys() != _SHAPE.keys():
        fields = ", ".join(sorted(state.keys() ^ _SHAPE.keys()))
        raise Unusable(
            f"{fields}: must be in a state of version {VERSION}, and no more"
        )
    for field, shape in _SHAPE.items():
        if not _fits(state[field], shape):
            raise Unusable(f"{field}: {state[field]!r}: is not what was written")
    if not 0 <= state["spent"] < 1:
        raise Unusable(f"spent: {state['spent']}: must be below 1")
    if state["step"] not in range(steps):
        raise Unusable(f"step: {state['step']}: this ladder has {steps} steps")


def _fits(value: object, shape: object) -> bool:
    if isinstance(shape, list):
        return (
            isinstance(value, list)
            and len(value) == len(shape)
            and all(map(_fits, value, shape))
        )
    if value is None:
        return shape is _MAYBE
    return isinstance(value, (int, float)) and isfinite(value)
