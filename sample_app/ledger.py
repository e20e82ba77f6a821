"""Taking a payment: once for each key, and acknowledged only after the commit.

The unique key decides, not a look beforehand: of many requests with one key the first
inserts, and the others wait for it and read what it wrote.  A request whose commit is
in doubt finds the row, or makes it, when it is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import pymysql
from pymysql.cursors import DictCursor

from sample_app.database import Database, number
from sample_app.errors import Unavailable, Wrong
from sample_app.payment import Payment

_DUPLICATE = 1062


@dataclass(frozen=True)
class Receipt:
    """A payment that was taken, as its caller and every repetition hear of it."""

    id: int
    merchant: str
    amount_minor: int
    currency: str
    lane: str
    """The lane that took it, which need not be the one that answers."""
    taken_at: datetime

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        return cls(
            id=row["id"],
            merchant=row["merchant"],
            amount_minor=row["amount_minor"],
            currency=row["currency"],
            lane=row["lane"],
            taken_at=row["taken_at"].replace(tzinfo=UTC),
        )


class Ledger:
    """The payments of this lane's database."""

    def __init__(self, database: Database, lane: str) -> None:
        self._database = database
        self._lane = lane

    def take(self, key: str, payment: Payment) -> Receipt:
        """Take a payment, or find that it was taken.

        Raises Wrong when the key stands for another payment, Unavailable when the
        database does not take it now.
        """
        row = self._database.transact(lambda cursor: self._take(cursor, key, payment))
        if row is None:  # the first one took it back while this one waited
            raise Unavailable("busy", "The same key is being used by another request.")
        differs = [n for n, value in payment.model_dump().items() if row[n] != value]
        if differs:
            raise Wrong(
                422,
                f"Idempotency-Key was used for a payment with another "
                f"{' and '.join(differs)}: a new payment needs a new key.",
                "Idempotency-Key",
            )
        return Receipt.of(row)

    def find(self, payment_id: int) -> Receipt:
        """A payment that was taken.  Raises Wrong when there is none."""
        row = self._database.transact(
            lambda cursor: _row(
                cursor, "SELECT * FROM payments WHERE id = %s", payment_id
            )
        )
        if row is None:
            raise Wrong(404, f"There is no payment {payment_id}.", "id")
        return Receipt.of(row)

    def look(self) -> None:
        """Read from the database, as a check.  Raises Unavailable."""
        self._database.transact(
            lambda cursor: _row(cursor, "SELECT id FROM payments LIMIT 1")
        )

    def _take(
        self, cursor: DictCursor, key: str, payment: Payment
    ) -> dict[str, Any] | None:
        if self._insert(cursor, key, payment):
            cursor.execute(
                "INSERT INTO merchant_totals (merchant, currency, total_minor)"
                " VALUES (%s, %s, %s)"
                " ON DUPLICATE KEY UPDATE total_minor = total_minor + %s",
                (
                    payment.merchant,
                    payment.currency,
                    payment.amount_minor,
                    payment.amount_minor,
                ),
            )
        return _row(cursor, "SELECT * FROM payments WHERE idempotency_key = %s", key)

    def _insert(self, cursor: DictCursor, key: str, payment: Payment) -> bool:
        """Whether the key was new."""
        try:
            cursor.execute(
                "INSERT INTO payments (idempotency_key, merchant, amount_minor,"
                " currency, method, lane, taken_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, UTC_TIMESTAMP(6))",
                (
                    key,
                    payment.merchant,
                    payment.amount_minor,
                    payment.currency,
                    payment.method,
                    self._lane,
                ),
            )
        except pymysql.IntegrityError as error:
            if number(error) != _DUPLICATE:
                raise
            return False
        return True


def _row(cursor: DictCursor, query: str, *values: object) -> dict[str, Any] | None:
    cursor.execute(query, values)
    return cursor.fetchone()
