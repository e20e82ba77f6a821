"""A payment as a caller sends it, and what is said when it cannot be right.

A card never comes here: `method` is a token of the vault that keeps the cards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sample_app.errors import Wrong, shown

LONGEST_BODY = 4096
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")

REMEDIES: Mapping[str, str] = {
    "merchant": "give 1 to 32 of a-z, 0-9 and '-', as in shop-17",
    "amount_minor": "give a whole number of the smallest unit, 1 to 100000000",
    "currency": "give three capital letters, as in EUR",
    "method": "give the vault's token, tok_ and 8 to 60 letters and digits",
}


class Payment(BaseModel):
    """One payment; amounts are whole numbers of the currency's smallest unit."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    merchant: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    amount_minor: Annotated[int, Field(ge=1, le=100_000_000)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    method: Annotated[str, Field(pattern=r"^tok_[A-Za-z0-9]{8,60}$")]


def parse_payment(body: bytes) -> Payment:
    """The payment in a body.  Raises Wrong, which names field, value and remedy."""
    try:
        given = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_repetition,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise Wrong(400, "The body is not UTF-8: send JSON in UTF-8.") from None
    except RecursionError:
        raise Wrong(
            400, "The body is nested too deeply: send one flat object."
        ) from None
    except ValueError as error:
        where = f" (line {error.lineno})" if isinstance(error, _Unreadable) else ""
        raise Wrong(400, f"The body is not JSON{where}: send one object.") from None
    if not isinstance(given, dict):
        told = f"The body is {shown(given)}: send an object with {_fields()}."
        raise Wrong(400, told)
    try:
        return Payment.model_validate(given)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False)[0]
        raise _told(problem) from None


def parse_key(values: Sequence[str]) -> str:
    """The key of a request, of all its headers Idempotency-Key.  Raises Wrong."""
    remedy = (
        "send one, 8 to 64 letters, digits, '-' and '_', new for each payment "
        "and the same for each repetition of it"
    )
    if len(values) != 1:
        found = "is missing" if not values else f"is there {len(values)} times"
        raise Wrong(400, f"Idempotency-Key {found}: {remedy}.", "Idempotency-Key")
    if not _KEY.fullmatch(values[0]):
        told = f"Idempotency-Key is {shown(values[0])}: {remedy}."
        raise Wrong(400, told, "Idempotency-Key")
    return values[0]


_Unreadable = json.JSONDecodeError


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Wrong(400, f"{_name(twice)} is there twice: send it once.", _name(twice))
    return found


def _refuse_constant(name: str) -> None:
    raise Wrong(400, f"{name} is not JSON: send a number.")


def _told(problem: Any) -> Wrong:
    field = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        name = _name(field)
        return Wrong(400, f"{name} is not known: send {_fields()} only.", name)
    remedy = REMEDIES[field]
    if problem["type"] == "missing":
        return Wrong(400, f"{field} is missing: {remedy}.", field)
    # What stands where a token should may be a card, so it is not repeated.
    value = "not a token" if field == "method" else shown(problem["input"])
    return Wrong(400, f"{field} is {value}: {remedy}.", field)


def _name(field: str) -> str:
    return field if field in REMEDIES else shown(field)


def _fields() -> str:
    *most, last = REMEDIES
    return f"{', '.join(most)} and {last}"
