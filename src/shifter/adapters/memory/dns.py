"""DNS without AWS: the twin of `adapters.route53`."""

from __future__ import annotations

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.edges import DnsState
from shifter.core.errors import Rejected
from shifter.core.lanes import dns_weights


class MemoryDns:
    """Fits `ports.Dns`."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def read(self) -> DnsState | None:
        self._world.ask("dns")
        return self._world.dns

    def write(self, share: int) -> str:
        world = self._world
        world.ask("dns")
        state = world.dns
        if state is None:
            raise ValueError("the topology has no weighted record to write")
        first, second = dns_weights(share)
        written = DnsState({"edge-1": first, "edge-2": second}, state.ttl_seconds)

        def apply() -> str:
            change = f"change-{len(world.dns_changes) + 1}"
            world.dns = written
            world.dns_changes[change] = world.clock.now()
            return change

        return world.effect("write dns", apply)

    def insync(self, change_id: str) -> bool:
        world = self._world
        world.ask("dns")
        made_at = world.dns_changes.get(change_id)
        if made_at is None:
            raise Rejected("GetChange", change_id, "NoSuchChange")
        return world.clock.now() - made_at >= world.dns_delay
