"""The gateway's books in SQLite: what it was asked to collect, what was really paid, what was sent back.

Calls are synchronous on purpose: without waiting for the disk each takes some ten microseconds.
"""

import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS orders (
    out_trade_no TEXT PRIMARY KEY,
    trade_no     TEXT NOT NULL UNIQUE,
    type         TEXT NOT NULL,
    name         TEXT NOT NULL,
    money_fen    INTEGER NOT NULL,
    notify_url   TEXT NOT NULL,
    return_url   TEXT NOT NULL,
    param        TEXT NOT NULL,
    added_at     TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payments (
    trade_no     TEXT PRIMARY KEY,
    out_trade_no TEXT NOT NULL REFERENCES orders,
    paid_fen     INTEGER NOT NULL,
    returned_fen INTEGER NOT NULL DEFAULT 0,
    paid_at      TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS payments_by_order ON payments (out_trade_no);
CREATE TABLE IF NOT EXISTS refunds (
    id       INTEGER PRIMARY KEY,
    trade_no TEXT NOT NULL REFERENCES payments,
    fen      INTEGER NOT NULL,
    at       TEXT NOT NULL
);
"""

ADD_ORDER = """
INSERT INTO orders (out_trade_no, trade_no, type, name, money_fen, notify_url, return_url, param, added_at)
VALUES (:out_trade_no, :trade_no, :type, :name, :money_fen, :notify_url, :return_url, :param, :added_at)
"""
FIND_ORDER = "SELECT * FROM orders WHERE out_trade_no = ?"
FIND_ORDER_BY_TRADE_NO = "SELECT * FROM orders WHERE trade_no = ?"
ADD_PAYMENT = "INSERT INTO payments (trade_no, out_trade_no, paid_fen, paid_at) VALUES (?, ?, ?, ?)"
FIND_PAYMENT = "SELECT trade_no, out_trade_no, paid_fen, returned_fen, paid_at FROM payments WHERE trade_no = ?"
# rowid: payments are told in the order they came in.
FIND_PAYMENTS = """
SELECT trade_no, out_trade_no, paid_fen, returned_fen, paid_at FROM payments WHERE out_trade_no = ? ORDER BY rowid
"""
ADD_REFUND = "INSERT INTO refunds (trade_no, fen, at) VALUES (?, ?, ?)"
ADD_RETURNED = "UPDATE payments SET returned_fen = returned_fen + ? WHERE trade_no = ?"
ALL_ORDERS = "SELECT * FROM orders WHERE :only IS NULL OR out_trade_no = :only"
ALL_PAYMENTS = """
SELECT trade_no, out_trade_no, paid_fen, returned_fen, paid_at
FROM payments WHERE :only IS NULL OR out_trade_no = :only ORDER BY rowid
"""
ALL_REFUNDS = """
SELECT refunds.id, refunds.trade_no, payments.out_trade_no, refunds.fen, refunds.at
FROM refunds JOIN payments USING (trade_no) WHERE :only IS NULL OR payments.out_trade_no = :only ORDER BY refunds.id
"""
EMPTY = "DELETE FROM refunds; DELETE FROM payments; DELETE FROM orders;"


@dataclass(frozen=True)
class Order:
    """What a merchant asked to collect. `trade_no` is the gateway's number, and that of the first payment."""

    out_trade_no: str
    trade_no: str
    type: str
    name: str
    money_fen: int
    notify_url: str
    return_url: str
    param: str
    added_at: str


@dataclass(frozen=True)
class Payment:
    """Money that really arrived. Times are the gateway's clock, as epay writes them (China time)."""

    trade_no: str
    out_trade_no: str
    paid_fen: int
    returned_fen: int
    paid_at: str


class Books:
    """`path` None keeps them in memory. One process owns a file."""

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.executescript(SCHEMA)

    def add_order(self, order: Order) -> None:
        self._db.execute(ADD_ORDER, asdict(order))

    def order(self, out_trade_no: str) -> Order | None:
        row = self._db.execute(FIND_ORDER, (out_trade_no,)).fetchone()
        return Order(*row) if row else None

    def order_numbered(self, trade_no: str) -> Order | None:
        row = self._db.execute(FIND_ORDER_BY_TRADE_NO, (trade_no,)).fetchone()
        return Order(*row) if row else None

    def add_payment(self, payment: Payment) -> None:
        values = (payment.trade_no, payment.out_trade_no, payment.paid_fen, payment.paid_at)
        self._db.execute(ADD_PAYMENT, values)

    def payment(self, trade_no: str) -> Payment | None:
        row = self._db.execute(FIND_PAYMENT, (trade_no,)).fetchone()
        return Payment(*row) if row else None

    def payments(self, out_trade_no: str) -> list[Payment]:
        return [Payment(*row) for row in self._db.execute(FIND_PAYMENTS, (out_trade_no,))]

    def add_refund(self, trade_no: str, fen: int, at: str) -> None:
        self._db.execute(ADD_REFUND, (trade_no, fen, at))
        self._db.execute(ADD_RETURNED, (fen, trade_no))

    def everything(self, out_trade_no: str | None = None) -> dict[str, list[dict[str, Any]]]:
        """All entries, or those of one reference, for whoever compares books."""
        return {
            "orders": self._rows(ALL_ORDERS, out_trade_no),
            "payments": self._rows(ALL_PAYMENTS, out_trade_no),
            "refunds": self._rows(ALL_REFUNDS, out_trade_no),
        }

    def empty(self) -> None:
        self._db.executescript(EMPTY)

    def close(self) -> None:
        self._db.close()

    def _rows(self, statement: str, only: str | None) -> list[dict[str, Any]]:
        cursor = self._db.execute(statement, {"only": only})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]
