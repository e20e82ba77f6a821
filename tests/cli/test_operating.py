"""Commands against a deployed Shifter in this process, on the stage's time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from interlock.lock import EnvironmentLock, HolderName
from shifter.cli import connection
from shifter.core.journal import GENESIS, Entry
from shifter.core.lanes import ALL_BLUE, Lane
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter_sandbox.stage import CUTOVER, Stage
from shifter_sandbox.troubles import outage
from tests.cli.stages import MACHINE_ARN, begin, operated_stage, operator, run, wait

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
SHORT: dict[str, Any] = {
    "steps": [{"share": "10 %", "bake": "2m"}, {"share": "100 %"}],
    "final_bake": "2m",
    "poll": "10s",
    "gates": [
        {
            "kind": "alarm",
            "name": "errors",
            "alarm": "payments-prod-green-5xx",
            "lane": "green",
            "on_alarm": "roll_back",
        }
    ],
}
APPROVED: dict[str, Any] = {
    **SHORT,
    "gates": [
        *SHORT["gates"],
        {"kind": "approval", "name": "all", "before": "100 %"},
    ],
}
STARTER = "arn:aws:iam::123456789012:user/ada"
GRACE = "arn:aws:iam::123456789012:user/grace"


@pytest.fixture
def on() -> Iterator[Stage]:
    """A stage with one edge on which nothing has begun."""
    with operated_stage(edges=1) as opened:
        yield opened


@pytest.fixture
def plan(tmp_path: Path) -> str:
    """A plan of two short steps, in a file."""
    return _written(tmp_path, SHORT)


def _written(tmp_path: Path, changes: dict[str, Any]) -> str:
    shipped = yaml.safe_load((ROOT / "examples" / "plan.yaml").read_text("utf-8"))
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(shipped | changes))
    return str(file)


def _record(on: Stage, cutover_id: str = CUTOVER) -> Record:
    record = on.ports.store.load(cutover_id)
    assert record is not None
    return record


# --- start and watch ------------------------------------------------------------------


def test_a_cutover_is_started_and_watched_to_its_end(on: Stage, plan: str) -> None:
    ended = run(on, "start", plan, "--id", "first", "--yes", "--wait")

    lines = ended.stdout.splitlines()
    assert re.fullmatch(rf"Started first: [A-Z]+, by {STARTER}", lines[0])
    told = [line[10:].split(":")[0] for line in lines[1:] if line[2:3] == ":"]
    assert [
        "PREPARED       step 0, 0 %",
        "SHIFTING       step 1, 10 %",
        "BAKING         step 1, 10 %",
        "BAKING         step 1, 10 %",
        "SHIFTING       step 2, 100 %",
        "BAKING         step 2, 100 %",
        "BAKING         step 2, 100 %",
        "BAKING         step 2, 100 %",
        "COMPLETED      step 2, 100 %",
    ] == told
    assert "COMPLETED: every step baked and every gate passed" in lines
    assert (0, "") == (ended.exit_code, ended.stderr)


def test_the_id_says_what_it_is_and_when_it_was_made(on: Stage, plan: str) -> None:
    started = run(on, "start", plan, "--yes", "--json").document

    id_ = started["cutover_id"]
    assert re.fullmatch(r"payments-to-green-20260302-09070\d", id_)
    assert started == {
        "cutover_id": id_,
        "environment": "payments-prod",
        "execution": id_,
        "started": True,
        "phase": started["phase"],
        "started_by": STARTER,
        "started_at": started["started_at"],
    }


def test_the_same_start_twice_is_the_same_as_once(on: Stage, plan: str) -> None:
    first = run(on, "start", plan, "--id", "one", "--yes")
    again = run(on, "start", plan, "--id", "one", "--yes")

    assert (0, 0) == (first.exit_code, again.exit_code)
    assert again.stdout.startswith("Was started before: one: ")


def test_a_second_start_is_told_who_holds_the_lock_since_when(
    on: Stage, plan: str
) -> None:
    begin(on, **SHORT)

    ended = run(on, "start", plan, "--yes")

    since = _record(on).started_at.isoformat()
    assert f"payments-prod is held by cutover:demo since {since}: " in ended.stderr
    assert (4, "") == (ended.exit_code, ended.stdout)


def test_a_start_that_prepare_refuses_says_why(on: Stage, plan: str) -> None:
    on.system.edit_weights("edge-1", {Lane.BLUE: 9, Lane.GREEN: 1})

    ended = run(on, "start", plan, "--id", "one", "--yes")

    assert ended.stderr.startswith("one was not started: edge-1: shows blue ")
    assert "bring it back first" in ended.stderr
    assert (4, "") == (ended.exit_code, ended.stdout)


def test_each_line_of_json_is_an_entry_and_the_last_is_where_it_ended(
    on: Stage,
) -> None:
    begin(on, **SHORT)

    ended = run(on, "watch", "--json")

    *entries, last = map(json.loads, ended.stdout.splitlines())
    assert list(range(1, len(entries) + 1)) == [entry["number"] for entry in entries]
    assert ("COMPLETED", True) == (last["phase"], last["ended"])
    assert last["journal_head"] == entries[-1]["hash"]
    assert 0 == ended.exit_code


def test_watching_a_way_back_ends_with_its_own_code(on: Stage) -> None:
    begin(on, **SHORT)
    on.aws.after(30, lambda: run_back(on))

    ended = run(on, "watch")

    assert "ROLLED_BACK: enough" in ended.stdout
    assert 10 == ended.exit_code


def run_back(on: Stage) -> None:
    """Roll back from outside of the command line."""
    boto3.client("lambda").invoke(
        FunctionName="RollBack:live",
        Payload=json.dumps(
            {"cutover_id": CUTOVER, "by": "the pager", "reason": "enough"}
        ).encode(),
    )


def test_stopping_to_watch_leaves_the_cutover_alone(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(on, **SHORT)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "sleep", interrupted)
    version = _record(on).version

    ended = run(on, "watch")

    assert "Stopped watching. demo goes on: shifter watch demo\n" == ended.stderr
    assert 130 == ended.exit_code
    assert "BAKING" == _record(on).phase
    assert version == _record(on).version


def test_stopping_to_watch_what_is_stuck_ends_as_stuck(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(on, **SHORT)
    wait(on, 30)
    on.aws.faults.deny("elbv2.ModifyRule")
    run(on, "rollback", "--reason", "enough", "--yes")

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "sleep", interrupted)

    assert 11 == run(on, "watch").exit_code


def test_a_screen_that_is_redrawn_shows_gates_edges_and_what_happened(
    on: Stage,
) -> None:
    begin(on, **SHORT)

    ended = run(on, "watch", redrawn=True)

    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ended.stdout)
    for told in (
        "Payments to green; Ctrl-C stops watching only",
        "BAKING  step 1 of 2, 10 %  demo (payments-prod)",
        "edge-1    90.0%    10.0%",
        "COMPLETED      step 2, 100 %: every step baked and every gate passed",
    ):
        assert told in shown
    assert 0 == ended.exit_code


# --- status ---------------------------------------------------------------------------


def test_nothing_is_active_on_an_empty_stage(on: Stage) -> None:
    shown = run(on, "status")
    told = run(on, "status", "--json").document

    assert shown.stdout == (
        "Nothing is active in payments-prod, and the lock is free.\n"
    )
    assert (None, None) == (told["cutover_id"], told["lock"])


def test_a_lock_of_somebody_else_is_told(on: Stage) -> None:
    EnvironmentLock(boto3.client("dynamodb"), on.system.table).acquire(
        "payments-prod", HolderName.deploy("7"), now=on.aws.now(), lease=HOUR
    )

    shown = run(on, "status").stdout

    assert "the lock is held by deploy:7 since 09:07:" in shown
    assert ", at the latest until 10:07:" in shown
    told = run(on, "status", "--json").document["lock"]
    assert ("deploy:7", HOUR) == (
        told["holder"],
        datetime.fromisoformat(told["until"]) - datetime.fromisoformat(told["since"]),
    )


def test_a_lease_that_has_run_out_holds_nobody_up(on: Stage) -> None:
    EnvironmentLock(boto3.client("dynamodb"), on.system.table).acquire(
        "payments-prod", HolderName.deploy("7"), now=on.aws.now() - HOUR, lease=HOUR
    )

    shown = run(on, "status").stdout

    assert "the lock is free: the lease of deploy:7 ran out 09:07:" in shown


def test_one_screen_tells_everything_about_a_cutover_that_waits(on: Stage) -> None:
    begin(on, **APPROVED)
    wait(on, 150)
    with operator("grace"):
        run(on, "pause", "--reason", "let me look")
    wait(on, 30)

    shown = run(on, "status").stdout

    for told in (
        "BAKING  step 1 of 2, 10 %  demo (payments-prod)",
        "waits for  all since 09:0",
        "; after 1h: hold and page",
        f"by {GRACE}: let me look",
        "the record intends blue 90 %, green 10 %",
        "lock       held by this cutover since",
        "plan       Payments to green: 10 %, 100 %",
        "edge-1    90.0%    10.0%",
        "100%, over since 09:",
        "  shifter approve all --reason TEXT  # somebody else than ",
        "  shifter resume --reason TEXT",
        "  shifter rollback --reason TEXT",
    ):
        assert told in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_weights_that_may_not_be_read_are_left_out_with_a_word(on: Stage) -> None:
    begin(on, **SHORT)
    on.aws.faults.deny("elbv2.*", times=9)

    shown = " ".join(run(on, "status").stdout.split())

    assert "edge-1 cannot be read: DescribeRules on arn:" in shown
    assert "AccessDenied" in shown


def test_an_owner_that_seems_dead_is_told_first(on: Stage) -> None:
    begin(on, **SHORT)
    arn = boto3.client("stepfunctions").list_executions(stateMachineArn=MACHINE_ARN)[
        "executions"
    ][0]["executionArn"]
    boto3.client("stepfunctions").stop_execution(executionArn=arn)
    # Whoever should take over cannot save that it does.
    on.aws.faults.throttle("dynamodb.TransactWriteItems")
    wait(on, 240)

    shown = run(on, "status")

    first = shown.stdout.splitlines()[1]
    assert first.startswith("DEAD?")
    assert "shifter rollback" in shown.stdout


# --- orders ---------------------------------------------------------------------------


def test_who_started_cannot_approve_and_somebody_else_can(
    on: Stage, tmp_path: Path
) -> None:
    plan = _written(tmp_path, APPROVED)
    run(on, "start", plan, "--id", "one", "--yes")
    wait(on, 150)

    own = run(on, "approve", "all", "--reason", "fine")
    with operator("grace"):
        other = run(on, "approve", "all", "--reason", "fine")

    assert f"{STARTER} started one: somebody else must approve it\n" == own.stderr
    assert (4, 0) == (own.exit_code, other.exit_code)
    assert other.stdout.startswith("Approved all: one is BAKING, step 1 of 2; ")
    assert "  shifter watch one" in other.stdout


def test_declining_goes_back(on: Stage) -> None:
    begin(on, **APPROVED)
    wait(on, 150)

    ended = run(on, "decline", "all", "--reason", "not today", "--yes", "--json")
    wait(on, 60)

    assert CUTOVER == ended.document["cutover_id"]
    assert Phase.ROLLED_BACK is _record(on).phase


def test_a_pause_is_ended_by_a_resume(on: Stage) -> None:
    begin(on, **SHORT)

    paused = run(on, "pause", "--reason", "let me look", "--json").document
    twice = run(on, "pause", "--reason", "let me look")
    resumed = run(on, "resume", "--reason", "looks good", "--json").document

    assert STARTER == paused["paused_by"]
    assert f"demo is paused already by {STARTER}\n" == twice.stderr
    assert 4 == twice.exit_code
    assert resumed["paused_by"] is None


@pytest.mark.parametrize("command", ["pause", "rollback", "watch", "history"])
def test_an_id_that_nobody_has_is_not_found(command: str, on: Stage) -> None:
    options = {
        "pause": ["--id", "nobody", "--reason", "x"],
        "rollback": ["--id", "nobody", "--reason", "x", "--yes"],
    }.get(command, ["nobody"])

    ended = run(on, command, *options)

    assert ended.stderr.startswith("there is no cutover nobody")
    assert (5, "") == (ended.exit_code, ended.stdout)


def test_a_caller_who_may_not_order_is_told_what_to_ask_for(on: Stage) -> None:
    begin(on, **SHORT)

    with operator("nobody"):
        ended = run(on, "pause", "--reason", "x")

    assert ended.stderr == (
        "InvokeFunctionUrl on control: Forbidden: an administrator must grant "
        "lambda:InvokeFunctionUrl and lambda:InvokeFunction\n"
    )
    assert 6 == ended.exit_code


# --- rollback -------------------------------------------------------------------------


def test_rolling_back_tells_how_long_it_took(on: Stage) -> None:
    begin(on, **SHORT)
    wait(on, 30)

    ended = run(on, "rollback", "--reason", "enough", "--yes")

    first = ended.stdout.splitlines()[0]
    assert first.startswith("All blue at every edge, ")
    assert first.endswith(" s after the order.")
    assert "ROLLING_BACK: enough\n" == ended.stderr
    assert 0 == ended.exit_code
    assert on.weights()["edge-1"].matches(ALL_BLUE)


def test_rolling_back_for_programs(on: Stage) -> None:
    begin(on, **SHORT)

    told = run(on, "rollback", "--reason", "enough", "--yes", "--json").document

    assert (CUTOVER, "roll_back") == (told["cutover_id"], told["taken_by"])
    assert 0 <= told["seconds_to_safe"] < 5
    assert "ROLLING_BACK" == told["status"]["phase"]


def test_when_the_function_may_not_be_invoked_control_aborts(on: Stage) -> None:
    begin(on, **SHORT)
    wait(on, 30)
    on.aws.faults.deny("lambda.Invoke", resource="enough", times=1)

    ended = run(on, "rollback", "--reason", "enough", "--yes", "--json")

    assert "control" == ended.document["taken_by"]
    assert "telling control to abort instead" in ended.stderr
    assert 0 == ended.exit_code
    assert on.weights()["edge-1"].matches(ALL_BLUE)


def test_an_operator_who_may_not_read_the_record_can_still_roll_back(
    on: Stage,
) -> None:
    begin(on, **SHORT)
    wait(on, 30)
    on.aws.faults.deny("dynamodb.*", times=1)

    ended = run(on, "rollback", "--reason", "enough", "--yes", "--json")

    assert "The record cannot be read: " in ended.stderr
    assert CUTOVER == ended.document["cutover_id"]
    assert (0, None) == (ended.exit_code, ended.document["status"])


def test_a_rollback_that_is_stuck_says_so(on: Stage) -> None:
    begin(on, **SHORT)
    wait(on, 30)
    on.aws.faults.deny("elbv2.ModifyRule")

    ended = run(on, "rollback", "--reason", "enough", "--yes")

    assert "NOT ALL BLUE; people were paged, and it is tried again." in ended.stdout
    assert "  shifter resolve --reason TEXT" in ended.stdout
    assert 11 == ended.exit_code
    assert 11 == run(on, "watch", "--until-stuck").exit_code


def test_a_machine_that_waits_is_told_at_once_that_it_is_stuck(
    on: Stage, plan: str
) -> None:
    """A person may stay and watch; a pipeline has to call one."""
    on.traffic.plant(outage(Lane.GREEN))
    for function in ("RollBack", "Breaker", "Watchdog"):
        on.aws.faults.deny("elbv2.ModifyRule", function=function)

    ended = run(on, "start", plan, "--id", "first", "--yes", "--wait")

    assert 11 == ended.exit_code
    assert "STUCK" in ended.stdout


def test_what_is_stuck_is_watched_until_it_is_through(on: Stage) -> None:
    """Shifter tries again, and may get through: leaving would hide that it has."""
    begin(on, **SHORT)
    wait(on, 30)
    on.aws.faults.deny("elbv2.ModifyRule", seconds=90)
    back = run(on, "rollback", "--reason", "enough", "--yes")

    ended = run(on, "watch")

    assert 11 == back.exit_code

    assert "STUCK, people were paged: mend the cause." in ended.stdout
    assert "  shifter resolve --reason TEXT" in ended.stdout
    assert "ROLLED_BACK: " in ended.stdout
    assert 10 == ended.exit_code


def test_what_was_made_safe_by_hand_is_resolved(on: Stage) -> None:
    begin(on, **SHORT)
    wait(on, 30)
    on.aws.faults.deny("elbv2.ModifyRule", function="RollBack")
    run(on, "rollback", "--reason", "enough", "--yes")
    wait(on, 60)

    early = run(on, "resolve", "--reason", "I made it blue", "--yes")
    on.system.edit_weights("edge-1", {Lane.BLUE: 1, Lane.GREEN: 0})
    done = run(on, "resolve", "--reason", "I made it blue", "--yes")

    assert "make every edge all blue, with stickiness off" in early.stderr
    assert (4, 0) == (early.exit_code, done.exit_code)
    assert "Resolved: demo is ROLLED_BACK, step 1 of 2" in done.stdout
    assert run(on, "status", "--json").document["lock"] is None


def test_what_has_ended_is_not_rolled_back(on: Stage) -> None:
    begin(on, **SHORT)
    run_back(on)
    wait(on, 60)

    ended = run(on, "rollback", "--reason", "x", "--yes")

    assert (
        "demo has ended: ROLLED_BACK; there is nothing to roll back\n" == ended.stderr
    )
    assert 4 == ended.exit_code


# --- history and explain --------------------------------------------------------------


def test_the_history_is_a_table_whose_chain_was_verified(on: Stage) -> None:
    begin(on, **SHORT)
    run_back(on)
    wait(on, 300)

    shown = run(on, "history")
    told = run(on, "history", "--json").document

    record = _record(on)
    *_, chain, again = shown.stdout.splitlines()
    assert chain == (
        f"The chain of {record.journal_length} entries is whole. "
        f"Its head: {record.journal_head}"
    )
    made = sum(entry["actor"] == "assess" for entry in told["entries"])
    assert made > 1
    assert (
        f"Each of {made} decisions was made again, from its entry: all alike." == again
    )
    assert (made, []) == (told["decisions"], told["decided_otherwise"])
    assert "user/ada" in shown.stdout
    assert (True, None) == (told["whole"], told["broken_at"])
    assert record.journal_length == len(told["entries"])
    assert record.journal_head == told["head"]
    assert max(map(len, shown.stdout.splitlines()[:-2])) <= 100


def test_a_changed_entry_breaks_the_chain_and_is_named(on: Stage) -> None:
    begin(on, **SHORT)
    client = boto3.client("dynamodb")
    key = {"pk": {"S": f"JOURNAL#{CUTOVER}"}, "sk": {"S": "000002"}}
    item = client.get_item(TableName=on.system.table, Key=key)["Item"]
    item["body"]["S"] = item["body"]["S"].replace("sent", "lost")
    client.put_item(TableName=on.system.table, Item=item)

    ended = run(on, "history", "--json")

    assert "the journal of demo is broken at entry 2: " in ended.stderr
    assert (1, 2) == (ended.exit_code, ended.document["broken_at"])


def test_a_decision_that_does_not_follow_is_told_although_the_chain_is_whole(
    on: Stage,
) -> None:
    """Whoever may write to the table can make all hashes anew, and not the past."""
    begin(on, **SHORT)
    _forge(on, reason="a person said so")

    ended, told = run(on, "history"), run(on, "history", "--json").document

    assert ended.exit_code == 1
    assert "and this version decides " in ended.stderr
    assert told["whole"] is True
    assert told["decisions"] == len(told["decided_otherwise"])


def _forge(on: Stage, **lie: str) -> None:
    """Change every decision, and make the chain whole again."""
    record, head = _record(on), GENESIS
    for number in range(1, record.journal_length + 1):
        place = (f"JOURNAL#{CUTOVER}", f"{number:06}")
        entry = Entry.model_validate_json(_body(on, *place))
        changes = {"previous": head} | (lie if entry.grounds else {})
        forged = entry.model_copy(update=changes).sealed()
        _put_body(on, *place, forged.model_dump_json())
        head = forged.hash
    record = record.model_copy(update={"journal_head": head})
    _put_body(on, f"CUTOVER#{CUTOVER}", "RECORD", record.model_dump_json())


def _item(on: Stage, pk: str, sk: str) -> dict[str, Any]:
    client = boto3.client("dynamodb")
    found = client.get_item(
        TableName=on.system.table, Key={"pk": {"S": pk}, "sk": {"S": sk}}
    )
    return dict(found["Item"])


def _body(on: Stage, pk: str, sk: str) -> str:
    return str(_item(on, pk, sk)["body"]["S"])


def _put_body(on: Stage, pk: str, sk: str, body: str) -> None:
    item = _item(on, pk, sk) | {"body": {"S": body}}
    boto3.client("dynamodb").put_item(TableName=on.system.table, Item=item)


def test_an_entry_that_was_removed_from_the_end_is_missed(on: Stage) -> None:
    begin(on, **SHORT)
    last = _record(on).journal_length
    boto3.client("dynamodb").delete_item(
        TableName=on.system.table,
        Key={"pk": {"S": f"JOURNAL#{CUTOVER}"}, "sk": {"S": f"{last:06}"}},
    )

    ended = run(on, "history")

    assert f"the journal of demo is broken at entry {last}: " in ended.stderr
    assert 1 == ended.exit_code


def test_one_sentence_says_why_it_went_back(on: Stage) -> None:
    begin(on, **SHORT)
    on.traffic.plant(outage(Lane.GREEN))
    wait(on, 600)

    told = run(on, "explain", "--json").document

    assert told["why"].startswith("demo went back to blue at 2026-03-02 09:")
    assert "in ALARM" in told["why"]
    assert ["errors"] == [j["gate"] for j in told["readings_that_mattered"]]


def test_one_sentence_says_why_it_waits_and_why_it_went_on(on: Stage) -> None:
    begin(on, **APPROVED)
    wait(on, 200)

    waits = " ".join(run(on, "explain").stdout.split())
    entries = on.ports.store.journal(CUTOVER)
    shifted = next(entry.number for entry in entries if entry.action == "shift")
    went_on = run(on, "explain", "--entry", str(shifted)).stdout
    beyond = run(on, "explain", "--entry", "999")

    assert "demo stayed at step 1 of 2, 10 % at" in waits
    assert "because waiting for all: approval awaited before 100 %." in waits
    assert " all: approval awaited before 100 %" in waits
    assert "demo moved to step 1 of 2, 10 % at" in went_on
    assert "because everything is ready: on to 10 %." in went_on
    assert "there is no entry 999: the journal has " in beyond.stderr
    assert 5 == beyond.exit_code
