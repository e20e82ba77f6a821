"""The policies of secrets.

AWS documentation: Secrets Manager API, `GetResourcePolicy`, `PutResourcePolicy`
(`BlockPublicPolicy`), `DeleteResourcePolicy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rotation_hooks.adapters.failures import translated

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


class SecretPolicies:
    """Fits `ports.Policies`."""

    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    def read(self, arn: str) -> str | None:
        with translated("GetResourcePolicy", arn):
            answer = self._client.get_resource_policy(SecretId=arn)
        return answer.get("ResourcePolicy") or None

    def write(self, arn: str, policy: str | None) -> None:
        if policy is None:
            with translated("DeleteResourcePolicy", arn):
                self._client.delete_resource_policy(SecretId=arn)
            return
        with translated("PutResourcePolicy", arn):
            self._client.put_resource_policy(
                SecretId=arn, ResourcePolicy=policy, BlockPublicPolicy=True
            )
