"""Logs and metrics by Powertools; no Tracer, which would cost a third of a cold start.

One shape for every save: what was decided or done, by which rule, why, and where the
cutover stands.  Neither plans nor settings are logged, so no secret can be.
"""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger

from shifter.core.journal import Entry
from shifter.core.record import Record


@cache
def logger() -> Logger:
    """The logger of the process."""
    return Logger(service="shifter")


def log_save(record: Record, entry: Entry) -> None:
    """Log one save, in the journal's words."""
    logger().info(
        entry.reason,
        extra={
            "cutover_id": entry.cutover_id,
            "environment": record.environment,
            "actor": entry.actor,
            "action": entry.action,
            "rule": entry.rule,
            "phase": entry.phase,
            "step": entry.step,
            "version": record.version,
            "look_again_at": record.look_again_at.isoformat(),
        },
    )
