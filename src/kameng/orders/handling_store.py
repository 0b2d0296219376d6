"""SQL of who sees to an order, and of what staff wrote down about it. Private to this package."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.orders.number import OrderId

FIND = """
SELECT h.owner_id, s.login AS owner, h.follow_up_at
FROM order_handling h LEFT JOIN staff s ON s.id = h.owner_id WHERE h.order_id = $1
"""

# The row is there before it is looked at, so that of two who take an order at once the second one waits.
HOLD = """
INSERT INTO order_handling (order_id, changed_at) VALUES ($1, $2)
ON CONFLICT (order_id) DO UPDATE SET changed_at = excluded.changed_at
RETURNING owner_id
"""

SET_OWNER = "UPDATE order_handling SET owner_id = $2 WHERE order_id = $1"

SET_FOLLOW_UP = """
INSERT INTO order_handling (order_id, follow_up_at, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (order_id) DO UPDATE SET follow_up_at = excluded.follow_up_at, changed_at = excluded.changed_at
"""

WRITE_NOTE = "INSERT INTO order_notes (order_id, login, sealed, at) VALUES ($1, $2, $3, $4) RETURNING id"

NOTES = "SELECT id, login, sealed, at FROM order_notes WHERE order_id = $1 ORDER BY id"

STAFF = "SELECT login, enabled, role FROM staff WHERE id = $1"

HANDLERS = "SELECT id, login FROM staff WHERE enabled AND role = ANY ($1::text[]) ORDER BY login"

EXISTS = "SELECT EXISTS (SELECT FROM orders WHERE id = $1)"


async def find(connection: Connection, order_id: OrderId) -> asyncpg.Record | None:
    return await connection.fetchrow(FIND, order_id)


async def exists(tx: Transaction, order_id: OrderId) -> bool:
    found: bool = await tx.connection.fetchval(EXISTS, order_id)
    return found


async def hold(tx: Transaction, order_id: OrderId) -> int | None:
    """Its owner; nobody else changes it until the transaction ends."""
    owner_id: int | None = await tx.connection.fetchval(HOLD, order_id, tx.now)
    return owner_id


async def set_owner(tx: Transaction, order_id: OrderId, owner_id: int | None) -> None:
    await tx.connection.execute(SET_OWNER, order_id, owner_id)


async def set_follow_up(tx: Transaction, order_id: OrderId, at: datetime | None) -> None:
    await tx.connection.execute(SET_FOLLOW_UP, order_id, at, tx.now)


async def write_note(tx: Transaction, order_id: OrderId, login: str, sealed: bytes) -> int:
    note_id: int = await tx.connection.fetchval(WRITE_NOTE, order_id, login, sealed, tx.now)
    return note_id


async def notes(connection: Connection, order_id: OrderId) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(NOTES, order_id)
    return rows


async def staff(tx: Transaction, staff_id: int) -> asyncpg.Record | None:
    return await tx.connection.fetchrow(STAFF, staff_id)


async def handlers(connection: Connection, roles: Sequence[str]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(HANDLERS, list(roles))
    return rows
