"""`shifter replay`: judge a journal's evidence again, with other parameters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from shifter.cli.connection import Connection
from shifter.cli.evidence_gate import GateName, evidence_gate
from shifter.cli.look import console
from shifter.cli.operated import AsJson, MaybeId
from shifter.core.counts import Unusable
from shifter.core.errors import NotFound, PlanError, Problem
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Judgement, Verdict
from shifter.core.lanes import percent
from shifter.core.record import Record
from shifter.core.remedies import remedy_for
from shifter.core.replay import Look
from shifter.core.replay import replay as judged_again

Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Another value for a field of the gate, such as alpha='0.5 %', or for a "
        "parameter of the engine, such as r0=1.5; as often as you like.",
    ),
]


def replay(
    to: Connection,
    cutover_id: MaybeId = None,
    gate: GateName = None,
    changes: Changes = None,
    as_document: AsJson = False,
) -> None:
    """Judge the evidence of a cutover again, with other parameters.

    The journal has every interval that was counted.  What is told is what the gate
    would have said of the same requests, at the same moments and weights.
    """
    record = to.record(cutover_id)
    asked = evidence_gate(record.plan, gate, f"the plan of {record.cutover_id}")
    chosen, parameters = _changed(asked, changes or [])
    shares = tuple(step.share for step in record.plan.steps)
    journal = to.store.journal(record.cutover_id)
    try:
        looks = judged_again(chosen, shares, journal, parameters)
    except Unusable as unusable:
        field, _, remedy = str(unusable).partition(": ")
        raise PlanError((Problem("--set", field, remedy),)) from None
    if not looks:
        raise NotFound(
            f"the journal of {record.cutover_id} has no look of {asked.name}"
        )
    if as_document:
        print(json.dumps(_document(record, asked, looks), indent=2))
        return
    _print(record, asked, looks)


def _changed(
    gate: EvidenceGate, changes: Sequence[str]
) -> tuple[EvidenceGate, dict[str, Any]]:
    """The gate with other fields, and the engine's parameters beside.

    Raises PlanError.
    """
    fields: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for change in changes:
        field, given, value = change.partition("=")
        if not given:
            raise PlanError((Problem("--set", change, "write FIELD=VALUE"),))
        if field in {"kind", "name", "source", "ladder"}:
            raise PlanError((Problem("--set", field, "was so, and is not replayed"),))
        if field in EvidenceGate.model_fields:
            fields[field] = value
        else:
            parameters[field] = _number(field, value)
    try:
        document = gate.model_dump(mode="json") | fields
        return EvidenceGate.model_validate(document), parameters
    except ValidationError as error:
        raise PlanError(
            tuple(
                Problem(
                    "--set " + ".".join(str(part) for part in told["loc"]),
                    repr(told["input"])[:80],
                    remedy_for(told),
                )
                for told in error.errors(include_url=False)
            )
        ) from None


def _number(field: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise PlanError((Problem(f"--set {field}", value, "write a number"),)) from None


# --- what is told ---------------------------------------------------------------------


def _worse(looks: Sequence[Look], judged: str) -> Look | None:
    """The first look at which green was found worse, as it was or would have been."""
    return next((k for k in looks if _of(k, judged).verdict is Verdict.BREACH), None)


def _passed(looks: Sequence[Look], step: int, judged: str) -> datetime | None:
    """When a step was first let go on."""
    passed = (
        look.at
        for look in looks
        if look.step == step and _of(look, judged).verdict is Verdict.PASS
    )
    return next(passed, None)


def _of(look: Look, judged: str) -> Judgement:
    return look.was if judged == "was" else look.would


def _began(looks: Sequence[Look], step: int) -> datetime:
    return next(look.at for look in looks if look.step == step)


def _steps(record: Record, looks: Sequence[Look]) -> list[dict[str, Any]]:
    """How long each step was kept waiting, in seconds; None: for as long as it was."""
    told = []
    for step in sorted({look.step for look in looks} - {0}):
        began = _began(looks, step)
        waits = {
            judged: None if at is None else (at - began).total_seconds()
            for judged in ("was", "would")
            for at in [_passed(looks, step, judged)]
        }
        share = record.plan.steps[step - 1].share
        told.append({"step": step, "share_per_mille": share, **waits})
    return told


def _document(
    record: Record, gate: EvidenceGate, looks: Sequence[Look]
) -> dict[str, Any]:
    return {
        "cutover_id": record.cutover_id,
        "gate": gate.name,
        "steps": _steps(record, looks),
        "worse": {
            judged: None
            if (look := _worse(looks, judged)) is None
            else {"entry": look.entry, "at": look.at.isoformat(), "step": look.step}
            for judged in ("was", "would")
        },
        "looks": [
            {
                "entry": look.entry,
                "at": look.at.isoformat(),
                "step": look.step,
                "was": look.was.verdict.name,
                "would": look.would.verdict.name,
                "detail": look.would.reading.detail,
                "nats_against_green": look.would.reading.value,
                "permitted": round(look.permitted, 4),
            }
            for look in looks
        ],
    }


def _print(record: Record, gate: EvidenceGate, looks: Sequence[Look]) -> None:
    out = console()
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("step", "share", "let go on", "would have been let go on"):
        table.add_column(column, no_wrap=True)
    for told in _steps(record, looks):
        table.add_row(
            str(told["step"]),
            percent(told["share_per_mille"]),
            _after(told["was"]),
            _after(told["would"]),
        )
    out.print(table)
    for judged, verb in (("was", "was"), ("would", "would have been")):
        look = _worse(looks, judged)
        when = "at no look"
        if look is not None:
            detail = _of(look, judged).reading.detail
            when = f"at {look.at:%H:%M:%S} (entry {look.entry}): {detail}"
        out.print(Text(f"Green {verb} found worse {when}"))
    differ = sum(look.was.verdict is not look.would.verdict for look in looks)
    out.print(
        f"{gate.name} of {record.cutover_id}: "
        f"{differ} of {len(looks)} looks would have been judged otherwise."
    )


def _after(seconds: float | None) -> str:
    if seconds is None:
        return "at no look"
    minutes, rest = divmod(round(seconds), 60)
    return f"after {minutes} min {rest:02} s"
