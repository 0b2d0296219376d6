"""The exception queue 异常队列: deliveries that don't come to an end by themselves, or take their time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kameng.desk import delivery_store
from kameng.kernel.database import Connection, Database
from kameng.orders.number import OrderId

LINES_MAX = 200
#: Nothing younger is slow, whatever others take.
SLOW_MIN = timedelta(minutes=10)
#: For an attempt of which nobody knows how long its like take.
USUAL = timedelta(minutes=30)


class ExceptionKind(StrEnum):
    """`stuck`: asking hasn't helped for long enough. `held`: a part is delivered, and nobody can deliver the rest.
    `waiting`: no route is open, and it waits for one."""

    IN_DOUBT = "in_doubt"
    STUCK = "stuck"
    HELD = "held"
    SLOW = "slow"
    WAITING = "waiting"


@dataclass(frozen=True)
class ExceptionLine:
    """`since` when it has been so. `ask_at`: the next question to the supplier; None when there is none. What is about
    an attempt is None where none was made yet; without an order it is for our own vault."""

    kind: ExceptionKind
    since: datetime
    delivery_id: int
    order_id: OrderId | None
    attempt_id: int | None
    number: str | None
    state: str | None
    words: str | None
    ask_at: datetime | None
    asks: int | None
    called_at: datetime | None
    supplier_name: str | None
    owner_id: int | None
    owner: str | None
    product_name: str
    face_value: str


@dataclass(frozen=True)
class ExceptionCounts:
    """How many of each kind, and how many this person has taken."""

    by_kind: Mapping[ExceptionKind, int]
    mine: int

    @property
    def all(self) -> int:
        return sum(self.by_kind.values())


async def list_exceptions(
    db: Database, *, kind: ExceptionKind | None = None, owner_id: int | None = None
) -> list[ExceptionLine]:
    """The oldest first; of one kind, or only those somebody has taken."""
    now = db.clock.now()
    async with db.reading() as connection:
        rows = await connection.fetch(
            delivery_store.EXCEPTIONS, now - SLOW_MIN, USUAL, now, [kind] if kind else None, owner_id, LINES_MAX
        )
    return [_line(dict(row)) for row in rows]


async def count_exceptions(db: Database, *, owner_id: int) -> ExceptionCounts:
    now = db.clock.now()
    async with db.reading() as connection:
        rows = await connection.fetch(delivery_store.EXCEPTIONS_COUNTED, now - SLOW_MIN, USUAL, now, owner_id)
    by_kind = {ExceptionKind(row["kind"]): row["here"] for row in rows}
    return ExceptionCounts(by_kind, sum(row["mine"] for row in rows))


async def count_wanting(connection: Connection) -> int:
    """How many are in doubt or stuck."""
    count: int = await connection.fetchval(delivery_store.WANT_A_PERSON)
    return count


def _line(row: dict[str, Any]) -> ExceptionLine:
    order_id = None if row["order_id"] is None else OrderId(row["order_id"])
    return ExceptionLine(**{**row, "kind": ExceptionKind(row["kind"]), "order_id": order_id})
