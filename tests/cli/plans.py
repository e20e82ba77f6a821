"""Plans as documents, good ones to begin with; a test spoils one thing."""

from __future__ import annotations

from typing import Any


def good_plan() -> dict[str, Any]:
    return {
        "name": "Payments to green",
        "environment": "payments-prod",
        "steps": [{"share": "10 %", "bake": "30m"}, {"share": "100 %"}],
        "gates": [
            {
                "kind": "alarm",
                "name": "errors",
                "alarm": "payments-prod-green-5xx",
                "on_alarm": "roll_back",
            }
        ],
    }


def spoiled(*path: str | int, value: Any) -> dict[str, Any]:
    """A plan whose field at a path has another value."""
    plan = good_plan()
    place: Any = plan
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return plan


def without(*path: str | int) -> dict[str, Any]:
    """A plan that lacks the field at a path."""
    plan = good_plan()
    place: Any = plan
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return plan
