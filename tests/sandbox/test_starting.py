"""Ways to start: an event on the bus, once or twice, alone or second."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from shifter.core.phases import Phase
from shifter_sandbox.scenarios import shipped_plan
from shifter_sandbox.stage import CUTOVER, Stage, stage


def _ask(on: Stage, **detail: Any) -> None:
    plan = shipped_plan().model_dump(mode="json")
    boto3.client("events").put_events(
        Entries=[
            {
                "Source": "payments.releases",
                "DetailType": "Cutover Requested",
                "Detail": json.dumps({"plan": plan} | detail),
            }
        ]
    )
    on.aws.advance(timedelta(seconds=30).total_seconds())


@pytest.mark.xdist_group("demo")
def test_an_event_starts_a_cutover_and_two_with_one_token_start_one() -> None:
    with stage(edges=2) as on:
        _ask(on, cutover_id=CUTOVER)
        first = on.record()
        _ask(on, cutover_id=CUTOVER)

        assert first is not None
        assert first.phase in {Phase.PREPARED, Phase.SHIFTING, Phase.BAKING}
        assert "event of payments.releases" == first.started_by
        assert [CUTOVER] == on.aws.state_machines.names()


@pytest.mark.xdist_group("demo")
def test_a_second_cutover_is_refused_and_told_who_holds() -> None:
    with stage(edges=2) as on:
        _ask(on, cutover_id=CUTOVER)
        _ask(on, cutover_id="another")

        refused = [i for i in on.aws.functions.invocations if i.error == "LockHeld"]
        assert {"Start"} == {i.function for i in refused}
        assert f"held by cutover:{CUTOVER} since" in refused[0].answer["errorMessage"]
        assert [CUTOVER] == on.aws.state_machines.names()
