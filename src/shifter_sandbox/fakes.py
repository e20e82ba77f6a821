"""Fakes: everything that the sandbox lays over moto, and where AWS describes it.

Rules: a fake follows the virtual clock, refuses what it does not know, and stands in
this table.  Nothing here was compared with a real account; the sources are AWS's
documentation by page title.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fake:
    """One fake: the module that holds it, and why it is there."""

    module: str
    moto: str
    """What moto 5.2.5 gets wrong."""
    does: str
    source: str
    """Title of the page of AWS's documentation that it follows."""


FAKES = (
    Fake(
        "elbv2",
        "Takes any weight and any number of groups; targets are healthy at once",
        "Refuses weights outside 0-999 and more than 5 groups; initial, healthy, "
        "unhealthy, draining",
        "Elastic Load Balancing API reference: TargetGroupTuple, TargetHealth; "
        "user guide: Health checks for your Application Load Balancer target groups",
    ),
    Fake(
        "route53",
        "Takes weights over 255; every change is INSYNC at once",
        "Refuses such weights; PENDING for 30 s, during which the old answer is served",
        "Amazon Route 53 API reference: ResourceRecordSet, GetChange",
    ),
    Fake(
        "cloudwatch",
        "Metric math answers nothing and says Complete; datapoints are there at once; "
        "no percentiles, no composite alarms; composite alarms would be listed unasked",
        "Raises on expressions; late datapoints, which can stop; percentiles; "
        "DescribeAlarms by type",
        "Amazon CloudWatch API reference: GetMetricData, DescribeAlarms, "
        "PutCompositeAlarm",
    ),
    Fake(
        "monitoring",
        "Alarms are never evaluated and a new one is OK",
        "Evaluates metric and composite alarms each minute, missing data included",
        "Amazon CloudWatch user guide: Configuring how CloudWatch alarms treat missing "
        "data; Create a composite alarm",
    ),
    Fake(
        "eventbridge",
        "Raises for Lambda targets; sends no alarm events",
        "Invokes Lambda targets a second later; puts alarm events on the default bus",
        "Amazon EventBridge user guide: Event bus targets; Amazon CloudWatch user "
        "guide: Alarm events and EventBridge",
    ),
    Fake(
        "dms",
        "Tasks are canned: running at once, loaded at once, without metrics",
        "Tasks follow a script and publish their lag; other operations raise",
        "AWS DMS API reference: DescribeReplicationTasks; user guide: Monitoring AWS "
        "DMS tasks",
    ),
    Fake(
        "calendars",
        "Has no change calendars",
        "Answers GetCalendarState for calendars that are open but for given spans",
        "AWS Systems Manager API reference: GetCalendarState",
    ),
    Fake(
        "functions",
        "Lambda runs no code without docker",
        "Calls Python handlers; exceptions become function errors; virtual timeouts",
        "AWS Lambda developer guide: Python function errors; Invoke API reference",
    ),
    Fake(
        "emf",
        "Nobody reads what a function prints",
        "Lines in embedded metric format become datapoints",
        "Amazon CloudWatch user guide: Specification: Embedded metric format",
    ),
    Fake(
        "stepfunctions",
        "Waits and retries take real time, and a wait until a timestamp ends up to a "
        "second early; executions race; no name is made up",
        "The virtual clock, exactly; executions take turns; a name is generated",
        "AWS Step Functions developer guide: Wait workflow state; Handling errors",
    ),
    Fake(
        "gateway",
        "A call takes no time and never fails",
        "30 ms of virtual latency; planted faults below botocore's retries (`faults`)",
        "AWS SDKs and tools reference guide: Retry behavior",
    ),
    Fake(
        "identity",
        "Everybody whose key it does not know is user/moto",
        "An unknown access key is a user of its name; no signature is verified",
        "AWS STS API reference: GetCallerIdentity",
    ),
    Fake(
        "transactions",
        "Copies the whole table for each item of a transaction",
        "Copies what the transaction names, so a long cutover is played fast",
        "Amazon DynamoDB developer guide: Managing complex workflows with DynamoDB "
        "transactions",
    ),
    Fake(
        "function_url",
        "A Function URL has an address and answers nothing",
        "Served with `shifter sandbox serve`: events of payload format 2.0, IAM only",
        "AWS Lambda developer guide: Invoking Lambda function URLs",
    ),
    Fake(
        "pools",
        "(Python) the threads of a pool race in real time",
        "They take turns in virtual time",
        "none: this is about determinism",
    ),
    Fake(
        "account",
        "(botocore) retries and waiters sleep in real time",
        "They sleep in virtual time; credentials are dummies",
        "none: this is about time and safety",
    ),
)
