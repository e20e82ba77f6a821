"""Rotating first: which secrets may be rotated before a cutover, and how far they are.

Rules of this file
* Only what the guard offers is rotated: elsewhere the next rotation would come all the
  same.
* A secret that something else is in the way of is mended first: a rotation on top of a
  half-finished or failed one could lose the only password that the database knows.
* A rotation has come to its end when the version that it made is current, and a login
  was verified after everybody has followed it.
"""

from __future__ import annotations

from dataclasses import dataclass

from shifter.core.errors import Refused
from shifter.core.rotation import RotationLook, SecretStanding

HARMLESS = frozenset({"ROTATION_DUE", "STALE_TASKS"})
"""Reasons that a rotation mends, or does not make worse."""
VERIFIED = "VERIFIED"
FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rotation of one secret is."""

    told: str
    done: bool = False
    failed: bool = False


def offered(look: RotationLook) -> tuple[SecretStanding, ...]:
    """The secrets to rotate, in the guard's order; none where nothing is in the way.

    Raises Refused where rotating first is no way out, or would be dangerous.
    """
    if look.ok:
        return ()
    if not look.rotate_first:
        told = "; ".join(str(reason) for reason in look.reasons)
        way_out = f"; {look.way_out}" if look.way_out else ""
        raise Refused(f"rotating first helps nothing: {told}{way_out}")
    for reason in look.reasons:
        if reason.secret in look.rotate_first and reason.code not in HARMLESS:
            raise Refused(f"mend this before anything is rotated: {reason}")
    known = {one.secret: one for one in look.secrets}
    missing = sorted(set(look.rotate_first) - known.keys())
    if missing:
        raise Refused(f"the guard does not say where {', '.join(missing)} is")
    return tuple(known[name] for name in look.rotate_first)


def progress(look: RotationLook, secret: str, version: str) -> Progress:
    """How far the rotation is that makes this version."""
    found = next((one for one in look.secrets if one.secret == secret), None)
    if found is None:
        return Progress("cannot be looked at")
    if found.failed is not None:
        return Progress(found.failed, failed=True)
    if found.current != version:
        return Progress("is rotated")
    if found.stage == FAILED:
        return Progress("what follows the rotation did not work", failed=True)
    return Progress(found.stage or "CURRENT", done=found.stage == VERIFIED)
