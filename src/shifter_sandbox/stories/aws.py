"""Stories of AWS: what it refuses, loses, repeats or does not deliver."""

from __future__ import annotations

from datetime import timedelta

from shifter_sandbox import mishaps, people, repeats
from shifter_sandbox.scenario import (
    MINUTE,
    QUICK,
    SHORT,
    End,
    Onset,
    Scenario,
    shipped_gates,
    when,
)
from shifter_sandbox.shows import (
    breaker_and_poll_met,
    breaker_ignored,
    entries_of,
    held_for,
    no_entry_of_the_breaker,
    paged_by,
    redriven_did_nothing,
    redriven_ended,
)

THROTTLED = Scenario(
    "throttled",
    "AWS throttles reads and writes for a while",
    End.COMPLETED,
    (when("AWS throttles", mishaps.throttle),),
)
THROTTLED_EVERYWHERE = Scenario(
    "throttled-everywhere",
    "AWS throttles whatever is asked, for half a minute",
    End.COMPLETED,
    (when("AWS throttles everything", mishaps.throttle_everything(30)),),
    shows=(paged_by("act_failed"),),
)
METRICS_STOP = Scenario(
    "metrics-stop",
    "CloudWatch delivers no datapoints of green and blue any more: an alarm for which "
    "missing data are bad fires, and nothing can be proven",
    End.ROLLED_BACK,
    (when("metrics stop", mishaps.stop_metrics()),),
    because="unhealthy",
    proven=False,
)
METRICS_PAUSE = Scenario(
    "metrics-pause",
    "request counts stop arriving: that is no good news, so it holds until they are "
    "back",
    End.COMPLETED,
    (
        when(
            "request counts stop for 15 minutes",
            mishaps.stop_metrics("RequestCount", lasting=15 * MINUTE),
        ),
    ),
    shows=(held_for("enough-requests"),),
)
METRICS_SILENT = Scenario(
    "metrics-silent",
    "metrics stop, and no alarm minds missing data: the deadline leads out",
    End.ROLLED_BACK,
    (when("metrics stop", mishaps.stop_metrics()),),
    because="waited in vain, evidence for 10m",
    proven=False,
    plan={
        "gates": shipped_gates(
            {
                "kind": "sufficiency",
                "name": "evidence",
                "minimum_requests": 20,
                "deadline": "10m",
                "on_deadline": "roll_back",
            },
            without="evidence unhealthy health enough-requests",
        )
    },
)
TABLE_SILENT = Scenario(
    "table-silent",
    "DynamoDB does not answer for a minute during a bake: it holds and pages",
    End.COMPLETED,
    (when("the table is silent", mishaps.table_unavailable(60, silent=True)),),
    shows=(paged_by("act_failed"),),
)
TABLE_FAILS = Scenario(
    "table-fails",
    "DynamoDB answers by errors for 90 seconds during a bake: three looks that fail in "
    "a row lead out",
    End.ROLLED_BACK,
    (when("the table fails", mishaps.table_unavailable(90, silent=False)),),
    because="Unavailable",
)
ABORTS = when("the operator aborts", people.abort)
UNWRITABLE = Scenario(
    "unwritable",
    "an operator wants to go back, and edge-2 cannot be written for a while",
    End.ROLLED_BACK,
    (when("edge-2 is denied", mishaps.forbid_writing("edge-2", seconds=240)), ABORTS),
    because="aborted",
    shows=(entries_of("roll_back", "stuck"),),
)
UNWRITABLE_FOR_LONG = Scenario(
    "unwritable-for-long",
    "the same, until after the execution has given up: the watchdog goes on",
    End.ROLLED_BACK,
    (when("edge-2 is denied", mishaps.forbid_writing("edge-2", seconds=900)), ABORTS),
    because="aborted",
    execution_gives_up=True,
)
UNWRITABLE_FOR_GOOD = Scenario(
    "unwritable-for-good",
    "the same, and nobody ever gives the permission",
    End.STUCK,
    (when("edge-2 is denied", mishaps.forbid_writing("edge-2")), ABORTS),
    because="AccessDenied",
)
REDRIVEN = Scenario(
    "redriven",
    "an old directive is carried out again while its execution is still in charge",
    End.COMPLETED,
    (when("the execution is redriven", repeats.redrive()),),
    shows=(redriven_ended,),
)
REDRIVEN_OLD_OWNER = Scenario(
    "redriven-old-owner",
    "the first execution is redriven after another one took over",
    End.COMPLETED,
    (when("the execution is redriven", repeats.redrive()),),
    history_limit=250,
    shows=(entries_of("hand_over", "hand_over"), redriven_did_nothing),
)
REDRIVEN_AFTERWARDS = Scenario(
    "redriven-afterwards",
    "an old directive is carried out again when everything is over",
    End.COMPLETED,
    (when("the execution is redriven", repeats.redrive(), 1000, 20 * MINUTE),),
    plan=QUICK.plan,
    lingers=15 * MINUTE,
    shows=(redriven_did_nothing,),
    onset=Onset.NEVER,
)
STALE_ALARM = Scenario(
    "stale-alarm",
    "an alarm event from before the cutover arrives",
    End.COMPLETED,
    (when("an old event", repeats.repeat_alarm_event(before_start=True)),),
    shows=(breaker_ignored, no_entry_of_the_breaker),
)
ALARM_OK_AGAIN = Scenario(
    "alarm-ok-again",
    "an alarm event arrives, and the alarm is OK again",
    End.COMPLETED,
    (when("a late event", repeats.repeat_alarm_event(before_start=False)),),
    shows=(breaker_ignored, entries_of("breaker", "ignore")),
)
ALARM_AND_POLL = Scenario(
    "alarm-and-poll",
    "the breaker and a poll see the same alarm at the same second",
    End.ROLLED_BACK,
    (when("an alarm fires at the poll", repeats.fire_alarm_at_the_poll()),),
    because="fired at the poll",
    shows=(breaker_and_poll_met,),
)
ALARM_BEFORE_POLL = Scenario(
    "alarm-before-poll",
    "the same, and the breaker is half a second earlier",
    End.ROLLED_BACK,
    (
        when(
            "an alarm fires before the poll",
            repeats.fire_alarm_at_the_poll(timedelta(seconds=-0.5)),
        ),
    ),
    because="fired at the poll",
    shows=(breaker_and_poll_met, entries_of("breaker", "roll_back")),
)

RUNS = (
    THROTTLED,
    QUICK.before(THROTTLED, Onset.FIRST),
    QUICK.before(THROTTLED, Onset.LAST),
    *QUICK.at_each(THROTTLED_EVERYWHERE),
    *SHORT.at_each(METRICS_STOP),
    *SHORT.at_each(METRICS_PAUSE),
    *SHORT.at_each(METRICS_SILENT),
    *QUICK.at_each(TABLE_SILENT),
    *QUICK.at_each(TABLE_FAILS),
    *QUICK.at_each(UNWRITABLE),
    QUICK.at(UNWRITABLE_FOR_LONG, Onset.MIDDLE),
    *QUICK.at_each(UNWRITABLE_FOR_GOOD),
    *QUICK.at_each(REDRIVEN),
    QUICK.at(REDRIVEN_OLD_OWNER, Onset.MIDDLE),
    QUICK.at(REDRIVEN_OLD_OWNER, Onset.LAST),
    REDRIVEN_AFTERWARDS,
    *QUICK.at_each(STALE_ALARM),
    *QUICK.at_each(ALARM_OK_AGAIN),
    *QUICK.at_each(ALARM_AND_POLL),
    *QUICK.at_each(ALARM_BEFORE_POLL),
)
