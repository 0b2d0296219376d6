"""SQL of refunds. Private to this package."""

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.payment.attempt import RefundState

# The receipt is held while its refunds are added up, so two can't both fit into what is left.
INSERT_REFUND = """
WITH receipt AS (
    SELECT id, amount_fen FROM receipts WHERE id = $1 FOR UPDATE
)
INSERT INTO refunds (receipt_id, order_id, amount_fen, state, cause, try_at, requested_at)
SELECT receipt.id, $2, $3, 'intended', $4, $5, $5 FROM receipt
WHERE $3 + coalesce((SELECT sum(amount_fen)::bigint FROM refunds WHERE receipt_id = $1), 0) <= receipt.amount_fen
RETURNING id
"""

# An order's share of a receipt that paid several; all of a receipt that waits for a person.
REFUNDABLE = """
SELECT r.id AS receipt_id,
       (CASE r.use WHEN 'held' THEN r.amount_fen ELSE least(p.amount_fen, r.amount_fen) END
        - coalesce((SELECT sum(f.amount_fen) FROM refunds f
                    WHERE f.receipt_id = r.id AND f.order_id = $1 AND f.cause <> 'paid_too_much'), 0))::bigint
           AS left_fen,
       (SELECT f.id FROM refunds f WHERE f.receipt_id = r.id AND f.order_id = $1
        AND f.state IN ('refused', 'in_doubt') AND f.try_at IS NULL ORDER BY f.id LIMIT 1) AS stuck_refund_id
FROM receipts r JOIN payment_attempt_orders p ON p.attempt_id = r.attempt_id
WHERE p.order_id = $1 AND r.use IN ('applied', 'held')
ORDER BY r.id FOR UPDATE OF r
"""

FREE_HELD_RECEIPTS = """
UPDATE receipts SET use = 'surplus'
WHERE use = 'held' AND attempt_id IN (SELECT attempt_id FROM payment_attempt_orders WHERE order_id = $1)
RETURNING id, amount_fen
"""

ACCEPT_HELD_RECEIPTS = """
UPDATE receipts SET use = 'applied'
WHERE use = 'held' AND attempt_id IN (SELECT attempt_id FROM payment_attempt_orders WHERE order_id = $1)
"""

REFUND = """
SELECT f.id, f.order_id, f.amount_fen, f.state, f.cause, f.tries, r.amount_fen AS whole_fen, r.gateway_id,
       r.gateway_trade_no, r.attempt_id
FROM refunds f JOIN receipts r ON r.id = f.receipt_id WHERE f.id = $1
"""

# Claimed by whoever gets here first; planned again before the call, so that a crash during it is asked about later.
CLAIM_REFUND = """
UPDATE refunds SET state = 'calling', tries = tries + 1, try_at = $2
WHERE id = $1 AND state IN ('intended', 'calling', 'in_doubt') AND try_at <= $3
RETURNING tries
"""

SETTLE_REFUND = """
UPDATE refunds SET state = $2, answer = $3, try_at = $4, settled_at = $5 WHERE id = $1 AND state = 'calling'
"""

TRY_AGAIN = """
UPDATE refunds SET tries = 0, try_at = $2, state = CASE state WHEN 'refused' THEN 'intended' ELSE state END
WHERE id = $1
"""

UNSETTLED_OF_ORDER = """
SELECT count(*) FROM refunds
WHERE order_id = $1 AND state <> 'done' AND cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little')
"""

DUE = "SELECT id FROM refunds WHERE try_at <= $1 ORDER BY try_at LIMIT $2"


async def insert_refund(tx: Transaction, receipt_id: int, order_id: int, amount_fen: int, cause: str) -> int | None:
    """None when the receipt has not that much left."""
    refund_id: int | None = await tx.connection.fetchval(INSERT_REFUND, receipt_id, order_id, amount_fen, cause, tx.now)
    return refund_id


async def refundable(tx: Transaction, order_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(REFUNDABLE, order_id)
    return rows


async def free_held_receipts(tx: Transaction, order_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(FREE_HELD_RECEIPTS, order_id)
    return rows


async def accept_held_receipts(tx: Transaction, order_id: int) -> None:
    await tx.connection.execute(ACCEPT_HELD_RECEIPTS, order_id)


async def refund(connection: Connection, refund_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(REFUND, refund_id)


async def claim_refund(tx: Transaction, refund_id: int, try_at: object) -> int | None:
    """How many tries this one makes; None when it is settled, stuck, or somebody else is at it."""
    tries: int | None = await tx.connection.fetchval(CLAIM_REFUND, refund_id, try_at, tx.now)
    return tries


async def settle_refund(tx: Transaction, refund_id: int, state: RefundState, answer: str, try_at: object) -> bool:
    """False when it was settled before."""
    settled_at = tx.now if state is RefundState.DONE else None
    written: str = await tx.connection.execute(SETTLE_REFUND, refund_id, state, answer, try_at, settled_at)
    return written == "UPDATE 1"


async def try_again(tx: Transaction, refund_id: int) -> None:
    await tx.connection.execute(TRY_AGAIN, refund_id, tx.now)


async def unsettled_of_order(tx: Transaction, order_id: int) -> int:
    count: int = await tx.connection.fetchval(UNSETTLED_OF_ORDER, order_id)
    return count


async def due(connection: Connection, now: object, *, at_most: int) -> list[int]:
    return [row["id"] for row in await connection.fetch(DUE, now, at_most)]
