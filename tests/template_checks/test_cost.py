from __future__ import annotations

import pytest

from template_checks.bill_table import canary, grouped, levers
from template_checks.charges import CHARGES, FREE
from template_checks.cost import BUDGETS, bill, table
from template_checks.profiles import PROFILES, rendered
from tests.template_checks.break_them import whole


@pytest.mark.parametrize(("profile", "limit"), [("dev", 380), ("prod", 1700)])
def test_a_profile_is_within_its_budget(profile: str, limit: int) -> None:
    assert limit == BUDGETS[profile]
    assert bill(rendered(whole(), profile)).total <= limit


def test_endpoints_are_multiplied_by_zones() -> None:
    by_profile = {
        profile: sum(
            line.usd
            for line in bill(rendered(whole(), profile)).lines
            if line.price == "endpoint.hour"
        )
        for profile in PROFILES
    }

    assert {"dev": 51.1, "prod": 153.3} == {
        profile: round(usd, 1) for profile, usd in by_profile.items()
    }


def test_a_canary_left_on_shows() -> None:
    assert canary(whole(), "prod") == pytest.approx(72, abs=1)


def test_every_lever_saves() -> None:
    saved = dict(levers(whole(), "prod"))

    assert saved["one edge (no DNS steps)"] > 20
    assert saved["endpoints in two zones"] == pytest.approx(51, abs=1)
    assert min(saved.values()) > 0


def test_the_lines_together_are_the_total() -> None:
    billed = bill(rendered(whole(), "prod"))

    assert billed.total == pytest.approx(sum(line.usd for line in grouped(billed)))
    assert 0 < billed.unverified < billed.total


def test_a_type_is_charged_or_free_not_both() -> None:
    assert set() == FREE & CHARGES.keys()


def test_every_price_has_a_source_and_a_mark() -> None:
    assert [] == [
        name
        for name, price in table()["prices"].items()
        if price.keys() != {"per", "usd", "source", "verified"}
    ]
