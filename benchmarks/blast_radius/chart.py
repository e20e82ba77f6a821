"""The chart: bad requests of each policy and fault, on a logarithmic scale."""

from __future__ import annotations

from pathlib import Path

import altair

from benchmarks.blast_radius import alarms
from benchmarks.blast_radius.cells import AWS, Results
from benchmarks.blast_radius.figures import PROMISES, best
from benchmarks.blast_radius.statistics import mean

FAULTS = ("+1 %", "+5 %", "+5 % later", "leak", "outage", "outage later")
COLOURS = ("#9aa5b1", "#52606d", "#63b3ed", "#2b6cb0")


def draw(results: Results, path: Path) -> None:
    """Write the chart as SVG."""
    shown = {
        "best alarm, CodeDeploy and ECS": best(results, AWS),
        "best alarm, our ladder": best(results, (alarms.LADDER,)),
        **{ours: ours for ours, _, _ in PROMISES},
    }
    rows = []
    for fault in FAULTS:
        for heading, policy in shown.items():
            bad = mean(results[policy, fault].bad)
            rows.append(
                {
                    "fault": fault,
                    "policy": heading,
                    "bad": bad.value,
                    "low": max(bad.low, 0.5),
                    "high": bad.high,
                }
            )
    base = altair.Chart(altair.InlineData(values=rows)).encode(
        y=altair.Y("policy:N", title=None, sort=list(shown)),
    )
    scale = altair.Scale(type="log", domain=[1, 10_000])
    bars = base.mark_bar().encode(
        x=altair.X(
            "bad:Q",
            scale=scale,
            axis=altair.Axis(values=[1, 10, 100, 1_000, 10_000], format=","),
            title="bad requests on green, mean (simulated; logarithmic scale)",
        ),
        x2=altair.datum(1),
        color=altair.Color(
            "policy:N",
            sort=list(shown),
            scale=altair.Scale(domain=list(shown), range=list(COLOURS)),
            legend=None,
        ),
    )
    spans = base.mark_rule(color="black").encode(
        x=altair.X("low:Q", scale=scale), x2="high:Q"
    )
    words = base.mark_text(align="left", dx=6).encode(
        x=altair.X("high:Q", scale=scale), text=altair.Text("bad:Q", format=",.0f")
    )
    chart = (
        altair.layer(bars, spans, words)
        .properties(width=420, height=84)
        .facet(row=altair.Row("fault:N", sort=list(FAULTS), title=None))
        .configure_header(labelFontSize=13, labelAngle=0, labelAlign="left")
        .configure_view(stroke=None)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(path))
