"""AWS Secrets Manager behind the port `Secrets`."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bootstrap.errors import BootstrapError, Denied, Unreachable
from bootstrap.secrets import Stage

_DENIALS = {"AccessDeniedException", "DecryptionFailure"}


class SecretsManager:
    """Secrets in one account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def text(self, arn: str, stage: Stage) -> str | None:
        try:
            answer = self._client.get_secret_value(SecretId=arn, VersionStage=stage)
        except self._client.exceptions.ResourceNotFoundException:
            return None
        except ClientError as error:
            raise _translated(arn, error) from None
        except BotoCoreError as error:
            raise Unreachable(
                f"{arn}: Secrets Manager does not answer ({type(error).__name__}); "
                "look at its endpoint in the network"
            ) from None
        return str(answer.get("SecretString", ""))


def _translated(arn: str, error: ClientError) -> BootstrapError:
    code = str(error.response.get("Error", {}).get("Code"))
    if code in _DENIALS:
        return Denied(
            f"{arn}: {code}; allow the function's role to read the secret and its key"
        )
    return Unreachable(f"{arn}: Secrets Manager answers {code}; deploy again")
