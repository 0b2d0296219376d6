"""SQL of checkout: which request made which order. Private to this package."""

from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection, Transaction

# Waits for a twin that is still running, so a repeat never makes a second order.
REMEMBER = """
INSERT INTO order_requests (idempotency_key, fingerprint, order_id, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (idempotency_key) DO NOTHING
"""

RECALL = """
SELECT r.fingerprint, o.id, o.amount_fen, o.pay_until
FROM order_requests r JOIN orders o ON o.id = r.order_id WHERE r.idempotency_key = $1
"""

# Until this transaction ends nobody else places an order for the same contact. A statement of its own, for the count
# must begin after the wait. 1 is "contact"; two contacts that share a number only wait for each other.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(1, $1)"

OPEN_ORDERS = """
SELECT count(*) FROM (
    SELECT FROM orders WHERE contact_index = $1 AND state = 'awaiting_payment' AND id > $2 LIMIT $3
) AS unpaid
"""

# What binds a paid order: its codes were read, a supplier was asked, it is a merchant's, or its money has moved.
CANCELLING = """
SELECT (SELECT max(at) FROM order_events
        WHERE order_id = $1 AND event IN ('payment_confirmed', 'accepted_by_staff')) AS paid_at,
       EXISTS (SELECT FROM order_events
               WHERE order_id = $1 AND event = 'cancelled_after_payment') AS was_cancelled,
       EXISTS (SELECT FROM order_events WHERE order_id = $1 AND event = 'revealed')
       OR EXISTS (SELECT FROM delivery_attempts WHERE order_id = $1)
       OR EXISTS (SELECT FROM merchant_orders WHERE order_id = $1)
       OR EXISTS (SELECT FROM resubmissions WHERE order_id = $1 AND ended_at IS NULL)
       OR EXISTS (SELECT FROM refunds WHERE order_id = $1
                  AND cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little', 'cheaper')) AS is_bound
"""

FORGET_REQUESTS = "DELETE FROM order_requests WHERE at < $1"


async def remember(tx: Transaction, key: bytes, fingerprint: bytes, order_id: int) -> bool:
    """False when a request with this key was first."""
    written: str = await tx.connection.execute(REMEMBER, key, fingerprint, order_id, tx.now)
    return written == "INSERT 0 1"


async def recall(connection: Connection, key: bytes) -> asyncpg.Record | None:
    return await connection.fetchrow(RECALL, key)


async def take_turns(tx: Transaction, contact_index: bytes) -> None:
    await tx.connection.execute(TAKE_TURNS, int.from_bytes(contact_index[:4], "big", signed=True))


async def open_orders(connection: Connection, contact_index: bytes, *, since: int, at_most: int) -> int:
    count: int = await connection.fetchval(OPEN_ORDERS, contact_index, since, at_most)
    return count


async def forget_requests(tx: Transaction, before: datetime) -> None:
    await tx.connection.execute(FORGET_REQUESTS, before)


async def cancelling(connection: Connection, order_id: int) -> asyncpg.Record:
    row = await connection.fetchrow(CANCELLING, order_id)
    assert row is not None
    return row
