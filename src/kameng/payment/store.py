"""SQL of attempts and receipts. Private to this package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.orders.number import OrderId

# Balances pay through a gateway of our own, which has nothing to configure and no adapter.
GATEWAYS = """
SELECT id, code, name, protocol, methods, config_sealed, enabled, position FROM gateways
WHERE protocol <> 'balance' ORDER BY position, id
"""

OWN_GATEWAY = "SELECT id FROM gateways WHERE code = $1 AND protocol = $2"

MAKE_OWN_GATEWAY = """
INSERT INTO gateways (code, name, protocol, methods, config_sealed, enabled, position)
VALUES ($1, '余额', $2, ARRAY[$1], '', false, 0)
ON CONFLICT (code) DO UPDATE SET code = excluded.code WHERE gateways.protocol = excluded.protocol
RETURNING id
"""

SAVE_GATEWAY = """
INSERT INTO gateways (code, name, protocol, methods, config_sealed, enabled, position)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, protocol = excluded.protocol, methods = excluded.methods,
    config_sealed = excluded.config_sealed, enabled = excluded.enabled, position = excluded.position
RETURNING id
"""

INSERT_ATTEMPT = """
WITH attempt AS (
    INSERT INTO payment_attempts (id, gateway_id, method, state, amount_fen, started_at, ask_at)
    VALUES ($1, $2, $3, 'started', $4, $5, $6)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
INSERT INTO payment_attempt_orders (attempt_id, order_id, amount_fen)
SELECT attempt.id, o.order_id, o.amount_fen FROM attempt, unnest($7::bigint[], $8::bigint[]) AS o (order_id, amount_fen)
"""

ATTEMPT = """
SELECT a.id, a.gateway_id, a.method, a.state, a.amount_fen, a.pay_by, a.gateway_trade_no, a.started_at,
       array(SELECT order_id FROM payment_attempt_orders WHERE attempt_id = a.id ORDER BY order_id) AS order_ids
FROM payment_attempts a WHERE a.id = $1
"""

ATTEMPTS_OF = "SELECT attempt_id FROM payment_attempt_orders WHERE order_id = $1 ORDER BY attempt_id"

# The same buyer choosing the same way to pay again goes on with the payment that is already waiting.
WAITING_ATTEMPT = """
SELECT a.id, a.gateway_id, a.method, a.state, a.amount_fen, a.pay_by, a.gateway_trade_no, a.started_at,
       array(SELECT order_id FROM payment_attempt_orders WHERE attempt_id = a.id ORDER BY order_id) AS order_ids
FROM payment_attempts a JOIN payment_attempt_orders p ON p.attempt_id = a.id
WHERE p.order_id = $1 AND a.gateway_id = $2 AND a.method = $3 AND a.state = 'started' AND a.pay_by IS NOT NULL
  AND array(SELECT order_id FROM payment_attempt_orders WHERE attempt_id = a.id ORDER BY order_id) = $4
ORDER BY a.id DESC LIMIT 1
"""

RECORD_START = "UPDATE payment_attempts SET pay_by = $2 WHERE id = $1 AND state = 'started'"

RECORD_REFUSAL = "UPDATE payment_attempts SET state = 'refused', ask_at = NULL WHERE id = $1 AND state = 'started'"

# One statement: hold the orders, write the receipt under the gateway's own number, and say what it is for. Several
# orders are paid all together or not at all. An order that is held back under review is paid: it waits for proof or
# for a person, and what comes in besides is too much. A receipt that is already there changes nothing and
# comes back as NULL.
RECORD_RECEIPT = """
WITH held AS MATERIALIZED (
    SELECT o.id, o.state, o.site_id, o.sku_id, o.quantity, o.amount_fen, o.placed_at, o.pay_until, o.risk,
           o.held_back, p.amount_fen AS share
    FROM payment_attempt_orders p JOIN orders o ON o.id = p.order_id
    WHERE p.attempt_id = $1 ORDER BY o.id FOR UPDATE OF o
), owed AS (
    SELECT sum(share)::bigint AS owed_fen,
           bool_and(state = ANY ($7::text[]) AND NOT (state = 'under_review' AND held_back))
               AND (count(*) = 1 OR sum(share) <= $4) AS payable
    FROM held
), receipt AS (
    INSERT INTO receipts (attempt_id, gateway_id, gateway_trade_no, amount_fen, use, heard_from, received_at)
    SELECT $1, $2, $3, $4, CASE WHEN NOT payable THEN 'surplus' WHEN $4 < owed_fen THEN 'held' ELSE 'applied' END,
           $5, $6
    FROM owed WHERE payable IS NOT NULL
    ON CONFLICT (gateway_id, gateway_trade_no) DO NOTHING
    RETURNING id, use
), confirmed AS (
    UPDATE payment_attempts
    SET state = 'confirmed', confirmed_at = coalesce(confirmed_at, $6),
        gateway_trade_no = coalesce(gateway_trade_no, $3), ask_at = NULL
    WHERE id = $1 AND EXISTS (SELECT FROM receipt)
)
SELECT held.*, receipt.id AS receipt_id, receipt.use, owed.owed_fen,
       (SELECT r.attempt_id FROM receipts r WHERE r.gateway_id = $2 AND r.gateway_trade_no = $3) AS recorded_under
FROM held, owed LEFT JOIN receipt ON true
ORDER BY held.id
"""

# The next question is planned before this one is asked, so that a crash in between only delays it.
CLAIM_TO_ASK = """
UPDATE payment_attempts a
SET asked = a.asked + 1,
    ask_at = CASE WHEN a.asked < cardinality($2::interval[]) THEN $1 + ($2::interval[])[a.asked + 1] END,
    state = CASE WHEN a.asked >= cardinality($2::interval[]) AND a.state = 'started' THEN 'expired' ELSE a.state END
WHERE a.id = ANY (ARRAY(
    SELECT id FROM payment_attempts WHERE ask_at <= $1 ORDER BY ask_at LIMIT $3 FOR UPDATE SKIP LOCKED))
RETURNING a.id, a.ask_at IS NULL AS is_last
"""

_RECEIPT_OF_NOTICE = """
(SELECT r.id FROM receipts r WHERE r.gateway_id = n.gateway_id AND r.gateway_trade_no = n.trade_no LIMIT 1)
"""

# A notify that was acknowledged is asked about until its money is recorded, by the trade number it named: one payment
# of ours may have been paid under two.
CLAIM_NOTICES_TO_ASK = f"""
WITH claimed AS (
    UPDATE gateway_notices n
    SET asked = n.asked + 1,
        ask_at = CASE WHEN n.asked < cardinality($2::interval[]) AND {_RECEIPT_OF_NOTICE} IS NULL
                      THEN $1 + ($2::interval[])[n.asked + 1] END
    WHERE n.id = ANY (ARRAY(
        SELECT id FROM gateway_notices WHERE ask_at <= $1 ORDER BY ask_at LIMIT $3 FOR UPDATE SKIP LOCKED))
    RETURNING n.gateway_id, n.attempt_id, n.trade_no, n.ask_at IS NULL AS is_last
)
SELECT n.attempt_id, n.trade_no, n.is_last FROM claimed n WHERE {_RECEIPT_OF_NOTICE} IS NULL
"""  # noqa: S608 - constants

STORE_NOTICE = """
INSERT INTO gateway_notices (gateway_id, digest, attempt_id, genuine, fields, first_at, last_at, trade_no, ask_at)
SELECT $1, $2, known.id, $4, $5, $6, $6, $7, CASE WHEN known.id IS NOT NULL THEN $8::timestamptz END
FROM (SELECT (SELECT id FROM payment_attempts WHERE id = $3 AND gateway_id = $1)) AS known (id)
ON CONFLICT (gateway_id, digest) DO UPDATE SET times = gateway_notices.times + 1, last_at = excluded.last_at
RETURNING attempt_id
"""


async def gateways(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(GATEWAYS)
    return rows


async def save_gateway(tx: Transaction, values: Sequence[Any]) -> int:
    gateway_id: int = await tx.connection.fetchval(SAVE_GATEWAY, *values)
    return gateway_id


async def own_gateway(connection: Connection, code: str, protocol: str) -> int | None:
    gateway_id: int | None = await connection.fetchval(OWN_GATEWAY, code, protocol)
    return gateway_id


async def make_own_gateway(tx: Transaction, code: str, protocol: str) -> int:
    gateway_id: int | None = await tx.connection.fetchval(MAKE_OWN_GATEWAY, code, protocol)
    assert gateway_id is not None, f"the code {code} belongs to a gateway of somebody else"
    return gateway_id


async def insert_attempt(
    tx: Transaction,
    *,
    attempt_id: int,
    gateway_id: int,
    method: str,
    shares: Mapping[OrderId, int],
    ask_at: datetime | None,
) -> bool:
    """False when the number is taken."""
    written: str = await tx.connection.execute(
        INSERT_ATTEMPT, attempt_id, gateway_id, method, sum(shares.values()), tx.now, ask_at, list(shares),
        list(shares.values()),
    )  # fmt: skip
    return written == f"INSERT 0 {len(shares)}"


async def attempt(connection: Connection, attempt_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(ATTEMPT, attempt_id)


async def attempts_of(connection: Connection, order_id: int) -> list[int]:
    return [row["attempt_id"] for row in await connection.fetch(ATTEMPTS_OF, order_id)]


async def waiting_attempt(
    connection: Connection, order_ids: Sequence[int], gateway_id: int, method: str
) -> asyncpg.Record | None:
    ordered = sorted(order_ids)
    return await connection.fetchrow(WAITING_ATTEMPT, ordered[0], gateway_id, method, ordered)


async def record_start(tx: Transaction, attempt_id: int, pay_by: dict[str, Any]) -> None:
    await tx.connection.execute(RECORD_START, attempt_id, pay_by)


async def record_refusal(tx: Transaction, attempt_id: int) -> None:
    await tx.connection.execute(RECORD_REFUSAL, attempt_id)


async def record_receipt(  # noqa: PLR0913 - a row
    tx: Transaction,
    *,
    attempt_id: int,
    gateway_id: int,
    trade_no: str,
    amount_fen: int,
    heard_from: str,
    payable: Sequence[str],
) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(
        RECORD_RECEIPT, attempt_id, gateway_id, trade_no, amount_fen, heard_from, tx.now, list(payable)
    )
    return rows


@dataclass(frozen=True)
class Question:
    """What the poller has to ask: about an attempt, or about one trade of it. `is_last` when none is planned after."""

    attempt_id: int
    trade_no: str | None
    is_last: bool


async def claim_to_ask(tx: Transaction, ask_after: Sequence[timedelta], *, at_most: int) -> list[Question]:
    rows = await tx.connection.fetch(CLAIM_TO_ASK, tx.now, list(ask_after), at_most)
    return [Question(row["id"], None, row["is_last"]) for row in rows]


async def claim_notices_to_ask(tx: Transaction, ask_after: Sequence[timedelta], *, at_most: int) -> list[Question]:
    rows = await tx.connection.fetch(CLAIM_NOTICES_TO_ASK, tx.now, list(ask_after), at_most)
    return [Question(**dict(row)) for row in rows]


@dataclass(frozen=True)
class NewNotice:
    """A notify as it came. `attempt_id` is the payment of ours that it names; `ask_at` is set when it claims money."""

    gateway_id: int
    digest: bytes
    genuine: bool
    fields: Mapping[str, str]
    attempt_id: int | None = None
    trade_no: str | None = None
    ask_at: datetime | None = None


async def store_notice(tx: Transaction, notice: NewNotice) -> int | None:
    """The payment it is about; None when it is none of ours at this gateway."""
    attempt_id: int | None = await tx.connection.fetchval(
        STORE_NOTICE, notice.gateway_id, notice.digest, notice.attempt_id, notice.genuine, dict(notice.fields), tx.now,
        notice.trade_no, notice.ask_at,
    )  # fmt: skip
    return attempt_id
