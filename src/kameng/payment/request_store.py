"""SQL of refund requests. Private to this package."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.orders.lifecycle import Actor
from kameng.orders.number import OrderId

INSERT_REQUEST = """
INSERT INTO refund_requests (order_id, amount_fen, state, cause, reason, reference, asker_kind, asker_id, needs,
                             asked_at, lapse_at)
VALUES ($1, $2, 'waiting', $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
"""

REQUEST = """
SELECT id, order_id, amount_fen, state, cause, reason, asker_kind, asker_id, needs, asked_at
FROM refund_requests WHERE id = $1
"""

# What was asked for and not refused, and how much of it is still open.
ASKED_OF_ORDER = """
SELECT coalesce(sum(amount_fen) FILTER (WHERE state IN ('waiting', 'agreed_once', 'approved')), 0)::bigint AS asked_fen,
       coalesce(sum(amount_fen) FILTER (WHERE state IN ('waiting', 'agreed_once')), 0)::bigint AS open_fen
FROM refund_requests WHERE order_id = $1
"""

AGREE = """
INSERT INTO refund_approvals (request_id, login, reason, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (request_id, login) DO NOTHING
"""

AGREED = "SELECT count(*) FROM refund_approvals WHERE request_id = $1"

AGREED_ONCE = "UPDATE refund_requests SET state = 'agreed_once' WHERE id = $1 AND state = 'waiting'"

END_REQUEST = """
UPDATE refund_requests SET state = $2, ended_at = $3, ended_by = $4, ended_reason = $5, lapse_at = NULL
WHERE id = $1 AND state IN ('waiting', 'agreed_once')
"""

OVERTAKE = """
UPDATE refund_requests SET state = 'overtaken', ended_at = $2, lapse_at = NULL
WHERE order_id = $1 AND state IN ('waiting', 'agreed_once')
"""

LAPSING = "SELECT id, order_id FROM refund_requests WHERE lapse_at <= $1 ORDER BY lapse_at LIMIT $2"

INSERT_REFUND_OF_REQUEST = """
INSERT INTO refunds (receipt_id, order_id, amount_fen, state, cause, try_at, requested_at, request_id, beside)
VALUES ($1, $2, $3, 'intended', $4, $5, $5, $6, true) RETURNING id
"""


async def insert_request(  # noqa: PLR0913 - a row
    tx: Transaction,
    order_id: OrderId,
    *,
    amount_fen: int,
    cause: str,
    reason: str,
    reference: str | None,
    asker: Actor,
    needs: int,
    lapse_at: datetime,
) -> int:
    request_id: int = await tx.connection.fetchval(
        INSERT_REQUEST, order_id, amount_fen, cause, reason, reference, asker.kind, asker.id, needs, tx.now, lapse_at
    )
    return request_id


async def request(connection: Connection, request_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(REQUEST, request_id)


async def asked_of_order(tx: Transaction, order_id: OrderId) -> tuple[int, int]:
    """All that was asked for, and what of it is open; in fen."""
    row = await tx.connection.fetchrow(ASKED_OF_ORDER, order_id)
    assert row is not None
    return row["asked_fen"], row["open_fen"]


async def agree(tx: Transaction, request_id: int, login: str, reason: str) -> bool:
    """False when this person has agreed before."""
    written: str = await tx.connection.execute(AGREE, request_id, login, reason, tx.now)
    return written == "INSERT 0 1"


async def agreed(tx: Transaction, request_id: int) -> int:
    count: int = await tx.connection.fetchval(AGREED, request_id)
    return count


async def agreed_once(tx: Transaction, request_id: int) -> None:
    await tx.connection.execute(AGREED_ONCE, request_id)


async def end_request(
    tx: Transaction, request_id: int, state: str, *, by: str | None = None, reason: str | None = None
) -> bool:
    """False when it has ended before."""
    written: str = await tx.connection.execute(END_REQUEST, request_id, state, tx.now, by, reason)
    return written == "UPDATE 1"


async def overtake(tx: Transaction, order_id: OrderId) -> None:
    await tx.connection.execute(OVERTAKE, order_id, tx.now)


async def lapsing(connection: Connection, now: datetime, *, at_most: int) -> Sequence[asyncpg.Record]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(LAPSING, now, at_most)
    return rows


async def insert_refund(
    tx: Transaction, receipt_id: int, order_id: OrderId, *, amount_fen: int, cause: str, request_id: int | None
) -> int:
    """The caller holds the receipt and knows that so much of it is left."""
    refund_id: int = await tx.connection.fetchval(
        INSERT_REFUND_OF_REQUEST, receipt_id, order_id, amount_fen, cause, tx.now, request_id
    )
    return refund_id
