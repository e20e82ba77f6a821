"""Secrets Manager behind the port.

AWS documentation: Secrets Manager API, `DescribeSecret`, `GetSecretValue`,
`PutSecretValue`, `RotateSecret`, `UpdateSecretVersionStage`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rotation_hooks.adapters.failures import translated
from rotation_hooks.core.labels import CURRENT, PENDING, Described
from rotation_hooks.core.schedule import Schedule, duration_of

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


class SecretsManager:
    """Fits `ports.Secrets`."""

    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    def describe(self, arn: str) -> Described:
        with translated("DescribeSecret", arn):
            answer = self._client.describe_secret(SecretId=arn)
        return Described(
            rotation_enabled=answer.get("RotationEnabled", False),
            versions={
                version: frozenset(labels)
                for version, labels in answer.get("VersionIdsToStages", {}).items()
                if labels
            },
            schedule=_schedule(answer),
        )

    def value(self, arn: str, version: str) -> str | None:
        # A version that a rotation made has no value before createSecret gives it one.
        with translated("GetSecretValue", arn):
            try:
                answer = self._client.get_secret_value(SecretId=arn, VersionId=version)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        return answer.get("SecretString")

    def put_pending(self, arn: str, token: str, text: str) -> None:
        with translated("PutSecretValue", arn):
            self._client.put_secret_value(
                SecretId=arn,
                ClientRequestToken=token,
                SecretString=text,
                VersionStages=[PENDING],
            )

    def make_current(self, arn: str, token: str, instead_of: str | None) -> None:
        loser = {} if instead_of is None else {"RemoveFromVersionId": instead_of}
        with translated("UpdateSecretVersionStage", arn):
            self._client.update_secret_version_stage(
                SecretId=arn, VersionStage=CURRENT, MoveToVersionId=token, **loser
            )

    def drop_pending(self, arn: str, token: str) -> None:
        if PENDING not in self.describe(arn).versions.get(token, frozenset()):
            return
        with translated("UpdateSecretVersionStage", arn):
            self._client.update_secret_version_stage(
                SecretId=arn, VersionStage=PENDING, RemoveFromVersionId=token
            )

    def resume(self, arn: str, token: str) -> None:
        with translated("RotateSecret", arn):
            self._client.rotate_secret(SecretId=arn, ClientRequestToken=token)


def _schedule(answer: Mapping[str, Any]) -> Schedule:
    rules = answer.get("RotationRules", {})
    enabled = answer.get("RotationEnabled", False)
    expression = str(rules.get("ScheduleExpression", ""))
    return Schedule(
        last=answer.get("LastRotatedDate"),
        ends=answer.get("NextRotationDate") if enabled else None,
        duration=duration_of(rules.get("Duration")),
        # A cron expression names its days, whatever was rotated when.
        counts_from_the_last=not expression.startswith("cron"),
    )
