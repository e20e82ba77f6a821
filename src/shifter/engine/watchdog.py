"""watchdog: go back when nobody is in charge of the cutover any more.

Rules of this file
* The owner is dead when it has not looked for three minutes after it had to.  No
  execution is asked whether it lives: the record is the only witness.
* A dead owner's cutover goes back, whatever it was doing.  A shift is never finished.
* A way back that nobody carries on is carried on in the same way.
* A cutover that has ended is looked after for a day.
* Whoever saves at the same moment is alive: then there is nothing to do.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from shifter.core.directive import Directive
from shifter.core.errors import Conflict
from shifter.core.phases import ENDS
from shifter.core.quantities import told_moment
from shifter.engine.active import latest
from shifter.engine.afterwards import look_after
from shifter.engine.roll_back import go_back
from shifter.ports import Ports

UNSEEN = timedelta(seconds=180)
"""How long after `look_again_at` an owner that has not looked counts as dead."""


def watch(ports: Ports) -> Directive | None:
    """Go back when the owner is dead; None when there was nothing to do."""
    record = latest(ports)
    if record is None:
        return None
    dead = ports.clock.now() > record.look_again_at + UNSEEN
    with suppress(Conflict):
        if record.phase in ENDS:
            look_after(record, ports, alone=dead)
        elif dead:
            since = told_moment(record.look_again_at)
            reason = f"nobody has looked since {since}: the execution is dead"
            return go_back(record, ports, actor="watchdog", reason=reason)
    return None
