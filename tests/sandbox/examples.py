"""Plans for whole runs."""

from __future__ import annotations

from typing import Any


def two_hours() -> dict[str, Any]:
    """What makes the shipped plan bake for two hours."""
    return {
        "steps": [
            {"share": "10 %", "bake": "30m"},
            {"share": "25 %", "bake": "30m"},
            {"share": "50 %", "dns_share": "50 %", "bake": "30m"},
            {"share": "100 %"},
        ],
        "final_bake": "30m",
        "poll": "1m",
    }
