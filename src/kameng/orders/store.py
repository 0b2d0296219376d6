"""SQL of the order. Private to this package."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.orders.lifecycle import OrderEvent, OrderState, Placed
from kameng.orders.number import OrderId
from kameng.orders.order import Order, order_of
from kameng.risk.score_order import Judged

_COLUMNS = "id, state, site_id, sku_id, quantity, amount_fen, placed_at, pay_until, risk"

LOCK = f"SELECT {_COLUMNS} FROM orders WHERE id = $1 FOR UPDATE"  # noqa: S608 - a constant

HOLD_BACK = "UPDATE orders SET risk = $2, held_back = true WHERE id = $1"

# Expiring orders wait for nobody: one that is locked is being paid or cancelled at this moment.
LOCK_OVERDUE = f"""
SELECT {_COLUMNS} FROM orders WHERE state = 'awaiting_payment' AND pay_until <= $1
ORDER BY pay_until LIMIT $2 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - a constant

# What spoke against it is written with it: a statement of its own would cost every order a round trip.
INSERT = """
WITH placed AS (
    INSERT INTO orders (id, site_id, sku_id, sku_version_id, state, quantity, unit_price_fen, amount_fen,
                        contact_kind, contact_sealed, contact_index, second_factor, client_address,
                        terms_accepted_at, placed_at, pay_until, changed_at, risk)
    VALUES ($1, $2, $3, $4, 'awaiting_payment', $5, $6, $5::int * $6::bigint, $7, $8, $9, $10, $11, $12, $12, $13, $12,
            $18)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), judged AS (
    INSERT INTO risk_scores (order_id, stage, points, verdict, reasons, signals, subjects, at)
    SELECT id, 'placed', $19, $20, $21, $22, $23, $12 FROM placed WHERE $20::text IS NOT NULL
), told AS (
    INSERT INTO order_events (order_id, event, to_state, actor_kind, actor_id, facts, at)
    SELECT id, $14, 'awaiting_payment', $15, $16, $17, $12 FROM placed
)
SELECT count(*) FROM placed
"""

INSERT_ACCOUNT = """
INSERT INTO order_accounts (order_id, sealed, account_index, operator, province) VALUES ($1, $2, $3, $4, $5)
"""

# Of whom an order came from, what they can be found again by.
WHOM = """
SELECT o.contact_sealed, o.contact_index, o.client_address, a.sealed, a.account_index
FROM orders o LEFT JOIN order_accounts a ON a.order_id = o.id WHERE o.id = $1
"""

SET_ACCOUNT = """
UPDATE order_accounts SET sealed = $2, account_index = $3, operator = $4, province = $5 WHERE order_id = $1
"""

SNAPSHOT = """
SELECT site_id, sku_id, sku_version_id, quantity, unit_price_fen, contact_sealed
FROM orders WHERE id = $1
"""

ACCOUNT = "SELECT sealed, operator, province FROM order_accounts WHERE order_id = $1"

WRITE_MOVES = """
WITH moved AS (
    UPDATE orders SET state = $3, changed_at = $4 WHERE id = $1 AND state = $2 RETURNING id
)
INSERT INTO order_events (order_id, event, from_state, to_state, actor_kind, actor_id, reason, facts, at)
SELECT moved.id, e.event, e.from_state, e.to_state, e.actor_kind, e.actor_id, e.reason, e.facts, $4
FROM moved, unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::jsonb[])
     WITH ORDINALITY AS e (event, from_state, to_state, actor_kind, actor_id, reason, facts, place)
ORDER BY e.place
"""


SET_GOODS = """
UPDATE orders SET sku_id = $2, sku_version_id = $3, unit_price_fen = $4::bigint, amount_fen = $4::bigint * quantity
WHERE id = $1
"""


@dataclass(frozen=True)
class Move:
    from_state: OrderState
    to_state: OrderState
    event: OrderEvent


@dataclass(frozen=True)
class Row:
    """An order about to be inserted, contact already sealed."""

    id: OrderId
    site_id: int
    sku_id: int
    sku_version_id: int
    quantity: int
    unit_price_fen: int
    contact_kind: str
    contact_sealed: bytes
    contact_index: bytes
    second_factor: bytes
    client_address: str | None
    judged: Judged | None


async def insert(tx: Transaction, row: Row, *, pay_until: object, event: Placed) -> bool:
    """False when the number is taken."""
    judged = row.judged
    score = judged.values if judged is not None and judged.is_worth_keeping else (None,) * 5
    count: int = await tx.connection.fetchval(
        INSERT, row.id, row.site_id, row.sku_id, row.sku_version_id, row.quantity, row.unit_price_fen,
        row.contact_kind, row.contact_sealed, row.contact_index, row.second_factor,
        row.client_address, tx.now, pay_until, event.name, event.actor.kind, event.actor.id, dict(event.facts),
        judged.points if judged else 0, *score,
    )  # fmt: skip
    return count == 1


async def insert_account(
    tx: Transaction, order_id: OrderId, *, sealed: bytes, index: bytes, operator: str | None, province: str | None
) -> None:
    await tx.connection.execute(INSERT_ACCOUNT, order_id, sealed, index, operator, province)


async def set_account(
    tx: Transaction, order_id: OrderId, *, sealed: bytes, index: bytes, operator: str | None, province: str | None
) -> None:
    await tx.connection.execute(SET_ACCOUNT, order_id, sealed, index, operator, province)


async def set_goods(tx: Transaction, order_id: OrderId, *, sku_id: int, version_id: int, price_fen: int) -> None:
    await tx.connection.execute(SET_GOODS, order_id, sku_id, version_id, price_fen)


async def snapshot(connection: Connection, order_id: OrderId) -> asyncpg.Record | None:
    return await connection.fetchrow(SNAPSHOT, order_id)


async def account(connection: Connection, order_id: OrderId) -> asyncpg.Record | None:
    return await connection.fetchrow(ACCOUNT, order_id)


async def whom(connection: Connection, order_id: OrderId) -> asyncpg.Record | None:
    return await connection.fetchrow(WHOM, order_id)


async def lock(tx: Transaction, order_id: OrderId) -> Order | None:
    """The order, held until the transaction ends."""
    row = await tx.connection.fetchrow(LOCK, order_id)
    return order_of(dict(row)) if row else None


async def hold_back(tx: Transaction, order_id: OrderId, points: int) -> None:
    await tx.connection.execute(HOLD_BACK, order_id, points)


async def lock_overdue(tx: Transaction, *, at_most: int) -> list[Order]:
    """Unpaid orders past their time, held; those somebody else holds are passed over."""
    return [order_of(dict(row)) for row in await tx.connection.fetch(LOCK_OVERDUE, tx.now, at_most)]


async def write_moves(tx: Transaction, order: Order, moves: Sequence[Move]) -> None:
    """Compare-and-set from the first move's state to the last one's, with every step told in order."""
    written = await tx.connection.execute(
        WRITE_MOVES, order.id, moves[0].from_state, moves[-1].to_state, tx.now,
        [m.event.name for m in moves], [m.from_state for m in moves], [m.to_state for m in moves],
        [m.event.actor.kind for m in moves], [m.event.actor.id for m in moves], [m.event.reason for m in moves],
        [dict(m.event.facts) for m in moves],
    )  # fmt: skip
    assert written == f"INSERT 0 {len(moves)}", f"order {order.id} was not in {moves[0].from_state}; lock it first"
