"""Logs by Powertools: which secret, which version, which step, and what came of it.

Nothing that a secret holds is ever given to it.

AWS documentation: Powertools for AWS Lambda (Python), "Logger".
"""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger

SERVICE = "rotation-hooks"


@cache
def logger() -> Logger:
    """The logger of the process."""
    return Logger(service=SERVICE)
