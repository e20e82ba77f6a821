"""The weighted pair in Route 53.

Rules of this file
* A write is one batch of UPSERTs for both edges and all types: Route 53 applies a batch
  as a whole or not at all.  Everything of a record set but its weight is written back
  as it was read: alias target, TTL, values, health check.
* Weights that do not tell one share (types that disagree, or weight on a record that
  the topology does not name) are shown as all zero, whose share is None: such a pair
  is never taken for settled, and any write heals it.
* A record that is missing is Rejected: there is nothing to preserve.

AWS documentation: Route 53 API, `ListResourceRecordSets`, `ChangeResourceRecordSets`,
`GetChange`, `ResourceRecordSet`; developer guide, "Values specific for weighted alias
records" and "Choosing between alias and non-alias records" (an alias to a load
balancer answers with a TTL of 60 seconds).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shifter.adapters.failures import translated
from shifter.core.edges import DnsState
from shifter.core.errors import Rejected
from shifter.core.lanes import dns_weights, percent
from shifter.core.topology import Dns, Topology

if TYPE_CHECKING:
    from types_boto3_route53 import Route53Client

ALIAS_TTL_SECONDS = 60
_RecordSet = Mapping[str, Any]


class Route53Dns:
    """Fits `ports.Dns`."""

    def __init__(self, client: Route53Client, topology: Topology) -> None:
        self._client = client
        self._dns = topology.dns

    def read(self) -> DnsState | None:
        if self._dns is None:
            return None
        record_sets = self._record_sets(self._dns)
        pairs = _pairs(self._dns, record_sets)
        ttl_seconds = max(
            _ttl(record_set) for pair in pairs.values() for record_set in pair.values()
        )
        weights = _weights(pairs)
        if not _tells_one_share(weights) or _foreign(self._dns, record_sets):
            weights = [dict.fromkeys(weights[0], 0)]
        return DnsState(weights=weights[0], ttl_seconds=ttl_seconds)

    def write(self, share: int) -> str:
        if self._dns is None:
            raise ValueError("the topology has no weighted record to write")
        first, second = dns_weights(share)
        weights = {"edge-1": first, "edge-2": second}
        changes: list[Any] = [
            {"Action": "UPSERT", "ResourceRecordSet": {**record_set, "Weight": weight}}
            for pair in _pairs(self._dns, self._record_sets(self._dns)).values()
            for edge, weight in weights.items()
            for record_set in (pair[edge],)
        ]
        with translated("ChangeResourceRecordSets", self._dns.name):
            answer = self._client.change_resource_record_sets(
                HostedZoneId=self._dns.zone_id,
                ChangeBatch={
                    "Comment": f"shifter: {percent(share)} to edge-2",
                    "Changes": changes,
                },
            )
        return answer["ChangeInfo"]["Id"]

    def insync(self, change_id: str) -> bool:
        with translated("GetChange", change_id):
            answer = self._client.get_change(Id=change_id)
        return answer["ChangeInfo"]["Status"] == "INSYNC"

    def _record_sets(self, dns: Dns) -> list[_RecordSet]:
        """All record sets of the name and the types that the topology names."""
        name = _plain(dns.name)
        found: list[_RecordSet] = []
        start: dict[str, Any] = {
            "StartRecordName": dns.name,
            "StartRecordType": min(dns.types),
        }
        while True:
            with translated("ListResourceRecordSets", dns.name):
                answer = self._client.list_resource_record_sets(
                    HostedZoneId=dns.zone_id, **start
                )
            for record_set in answer["ResourceRecordSets"]:
                if _plain(record_set["Name"]) != name:
                    return found
                if record_set["Type"] in dns.types:
                    found.append(record_set)
            if not answer["IsTruncated"]:
                return found
            start = {
                "StartRecordName": answer["NextRecordName"],
                "StartRecordType": answer["NextRecordType"],
            }
            if "NextRecordIdentifier" in answer:
                start["StartRecordIdentifier"] = answer["NextRecordIdentifier"]


def _plain(name: str) -> str:
    r"""A name as it can be compared: lower case, no last dot, a star for `\052`."""
    return name.lower().rstrip(".").replace("\\052", "*")


def _pairs(dns: Dns, record_sets: list[_RecordSet]) -> dict[str, dict[str, _RecordSet]]:
    """The record set of each edge, by type.  Raises Rejected when one is missing."""
    found = {(r["Type"], r.get("SetIdentifier")): r for r in record_sets}
    pairs: dict[str, dict[str, _RecordSet]] = {}
    for kind in dns.types:
        for record in dns.records:
            record_set = found.get((kind, record.set_identifier))
            if record_set is None or "Weight" not in record_set:
                raise Rejected(
                    "ListResourceRecordSets",
                    dns.name,
                    f"there is no weighted {kind} record with the set identifier "
                    f"{record.set_identifier} for {record.edge}: create it, or correct "
                    "the topology",
                )
            pairs.setdefault(kind, {})[record.edge] = record_set
    return pairs


def _weights(pairs: Mapping[str, Mapping[str, _RecordSet]]) -> list[dict[str, int]]:
    return [
        {edge: pair[edge]["Weight"] for edge in sorted(pair)} for pair in pairs.values()
    ]


def _tells_one_share(weights: list[dict[str, int]]) -> bool:
    """Tell whether all types have the same ratio of weights."""
    first, *others = weights
    return all(
        sum(other.values()) > 0
        and first["edge-1"] * other["edge-2"] == first["edge-2"] * other["edge-1"]
        for other in others
    )


def _foreign(dns: Dns, record_sets: list[_RecordSet]) -> bool:
    """Tell whether a record that the topology does not name takes answers."""
    ours = {record.set_identifier for record in dns.records}
    return any(
        r.get("Weight") and r.get("SetIdentifier") not in ours for r in record_sets
    )


def _ttl(record_set: _RecordSet) -> int:
    return ALIAS_TTL_SECONDS if "AliasTarget" in record_set else record_set["TTL"]
