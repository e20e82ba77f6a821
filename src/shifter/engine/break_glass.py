"""break_glass: make every edge all blue without the record.

For when the table, or its key, cannot be used; a table that answers reads and refuses
saves is of no use either, for each way back begins with a save.  The topology and the
load balancers are all that is needed.  Nothing is known here of a cutover: neither
whether there is one, nor whether a weight write of it is still under way, so whoever
orders it looks again after the time that the report names.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shifter.core.edges import EdgeState
from shifter.core.errors import AwsError, Conflict, LockHeld, Refused
from shifter.core.model import Model
from shifter.core.notice import Notice, Severity
from shifter.core.record import LATE_SECONDS, WRITE_SECONDS, Record
from shifter.engine import all_blue
from shifter.engine.active import active
from shifter.engine.observe import unable_edges
from shifter.engine.saving import save
from shifter.ports import Ports

UNDER_WAY = timedelta(seconds=WRITE_SECONDS + LATE_SECONDS)
"""After this time no weight write of a cutover can land any more."""


class Report(Model):
    """What every edge shows after it was written."""

    environment: str
    edges: dict[str, str]
    """By edge: `all blue`, or what it shows instead."""
    verified: bool
    look_again_at: datetime
    """Order it once more after this: a write that was under way may have landed."""


def break_glass(environment: str, ports: Ports, *, by: str, reason: str) -> Report:
    """Write all blue at every edge and read it back.

    Raises Refused where going back needs the record: it can be read and saved, and the
    cutover is active, or the databases are fenced.
    """
    topology = ports.topology
    if environment != topology.environment:
        raise Refused(
            f"environment: {environment}: this Shifter moves {topology.environment}"
        )
    if topology.database == "fenced":
        raise Refused(
            f"{environment} has a fenced database: weights alone are not the way back"
        )
    excuse = _excuse(ports, by, reason)
    states = {
        edge: state
        for edge, state in ports.edges.read().items()
        if isinstance(state, EdgeState)
    }
    wrong = all_blue.write(states, ports, unable_edges(ports))
    now = ports.clock.now()
    report = Report(
        environment=environment,
        edges={edge.name: wrong.get(edge.name, "all blue") for edge in topology.edges},
        verified=not wrong,
        look_again_at=now + UNDER_WAY,
    )
    _page(report, ports, now, f"{by} broke the glass: {reason} ({excuse})")
    return report


def _excuse(ports: Ports, by: str, reason: str) -> str:
    """Why it is done without the record.  Raises Refused when it can be used."""
    try:
        record = active(ports)
    except Exception as error:  # noqa: BLE001  whatever it is, blue must not wait
        return f"the record cannot be read: {type(error).__name__}: {error}"
    if record is None:
        return "no cutover is active"
    try:
        _note(record, ports, by, reason)
    except AwsError as error:
        return f"the record cannot be saved: {type(error).__name__}: {error}"
    except (Conflict, LockHeld):
        pass  # it can be saved: somebody just did, or going back needs no lock
    raise Refused(
        f"the record of {record.cutover_id} can be read and saved, and it is "
        f"{record.phase}: roll it back with its record"
    )


def _note(record: Record, ports: Ports, by: str, reason: str) -> None:
    """Journal who wants to break the glass: the one way to know whether saving works.

    Raises AwsError, Conflict and LockHeld.
    """
    save(
        ports,
        record,
        now=ports.clock.now(),
        actor=by,
        action="break_glass",
        rule="refused",
        reason=reason,
        before=record.phase,
    )


def _page(report: Report, ports: Ports, now: datetime, reason: str) -> None:
    """Tell people as well as it goes."""
    shown = "; ".join(f"{edge}: {told}" for edge, told in report.edges.items())
    notice = Notice(
        severity=Severity.PAGE,
        environment=report.environment,
        cutover_id="unknown",
        at=now,
        phase="WITHOUT RECORD",
        step=0,
        steps=0,
        action="break_glass",
        rule="ordered",
        reason=f"{reason}. Now {shown}. A write of a cutover may still land until "
        f"{report.look_again_at:%H:%M:%S} UTC: order it once more then",
        journal_head="none: no record was read or written",
    )
    try:
        ports.notifier.send(notice)
    except AwsError:
        return  # the report says it all to whoever asked
