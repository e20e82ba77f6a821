"""List prices that a forecast of a run's cost uses, and what they are for.

A price is verified when AWS's pricing page was read for it in the month of `AS_OF`, and
unverified when it is believed.  No free tier is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass

AS_OF = "November 2026"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one thing costs, in US dollars."""

    usd: float
    per: int
    """How many of them cost that much."""
    source: str
    """The pricing page of AWS that has it, by its name."""
    verified: bool

    def of(self, count: float) -> float:
        """Dollars for so many."""
        return count * self.usd / self.per


STATE_TRANSITION = Price(
    usd=25.0,
    per=1_000_000,
    source="AWS Step Functions pricing (standard workflows)",
    verified=False,
)
LAMBDA_REQUEST = Price(
    usd=0.20, per=1_000_000, source="AWS Lambda pricing", verified=False
)
LAMBDA_GB_SECOND = Price(
    usd=16.6667, per=1_000_000, source="AWS Lambda pricing (x86)", verified=False
)
DYNAMODB_WRITE_UNIT = Price(
    usd=0.625,
    per=1_000_000,
    source="Amazon DynamoDB pricing (on-demand, standard table class)",
    verified=False,
)
DYNAMODB_READ_UNIT = Price(
    usd=0.125,
    per=1_000_000,
    source="Amazon DynamoDB pricing (on-demand, standard table class)",
    verified=False,
)
METRIC_REQUESTED = Price(
    usd=0.01, per=1_000, source="Amazon CloudWatch pricing (API)", verified=False
)
"""Each metric that GetMetricData asks for."""
CLOUDWATCH_REQUEST = Price(
    usd=0.01, per=1_000, source="Amazon CloudWatch pricing (API)", verified=False
)
"""Each DescribeAlarms."""

PRICES = (
    STATE_TRANSITION,
    LAMBDA_REQUEST,
    LAMBDA_GB_SECOND,
    DYNAMODB_WRITE_UNIT,
    DYNAMODB_READ_UNIT,
    METRIC_REQUESTED,
    CLOUDWATCH_REQUEST,
)


def provenance(prices: tuple[Price, ...] = PRICES) -> str:
    """Where and when the prices are from, and how many of them anybody has checked."""
    checked = sum(price.verified for price in prices)
    how = {0: "none", len(prices): "all"}.get(checked, f"{checked} of {len(prices)}")
    return f"list prices of {REGION}, {AS_OF}, {how} verified: check before you budget"
