"""The roles of functions, as they are now.

CloudFormation names the role of a hosted rotation by itself, and a new one takes its
place when its stack is made anew; the function's name is ours.

AWS documentation: AWS Lambda API, `GetFunctionConfiguration`; AWS CloudFormation
template reference, "AWS::SecretsManager::RotationSchedule HostedRotationLambda".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rotation_hooks.adapters.failures import translated

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class FunctionRoles:
    """Which role a function has."""

    def __init__(self, client: LambdaClient) -> None:
        self._client = client

    def of(self, function: str) -> str:
        """The ARN of its role.  Raises AwsError."""
        with translated("GetFunctionConfiguration", function):
            return self._client.get_function_configuration(FunctionName=function)[
                "Role"
            ]
