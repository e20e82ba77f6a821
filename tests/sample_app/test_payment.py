"""What cannot be a payment is refused in one sentence: field, value, remedy."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample_app.errors import Wrong
from sample_app.payment import REMEDIES, Payment, parse_key, parse_payment
from tests.sample_app.service import PAYMENT, Service

CARD = "4111 1111 1111 1111"
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "merchant": st.from_regex(r"[a-z0-9-]{0,33}", fullmatch=True) | ANYTHING,
        "amount_minor": st.integers(-5, 100_000_005) | ANYTHING,
        "currency": st.from_regex(r"[A-Za-z]{2,4}", fullmatch=True) | ANYTHING,
        "method": st.from_regex(r"(tok_)?[A-Za-z0-9]{7,20}", fullmatch=True) | ANYTHING,
        "card": ANYTHING,
    },
)
BODIES = st.binary() | (ANYTHING | NEARLY).map(lambda value: json.dumps(value).encode())


def _refusal(body: bytes) -> Wrong:
    with pytest.raises(Wrong) as refused:
        parse_payment(body)
    return refused.value


def _body(**changed: Any) -> bytes:
    return json.dumps({**PAYMENT, **changed}).encode()


def test_a_right_one_is_read() -> None:
    assert Payment(**PAYMENT) == parse_payment(_body())


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"amount_minor": 0}, "amount_minor is 0: give a whole number"),
        ({"amount_minor": 12.5}, "amount_minor is 12.5: give a whole number"),
        ({"amount_minor": "12"}, "amount_minor is '12': give a whole number"),
        ({"amount_minor": True}, "amount_minor is True: give a whole number"),
        ({"currency": "eur"}, "currency is 'eur': give three capital letters"),
        ({"currency": "EUR\n"}, r"currency is 'EUR\\n': give three capital letters"),
        ({"merchant": ["x"]}, "merchant is a list: give 1 to 32 of a-z"),
        ({"merchant": "Caf\u00e9"}, r"merchant is 'Caf\\xe9': give 1 to 32 of a-z"),
        ({"tip": 1}, "'tip' is not known: send merchant, amount_minor"),
    ],
)
def test_a_mistake_is_told_with_field_value_and_remedy(
    changed: dict[str, Any], told: str
) -> None:
    assert _refusal(_body(**changed)).detail.startswith(told.replace("\\\\", "\\"))


@pytest.mark.parametrize("field", REMEDIES)
def test_a_missing_field_is_told_with_its_remedy(field: str) -> None:
    body = {name: value for name, value in PAYMENT.items() if name != field}
    refused = _refusal(json.dumps(body).encode())

    assert f"{field} is missing: {REMEDIES[field]}." == refused.detail
    assert field == refused.field


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "The body is not JSON (line 1): send one object."),
        (b"{\n,}", "The body is not JSON (line 2): send one object."),
        (b"\xff", "The body is not UTF-8: send JSON in UTF-8."),
        (b'{"amount_minor": NaN}', "NaN is not JSON: send a number."),
        (
            b'{"currency": "EUR", "currency": "USD"}',
            "currency is there twice: send it once.",
        ),
    ],
)
def test_what_is_no_object_is_told_as_such(body: bytes, told: str) -> None:
    assert told == _refusal(body).detail


def test_a_body_that_nests_is_refused_however_deep_python_may_go() -> None:
    """Its limit differs by version, and a tool for tests may raise it."""
    deep = _refusal(b"[" * 2000 + b"]" * 2000).detail

    assert deep.startswith(("The body is nested too deeply: ", "The body is a list: "))


@pytest.mark.parametrize("field", [*REMEDIES, "card", CARD])
def test_a_number_of_a_card_is_never_repeated(field: str) -> None:
    """Whoever sends one by mistake finds it in no log of theirs, and none of ours."""
    told = _refusal(_body(**{field: CARD})).detail

    assert "4111" not in told
    assert "1111" not in told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], "Idempotency-Key is missing: send one"),
        (["key-0001", "key-0002"], "Idempotency-Key is there 2 times: send one"),
        (["short"], "Idempotency-Key is 'short': send one"),
        (["with a blank"], "Idempotency-Key is 'with a blank': send one"),
        (["x" * 65], f"Idempotency-Key is '{'x' * 39}...: send one"),
    ],
)
def test_a_key_that_is_none_is_told(values: list[str], told: str) -> None:
    with pytest.raises(Wrong, match=re.escape(told)):
        parse_key(values)


@given(BODIES)
@settings(max_examples=300)
def test_any_body_is_a_payment_or_one_sentence(body: bytes) -> None:
    found: Payment | Wrong
    try:
        found = parse_payment(body)
    except Wrong as refused:
        found = refused
    if isinstance(found, Payment):
        assert found == parse_payment(found.model_dump_json().encode())
    else:
        assert 400 == found.status
        assert found.detail.isascii()
        assert found.detail.isprintable()
        assert len(found.detail) < 200


@given(BODIES)
@settings(max_examples=60, deadline=None)
def test_no_body_brings_the_service_down(service: Service, body: bytes) -> None:
    """Through HTTP, with a database behind it: taken, or a caller's mistake."""
    with service.client() as client:
        answer = client.post(
            "/payments",
            content=body,
            headers={
                "Idempotency-Key": f"body-{sha256(body).hexdigest()[:32]}",
                "Content-Type": "application/json",
            },
        )

    assert answer.status_code in {201, 400, 413, 422}
    assert answer.json()


def test_a_long_body_is_not_read_to_its_end(service: Service) -> None:
    refused = service.pay("long-0001", merchant="x" * 100_000)

    assert 413 == refused.status_code
    assert "longer than 4096 bytes" in refused.json()["detail"]


def test_a_body_that_says_to_be_something_else_is_refused(service: Service) -> None:
    with service.client() as client:
        refused = client.post(
            "/payments", data=dict(PAYMENT), headers={"Idempotency-Key": "form-0001"}
        )

    assert 415 == refused.status_code
    assert "send JSON" in refused.json()["detail"]


def test_a_method_that_a_path_does_not_take_is_told(service: Service) -> None:
    with service.client() as client:
        refused = client.put("/payments")

    assert (405, "POST") == (refused.status_code, refused.headers["allow"])
    assert "PUT is not for this path" in refused.json()["detail"]
