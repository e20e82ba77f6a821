"""A payment is taken once for each key, whoever sends it, and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sample_app.service import PAYMENT, Service


def test_the_same_key_twice_is_one_row_and_one_answer(service: Service) -> None:
    first = service.pay("twice-0001")
    second = service.pay("twice-0001")

    assert (201, 201) == (first.status_code, second.status_code)
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert 1 == service.schema.rows("twice-0001")


def test_an_answer_tells_the_payment_but_not_how_it_is_paid(service: Service) -> None:
    told = service.pay("told-0001").json()

    assert {"id", "merchant", "amount_minor", "currency", "lane", "taken_at"} == set(
        told
    )
    assert told["taken_at"].endswith("+00:00")
    assert "blue" == told["lane"]


def test_a_payment_is_found_again_where_its_answer_said(service: Service) -> None:
    taken = service.pay("found-0001")

    found = service.get(taken.headers["location"])

    assert (200, taken.json()) == (found.status_code, found.json())


def test_a_payment_that_is_not_there_is_not_found(service: Service) -> None:
    found = service.get("/payments/999999999999999999999999")

    assert 404 == found.status_code
    assert "There is no payment" in found.json()["detail"]


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_minor": 1251},
        {"currency": "USD"},
        {"merchant": "shop-18"},
        {"method": "tok_zyxwvuts9876"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_same_key_for_another_payment_is_refused(
    service: Service, changed: dict[str, Any]
) -> None:
    """Else a caller who reuses a key by mistake believes that both were paid."""
    service.pay("reused-0001")

    refused = service.pay("reused-0001", **changed)

    assert 422 == refused.status_code
    assert (
        f"Idempotency-Key was used for a payment with another {next(iter(changed))}: "
        "a new payment needs a new key."
    ) == refused.json()["detail"]
    assert 1 == service.schema.rows("reused-0001")


def test_a_key_in_capitals_is_another_key(service: Service) -> None:
    assert {"case-abcd", "CASE-ABCD"} == {
        key
        for key in ("case-abcd", "CASE-ABCD")
        if service.pay(key).status_code == 201 and service.schema.rows(key) == 1
    }


def test_many_at_once_with_one_key_make_one_row(service: Service) -> None:
    """The unique key decides: whoever waits reads what the first has written."""
    for key in (f"race-{n:04}" for n in range(8)):
        with ThreadPoolExecutor(24) as pool:
            answers = list(pool.map(service.pay, [key] * 24))

        assert {201} == {answer.status_code for answer in answers}
        assert 1 == len({answer.content for answer in answers})
        assert 1 == service.schema.rows(key)


def test_many_at_once_with_keys_of_their_own_are_all_taken(service: Service) -> None:
    """And the merchant's total is the sum of them."""
    keys = [f"crowd-{n:04}" for n in range(100)]

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(service.pay, keys))

    assert {201} == {answer.status_code for answer in answers}
    assert len(keys) == len({answer.json()["id"] for answer in answers})
    paid, total = service.schema.totals()
    assert paid == total
    assert paid >= len(keys) * PAYMENT["amount_minor"]


def test_an_answer_says_which_lane_and_which_edge(service: Service) -> None:
    for edge in ("edge-1", "edge-2"):
        answers = [
            service.get("/lane", edge),
            service.pay("where-0001", edge),
            service.get("/no-such-path", edge),
        ]

        assert {"environment": "payments-test", "lane": "blue", "edge": edge} == (
            answers[0].json()
        )
        assert {("blue", edge)} == {
            (answer.headers["x-shifter-lane"], answer.headers["x-shifter-edge"])
            for answer in answers
        }


def test_it_is_alive_and_ready(service: Service) -> None:
    assert (200, {"status": "alive"}) == (
        service.get("/health").status_code,
        service.get("/health").json(),
    )
    assert (200, {"status": "ready"}) == (
        service.get("/ready").status_code,
        service.get("/ready").json(),
    )
