"""The active cutover: the one that holds the environment's lock.

A cutover that has ended, or whose lock somebody took by force, is not found here: it
has to be named.
"""

from __future__ import annotations

from shifter.core.errors import NotFound
from shifter.core.record import Record
from shifter.engine.saving import load
from shifter.ports import Ports


def active(ports: Ports) -> Record | None:
    """The record of the cutover that holds the environment; None if none does."""
    held = ports.store.holder(ports.topology.environment)
    if held is None or held.cutover_id is None:
        return None
    return load(ports, held.cutover_id)


def named_or_active(cutover_id: str | None, ports: Ports) -> Record:
    """The cutover of this id, or without one the active cutover.  Raises NotFound."""
    if cutover_id is not None:
        return load(ports, cutover_id)
    record = active(ports)
    if record is None:
        raise NotFound(
            f"no cutover holds {ports.topology.environment}: "
            "none is active, or name it by its id"
        )
    return record
