"""Logs and metrics by Powertools; no Tracer, which would cost a third of a cold start.

Rules of this file
* One shape for every save: what was decided or done, by which rule, why, and where the
  cutover stands.
* Neither plans nor settings are logged, so no secret can be.
* Nothing is made at import: logger and metrics are made when they are first asked for.

AWS documentation: Powertools for AWS Lambda (Python), "Logger" and "Metrics"; Amazon
CloudWatch user guide, "Embedded metric format".
"""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shifter.core.journal import Entry
from shifter.core.record import Record

SERVICE = "shifter"
NAMESPACE = "Shifter"
HEARTBEAT = "WatchdogHeartbeat"


@cache
def logger() -> Logger:
    """The logger of the process."""
    return Logger(service=SERVICE)


@cache
def metrics() -> Metrics:
    """The metrics of the process; a handler flushes them when it ends."""
    return Metrics(namespace=NAMESPACE, service=SERVICE)


def heartbeat(environment: str) -> None:
    """Tell CloudWatch that the watchdog has looked after this environment."""
    metrics().add_dimension(name="environment", value=environment)
    metrics().add_metric(name=HEARTBEAT, unit=MetricUnit.Count, value=1)
    metrics().flush_metrics()
    metrics().clear_metrics()  # a flush that is disabled keeps them


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
