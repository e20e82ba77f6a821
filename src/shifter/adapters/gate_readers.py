"""The readers of all gates, by the kind of their gate.

A file of its own: who only goes back reads no gate, and a cold start of `roll_back`
does not wait for what reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shifter.adapters.cloudwatch import AlarmReader
from shifter.adapters.dms import ReplicationReader
from shifter.adapters.outcomes import (
    ApplicationOutcomes,
    BalancerOutcomes,
    EvidenceReader,
)
from shifter.adapters.readers import (
    CapacityReader,
    DnsSettledReader,
    SufficiencyReader,
    TargetsReader,
    WeightsReader,
)
from shifter.adapters.ssm_gates import CalendarReader, LineReader
from shifter.core.outcomes import Source

if TYPE_CHECKING:
    from shifter.ports import Ports, Reader


def gate_readers(
    ports: Ports, client: Callable[[str], Any], heartbeat_alarm: str
) -> Mapping[str, Reader]:
    """A reader for each kind of gate that looks at more than the record.

    `client` makes the client of an AWS service by its name, and keeps it.
    """
    cloudwatch, topology = client("cloudwatch"), ports.topology
    alarms = AlarmReader(cloudwatch, heartbeat_alarm)
    return {
        "alarm": alarms,
        "watchdog": alarms,
        "calendar": CalendarReader(client("ssm")),
        "line": LineReader(client("ssm"), topology),
        "replication": ReplicationReader(client("dms"), cloudwatch, topology),
        "targets": TargetsReader(ports.edges),
        "sufficiency": SufficiencyReader(ports.traffic),
        "evidence": EvidenceReader(
            {
                Source.LOAD_BALANCER: BalancerOutcomes(cloudwatch, topology),
                Source.APPLICATION: ApplicationOutcomes(cloudwatch, topology),
            }
        ),
        "weights": WeightsReader(ports.edges),
        "dns_settled": DnsSettledReader(ports.dns),
        "capacity": CapacityReader(ports.capacity),
    }
