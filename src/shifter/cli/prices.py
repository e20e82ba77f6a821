"""List prices that a forecast of a run's cost uses, and what they are for.

List prices of us-east-1, January 2025, without free tiers: check them before you
budget.  They are in US dollars.

AWS documentation: the pricing pages "AWS Step Functions pricing" (standard workflows),
"AWS Lambda pricing" (arm64), "Amazon DynamoDB pricing" (on-demand, standard table
class) and "Amazon CloudWatch pricing" (API requests).
"""

from __future__ import annotations

AS_OF = "list prices of us-east-1, January 2025: check before you budget"

STATE_TRANSITION = 25 / 1_000_000
LAMBDA_REQUEST = 0.20 / 1_000_000
LAMBDA_GB_SECOND = 0.000_013_333_4
DYNAMODB_WRITE_UNIT = 0.625 / 1_000_000
DYNAMODB_READ_UNIT = 0.125 / 1_000_000
METRIC_REQUESTED = 0.01 / 1_000
"""Each metric that GetMetricData asks for."""
CLOUDWATCH_REQUEST = 0.01 / 1_000
"""Each DescribeAlarms."""
