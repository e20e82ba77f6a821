"""The topology: what Shifter moves, and where it is.

One JSON document in one SSM parameter, written by the infrastructure stacks or by
hand, read by every Lambda.  It holds names and ARNs only: no secret, no live state.
Weights live in AWS and in the record, never here.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shifter.core.lanes import Lane
from shifter.core.model import Model

Arn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:[a-z0-9-]+:.+$")]
ParameterName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]+$", max_length=2048)
]
Name = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)
]


class Edge(Model):
    """An entry point whose weights Shifter owns.

    Exactly one of `rule_arn` (a listener rule) and `listener_arn` (the listener's
    default action) says where the weights are.
    """

    name: Annotated[str, StringConstraints(pattern=r"^edge-[12]$")]
    """`edge-1`, and `edge-2` where there are two."""
    rule_arn: Arn | None = None
    """The listener rule that forwards to the lanes."""
    listener_arn: Arn | None = None
    """The listener whose default action forwards to the lanes."""
    load_balancer_arn: Arn
    """The load balancer; CloudWatch names it by the end of this ARN."""
    target_groups: dict[Lane, Arn]
    """One for each lane; a target group belongs to one load balancer."""
    probe_url: (
        Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")] | None
    ) = None
    """Asked once after a rollback; the answer's `X-Shifter-Lane` header is the lane."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.rule_arn is None) == (self.listener_arn is None):
            raise ValueError(
                f"{self.name}: give either rule_arn or listener_arn, not both or none"
            )
        if not {Lane.BLUE, Lane.GREEN} <= self.target_groups.keys():
            raise ValueError(
                f"{self.name}: target_groups needs at least the lanes blue and green"
            )
        return self


class DnsRecord(Model):
    """The weighted record of one edge."""

    edge: str
    """Name of the edge that this record leads to."""
    set_identifier: str
    """What tells this record from the other one of the pair."""


class Dns(Model):
    """A Route 53 weighted pair.  Its share is the part that resolves to `edge-2`."""

    zone_id: str
    """Id of the hosted zone."""
    name: str
    """The name that clients resolve."""
    types: tuple[Literal["A", "AAAA", "CNAME"], ...] = ("A",)
    """Record types of the pair; all of them move in one batch."""
    records: tuple[DnsRecord, DnsRecord]
    """The pair: one record for each edge."""


class ReplicationTask(Model):
    """A DMS task; CloudWatch names it by the id suffixes of the two ARNs."""

    arn: Arn
    """The replication task."""
    instance_identifier: str
    """The replication instance's identifier, a dimension of the lag metrics."""


class Service(Model):
    """The ECS service behind a lane."""

    cluster: str
    """Name of the cluster."""
    service: str
    """Name of the service."""


class RotationHooks(Model):
    """What rotates the passwords of both databases, and is asked before a cutover."""

    guard: Arn
    """The alias of the function that tells whether a cutover may begin."""


class Topology(Model):
    """Everything that Shifter needs to know about one environment pair."""

    schema_version: Literal[1] = 1
    """Version of the topology's form."""
    environment: Name
    """Name of the system, for example `payments-prod`; one lock for each."""
    database: Literal["none", "fenced"] = "none"
    """`none`: both environments use one database."""
    edges: Annotated[tuple[Edge, ...], Field(min_length=1, max_length=2)]
    """The entry points, `edge-1` first."""
    dns: Dns | None = None
    """The weighted record over the two edges; None where DNS is not moved."""
    replication: dict[Name, ReplicationTask] = Field(default_factory=dict)
    """DMS tasks, by the name that a plan's replication gates use."""
    services: dict[Lane, Service] = Field(default_factory=dict)
    """ECS services, by lane; blue's is kept from scaling in."""
    stop_parameter: ParameterName | None = None
    """SSM parameter that stops the line: anything in it but `go` holds the cutover."""
    rotation: Literal["none"] | RotationHooks = "none"
    """`none`: passwords are rotated by nobody whom a cutover has to ask."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [edge.name for edge in self.edges]
        if names != ["edge-1", "edge-2"][: len(names)]:
            raise ValueError(
                f"edges are named edge-1 and edge-2, in this order; found {names}"
            )
        lanes = {frozenset(edge.target_groups) for edge in self.edges}
        if len(lanes) > 1:
            raise ValueError("every edge needs a target group for the same lanes")
        if self.dns is not None and sorted(r.edge for r in self.dns.records) != names:
            raise ValueError("dns.records needs one record for each of edge-1, edge-2")
        return self

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes that have a target group at every edge, in the order of Lane."""
        return tuple(lane for lane in Lane if lane in self.edges[0].target_groups)
