"""Patching: replace a name for the length of a context, and know every name replaced.

Rules: a patch is always undone; a name that is not there is an error in one clear
sentence, because moto's private names are what an upgrade moves.  `PATCH_POINTS` lists
them all, each with the fake that needs it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

_STATE_TASK = "moto.stepfunctions.parser.asl.component.state.exec.state_task"

PATCH_POINTS: tuple[tuple[str, str, str], ...] = (
    # module, dotted name in it, who needs it
    ("moto.core.botocore_stubber", "BotocoreStubber.__call__", "gateway"),
    ("moto.awslambda_simple.models", "LambdaSimpleBackend.invoke", "functions"),
    ("moto.elbv2.models", "FakeAction.__init__", "elbv2"),
    ("moto.elbv2.models", "ELBv2Backend.modify_listener", "elbv2"),
    ("moto.elbv2.models", "ELBv2Backend.register_targets", "elbv2"),
    ("moto.elbv2.models", "ELBv2Backend.deregister_targets", "elbv2"),
    ("moto.elbv2.models", "ELBv2Backend.describe_target_health", "elbv2"),
    ("moto.route53.responses", "Route53.change_resource_record_sets", "route53"),
    ("moto.route53.responses", "Route53.get_change", "route53"),
    ("moto.cloudwatch.models", "CloudWatchBackend.put_metric_data", "cloudwatch"),
    ("moto.cloudwatch.models", "CloudWatchBackend.get_metric_data", "cloudwatch"),
    ("moto.cloudwatch.models", "CloudWatchBackend.get_metric_statistics", "cloudwatch"),
    ("moto.cloudwatch.models", "CloudWatchBackend.get_all_metrics", "cloudwatch"),
    ("moto.cloudwatch.models", "CloudWatchBackend.put_metric_alarm", "cloudwatch"),
    ("moto.cloudwatch.models", "Alarm.update_state", "cloudwatch"),
    ("moto.cloudwatch.responses", "CloudWatchResponse.describe_alarms", "cloudwatch"),
    ("moto.cloudwatch.responses", "CloudWatchResponse.put_metric_alarm", "cloudwatch"),
    (
        "moto.dynamodb.models",
        "DynamoDBBackend.transact_write_items",
        "transactions",
    ),
    ("moto.events.models", "Rule.send_to_targets", "eventbridge"),
    (
        "moto.stepfunctions.parser.models",
        "StepFunctionsParserBackend.start_execution",
        "stepfunctions",
    ),
    (
        "moto.stepfunctions.parser.backend.execution_worker",
        "ExecutionWorker.start",
        "stepfunctions",
    ),
    (
        "moto.stepfunctions.parser.backend.execution_worker",
        "ExecutionWorker.stop",
        "stepfunctions",
    ),
    (
        "moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function",
        "WaitFunction._wait_interval",
        "stepfunctions",
    ),
    (
        "moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp",
        "Timestamp._get_wait_seconds",  # its `int`
        "stepfunctions",
    ),
    (
        "moto.stepfunctions.parser.asl.component.common.retry.retrier_decl",
        "time",
        "stepfunctions",
    ),
    (
        f"{_STATE_TASK}.service.state_task_service",
        "StateTaskService._get_boto_service_name",
        "stepfunctions",
    ),
    (
        f"{_STATE_TASK}.lambda_eval_utils",
        "boto_client_for",
        "stepfunctions",
    ),
    (
        "moto.stepfunctions.parser.asl.jsonata.jsonata",
        "_eval_jsonata",
        "stepfunctions",
    ),
    ("moto.sts.responses", "TokenResponse.get_caller_identity", "identity"),
    ("botocore.endpoint", "time", "account"),
    ("botocore.waiter", "time", "account"),
    ("botocore.retries.bucket", "time", "account"),
    ("concurrent.futures.thread", "ThreadPoolExecutor.submit", "pools"),
    ("concurrent.futures.thread", "ThreadPoolExecutor.shutdown", "pools"),
    ("concurrent.futures._base", "Future.result", "pools"),
    ("concurrent.futures._base", "Future.exception", "pools"),
    ("concurrent.futures._base", "_AcquireFutures.__init__", "pools"),
)


class PatchPointGone(RuntimeError):
    """A name that the sandbox replaces is no longer where it was."""


def find(module: str, name: str) -> tuple[Any, str]:
    """Return the owner of a patch point and the last part of its name."""
    *path, last = name.split(".")
    try:
        owner: Any = import_module(module)
        for part in path:
            owner = getattr(owner, part)
        getattr(owner, last)
    except (ImportError, AttributeError) as error:
        raise PatchPointGone(
            f"{module} has no {name} any more: the sandbox was written for moto 5.2.5; "
            "read what the new version does before moving the patch"
        ) from error
    return owner, last


def check_patch_points() -> None:
    """Fail, naming the first patch point that is gone."""
    for module, name, _ in PATCH_POINTS:
        find(module, name)


@contextmanager
def patched(owner: Any, name: str, new: Any, *, create: bool = False) -> Iterator[None]:
    """Replace `owner.name` inside the context; `create` allows a name that is new."""
    missing = object()
    old = vars(owner).get(name, missing)
    if old is missing and not create:
        raise PatchPointGone(f"{owner!r} has no {name} of its own to replace")
    setattr(owner, name, new)
    try:
        yield
    finally:
        if old is missing:
            delattr(owner, name)
        else:
            setattr(owner, name, old)


@contextmanager
def environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables inside the context; None takes one away."""
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
