"""SQL of refunds. Private to this package."""

from datetime import datetime

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

# All that is left of a receipt that paid this order alone; the order's share of one that paid several. What came in
# beyond the shares of several goes back by itself.
REFUNDABLE = """
SELECT r.id AS receipt_id,
       (CASE WHEN (SELECT count(*) FROM payment_attempt_orders WHERE attempt_id = r.attempt_id) = 1
             THEN r.amount_fen - coalesce((SELECT sum(f.amount_fen) FROM refunds f WHERE f.receipt_id = r.id), 0)
             ELSE least(p.amount_fen, r.amount_fen)
                  - coalesce((SELECT sum(f.amount_fen) FROM refunds f
                              WHERE f.receipt_id = r.id AND f.order_id = $1 AND f.cause <> 'paid_too_much'), 0)
        END)::bigint AS left_fen
FROM receipts r JOIN payment_attempt_orders p ON p.attempt_id = r.attempt_id
WHERE p.order_id = $1 AND r.use IN ('applied', 'held')
ORDER BY r.id FOR UPDATE OF r
"""

LEFT_OF_RECEIPT = """
SELECT (r.amount_fen - coalesce((SELECT sum(f.amount_fen) FROM refunds f WHERE f.receipt_id = r.id), 0))::bigint
FROM receipts r WHERE r.id = $1
"""

FREE_HELD_RECEIPTS = """
UPDATE receipts SET use = 'surplus'
WHERE use = 'held' AND attempt_id IN (SELECT attempt_id FROM payment_attempt_orders WHERE order_id = $1)
RETURNING id, amount_fen
"""

ACCEPT_HELD_RECEIPTS = """
UPDATE receipts SET use = 'applied'
WHERE use = 'held' AND attempt_id IN (SELECT attempt_id FROM payment_attempt_orders WHERE order_id = $1)
RETURNING id, amount_fen
"""

# What a balance paid goes back to the balance of whoever paid it; NULL for what a gateway received.
REFUND = """
SELECT f.id, f.order_id, f.amount_fen, f.state, f.cause, f.tries, f.beside, r.amount_fen AS whole_fen, r.gateway_id,
       r.gateway_trade_no, r.attempt_id, m.owner AS balance_owner
FROM refunds f JOIN receipts r ON r.id = f.receipt_id
LEFT JOIN LATERAL (
    SELECT a.owner FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
    JOIN ledger_accounts a ON a.id = p.account_id
    WHERE r.heard_from = 'ledger' AND e.reference = 'purchase:' || f.order_id AND a.kind = 'balance') m ON true
WHERE f.id = $1
"""

# Claimed by whoever gets here first; planned again before the call, so that a crash during it is asked about later.
# What it was before is read under the same lock: whether it was ever sent must not be an older truth.
CLAIM_REFUND = """
WITH due AS (
    SELECT id, state FROM refunds
    WHERE id = $1 AND state IN ('intended', 'calling', 'in_doubt') AND try_at <= $3 FOR UPDATE
)
UPDATE refunds f SET state = 'calling', tries = f.tries + 1, try_at = $2 FROM due WHERE f.id = due.id
RETURNING f.tries, due.state AS state_before
"""

# Money that is back is back, whoever hears of it and however late. Any other answer counts only while the claim ($4,
# the time it was planned again for) is the newest one.
RECORD_DONE = """
UPDATE refunds SET state = 'done', answer = $2, try_at = NULL, settled_at = $3 WHERE id = $1 AND state <> 'done'
"""

RECORD_NO = """
UPDATE refunds SET state = $2, answer = $3, try_at = $5 WHERE id = $1 AND state = 'calling' AND try_at = $4
"""

# A refusal may be tried again as if for the first time; what is in doubt is asked about first. Not from nought: that
# it was tried before is not to be forgotten.
TRY_STUCK_AGAIN = """
UPDATE refunds SET tries = 1, try_at = $2, state = CASE state WHEN 'refused' THEN 'intended' ELSE state END
WHERE order_id = $1 AND state IN ('refused', 'in_doubt') AND try_at IS NULL
RETURNING id
"""

# A person has looked at the gateway's own books.
REOPEN_STUCK = """
UPDATE refunds SET tries = 1, try_at = $2, state = $3
WHERE id = $1 AND state IN ('refused', 'in_doubt') AND try_at IS NULL
"""

CLOSE_STUCK = """
UPDATE refunds SET state = 'done', answer = $2, settled_at = $3, by_hand = $4
WHERE id = $1 AND state IN ('refused', 'in_doubt') AND try_at IS NULL
"""

UNSETTLED_OF_ORDER = """
SELECT count(*) FROM refunds
WHERE order_id = $1 AND state <> 'done' AND cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little')
"""

OTHERS_OF_RECEIPT = """
SELECT id, state, amount_fen, by_hand FROM refunds
WHERE receipt_id = (SELECT receipt_id FROM refunds WHERE id = $1) AND id <> $1 ORDER BY id
"""

HOLD_RECEIPT = "SELECT FROM receipts WHERE id = (SELECT receipt_id FROM refunds WHERE id = $1) FOR UPDATE"

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


async def accept_held_receipts(tx: Transaction, order_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(ACCEPT_HELD_RECEIPTS, order_id)
    return rows


async def left_of_receipt(tx: Transaction, receipt_id: int) -> int:
    left_fen: int = await tx.connection.fetchval(LEFT_OF_RECEIPT, receipt_id)
    return left_fen


async def refund(connection: Connection, refund_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(REFUND, refund_id)


async def claim_refund(tx: Transaction, refund_id: int, try_at: datetime) -> asyncpg.Record | None:
    """How many tries this one makes, and what the refund was before; None when it is settled, stuck, or claimed."""
    return await tx.connection.fetchrow(CLAIM_REFUND, refund_id, try_at, tx.now)


async def record_done(tx: Transaction, refund_id: int, answer: str) -> bool:
    """False when it was done before."""
    written: str = await tx.connection.execute(RECORD_DONE, refund_id, answer, tx.now)
    return written == "UPDATE 1"


async def record_no(
    tx: Transaction, refund_id: int, state: RefundState, answer: str, *, claimed: datetime, try_at: datetime | None
) -> bool:
    """False when somebody else has claimed or settled it since."""
    written: str = await tx.connection.execute(RECORD_NO, refund_id, state, answer, claimed, try_at)
    return written == "UPDATE 1"


async def try_stuck_again(tx: Transaction, order_id: int) -> list[int]:
    return [row["id"] for row in await tx.connection.fetch(TRY_STUCK_AGAIN, order_id, tx.now)]


async def reopen_stuck(tx: Transaction, refund_id: int, state: RefundState) -> bool:
    """False when it is not stuck (any more)."""
    written: str = await tx.connection.execute(REOPEN_STUCK, refund_id, tx.now, state)
    return written == "UPDATE 1"


async def close_stuck(tx: Transaction, refund_id: int, answer: str, *, by_hand: bool) -> bool:
    """False when it is not stuck (any more)."""
    written: str = await tx.connection.execute(CLOSE_STUCK, refund_id, answer, tx.now, by_hand)
    return written == "UPDATE 1"


async def is_all_back(tx: Transaction, order_id: int) -> bool:
    """Nothing is on its way, and nothing is left that could be."""
    on_its_way: int = await tx.connection.fetchval(UNSETTLED_OF_ORDER, order_id)
    return on_its_way == 0 and not any(row["left_fen"] > 0 for row in await refundable(tx, order_id))


async def hold_receipt(tx: Transaction, refund_id: int) -> None:
    """The payment that this refund is of, until the transaction ends."""
    await tx.connection.execute(HOLD_RECEIPT, refund_id)


async def others_of_receipt(connection: Connection, refund_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(OTHERS_OF_RECEIPT, refund_id)
    return rows


async def due(connection: Connection, now: datetime, *, at_most: int) -> list[int]:
    return [row["id"] for row in await connection.fetch(DUE, now, at_most)]
