"""The rotation of one secret, begun by an operator.

AWS documentation: Secrets Manager API, `RotateSecret` (it begins at once, and answers
with the version that it makes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shifter.adapters.failures import translated

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


class SecretRotation:
    """Begins rotations with the operator's own rights."""

    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    def begin(self, arn: str) -> str:
        """Rotate the secret now; return the version that becomes current.

        Raises AwsError; Rejected also while another rotation of it is under way.
        """
        with translated("RotateSecret", arn):
            return str(self._client.rotate_secret(SecretId=arn)["VersionId"])
