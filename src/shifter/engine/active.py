"""The latest cutover of the environment, and whether it is still active.

The lock alone is not asked: somebody may have deleted it by hand, or taken it by force,
and the cutover that it belonged to still needs the way back.  A cutover that is not the
latest has to be named.
"""

from __future__ import annotations

from interlock import lock
from shifter.core.errors import NotFound, UnreadableRecord
from shifter.core.phases import ENDS
from shifter.core.record import Record
from shifter.engine.saving import load
from shifter.ports import Environment, Holder, Ports


def latest(ports: Ports) -> Record | None:
    """The record of the cutover that was begun last; None before the first.

    A record that this version cannot read, and that does not hold the lock, counts as
    none: it has ended, for only the version that wrote it can have freed the lock.
    """
    return _latest(ports.store.environment(ports.topology.environment), ports)


def occupant(environment: str, ports: Ports) -> Holder | None:
    """Who has the environment now; None when a cutover may begin.

    It is the holder of the lock, or else a cutover that has lost its lock and has not
    ended: while it goes back, no other may raise what it lowers.
    """
    found = ports.store.environment(environment)
    if found.holder is not None and found.holder.holds(ports.clock.now()):
        return found.holder
    record = _latest(found, ports)
    if record is None or record.phase in ENDS:
        return None
    return lock.Holder(
        str(lock.HolderName.cutover(record.cutover_id)), record.started_at
    )


def _latest(found: Environment, ports: Ports) -> Record | None:
    if found.latest is None:
        return None
    try:
        return load(ports, found.latest)
    except UnreadableRecord:
        if found.holder is not None and found.holder.cutover_id == found.latest:
            raise
        return None


def active(ports: Ports) -> Record | None:
    """The latest cutover's record, unless it has ended."""
    record = latest(ports)
    return None if record is None or record.phase in ENDS else record


def named_or_active(cutover_id: str | None, ports: Ports) -> Record:
    """The cutover of this id, or without one the active cutover.  Raises NotFound."""
    if cutover_id is not None:
        return load(ports, cutover_id)
    record = active(ports)
    if record is None:
        raise NotFound(
            f"no cutover of {ports.topology.environment} is active: "
            "nothing to do, or name an older one by its id"
        )
    return record
