"""SQL of deliveries and their attempts. Private to this package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from kameng.fulfilment.attempt import AskedBy, Attempt, AttemptState, DeliveryState, attempt_of
from kameng.kernel.database import Connection, Transaction

_ATTEMPT = """id, delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity, face_fen, asked_for,
    delivered, state, cost_max_fen, supplier_no, operator, province, called_at, placed_at, doubted_at, asks, words,
    coalesce(chosen -> 'field_names', '{}') AS field_names"""

OPEN_DELIVERY = """
INSERT INTO deliveries (order_id, sku_id, owed, state, route_at, patience_until, opened_at)
VALUES ($1, $2, $3, 'open', $4, $5, $4) RETURNING id
"""

# Several workers share them out; one whose worker died is found again when its time has come once more.
CLAIM_TO_ROUTE = """
UPDATE deliveries SET route_at = $1::timestamptz + $2::interval
WHERE id IN (SELECT id FROM deliveries WHERE route_at <= $1 ORDER BY route_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING id, order_id, sku_id
"""

LOCK_DELIVERY = """
SELECT id, order_id, sku_id, owed, delivered, state, patience_until FROM deliveries WHERE id = $1 FOR UPDATE
"""

ATTEMPTS_OF = f"SELECT {_ATTEMPT} FROM delivery_attempts WHERE delivery_id = $1 ORDER BY n"  # noqa: S608 - a constant

INSERT_ATTEMPT = f"""
INSERT INTO delivery_attempts (delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity,
                               face_fen, asked_for, state, chosen, cost_max_fen, operator, province, called_at, ask_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'calling', $12, $13, $14, $15, $16, $17)
RETURNING {_ATTEMPT}
"""  # noqa: S608 - a constant

SET_DELIVERY = """
UPDATE deliveries SET state = $3, route_at = $4, delivered = $5,
                      closed_at = CASE WHEN $3 IN ('done', 'given_up') THEN $6::timestamptz END
WHERE id = $1 AND state = $2
"""

CLAIM_TO_ASK = f"""
UPDATE delivery_attempts SET ask_at = $1::timestamptz + $2::interval, asks = asks + 1
WHERE id IN (
    SELECT picked.id FROM unnest($3::integer[], $4::integer[]) AS free (supplier_id, calls)
    CROSS JOIN LATERAL (
        SELECT a.id FROM delivery_attempts a
        WHERE a.supplier_id = free.supplier_id AND a.ask_at <= $1
        ORDER BY a.ask_at LIMIT free.calls FOR UPDATE SKIP LOCKED) AS picked)
RETURNING {_ATTEMPT}
"""  # noqa: S608 - a constant

FIND_ATTEMPT = f"SELECT {_ATTEMPT} FROM delivery_attempts WHERE id = $1"  # noqa: S608 - a constant

LOCK_ATTEMPT = f"SELECT {_ATTEMPT} FROM delivery_attempts WHERE id = $1 FOR UPDATE"  # noqa: S608 - a constant

# Compare-and-set on the state; what is not said keeps what was known.
SET_ATTEMPT = """
WITH written AS (
    UPDATE delivery_attempts SET
        state = $3, delivered = $4, cost_fen = coalesce($5, cost_fen), refund_fen = coalesce($6, refund_fen),
        supplier_no = coalesce($7, supplier_no), receipt = CASE WHEN $8 = '' THEN receipt ELSE $8 END,
        reason = coalesce($9, reason), words = $10, ask_at = $11,
        placed_at = CASE WHEN $3 = 'placed' THEN coalesce(placed_at, $12::timestamptz) ELSE placed_at END,
        doubted_at = CASE WHEN $3 = 'in_doubt' THEN coalesce(doubted_at, $12) ELSE doubted_at END,
        settled_at = CASE WHEN $3 IN ('delivered', 'partly', 'failed', 'refused') THEN $12 END
    WHERE id = $1 AND state = $2 RETURNING id
)
INSERT INTO attempt_answers (attempt_id, asked_by, said, words, at) SELECT id, $13, $14, $10, $12 FROM written WHERE $15
"""

SET_REFUND = "UPDATE delivery_attempts SET refund_fen = $2 WHERE id = $1 AND state IN ('failed', 'partly')"

NOTE_ANSWER = """
INSERT INTO attempt_answers (attempt_id, asked_by, said, words, at) VALUES ($1, $2, $3, $4, $5)
"""

ASK_SOON = """
UPDATE delivery_attempts SET ask_at = least(ask_at, $2)
WHERE id = $1 AND state IN ('placed', 'in_doubt')
"""

TAKE_ATTEMPT = """
UPDATE delivery_attempts SET owner_id = $2 WHERE id = $1 AND state IN ('calling', 'placed', 'in_doubt')
"""

STORE_NOTICE = """
WITH known AS (
    SELECT id FROM delivery_attempts WHERE supplier_id = $1 AND (number = $4 OR ($4::text IS NULL AND supplier_no = $5))
    ORDER BY id DESC LIMIT 1
)
INSERT INTO supplier_notices (supplier_id, digest, attempt_id, genuine, sealed, first_at, last_at)
VALUES ($1, $2, (SELECT id FROM known), $3, $6, $7, $7)
ON CONFLICT (supplier_id, digest) DO UPDATE SET times = supplier_notices.times + 1, last_at = excluded.last_at
RETURNING attempt_id
"""

LIVE_ATTEMPTS = """
SELECT count(*) FROM delivery_attempts WHERE order_id = $1 AND state IN ('calling', 'placed', 'in_doubt')
"""

CLOSE_DELIVERY_OF = """
UPDATE deliveries SET state = 'given_up', route_at = NULL, closed_at = $2
WHERE order_id = $1 AND state IN ('open', 'stuck')
"""


@dataclass(frozen=True)
class Delivery:
    """What is owed and what has arrived, in the same measure."""

    id: int
    order_id: int | None
    sku_id: int
    owed: int
    delivered: int
    state: DeliveryState
    patience_until: datetime


@dataclass(frozen=True)
class NewAttempt:
    """An attempt about to be made."""

    delivery_id: int
    order_id: int | None
    n: int
    sku_id: int
    route_id: int
    supplier_id: int
    goods: str
    number: str
    quantity: int
    face_fen: int | None
    asked_for: int
    chosen: Mapping[str, Any]
    cost_max_fen: int
    operator: str | None
    province: str | None


@dataclass(frozen=True)
class Written:
    """What an answer changes in an attempt. `said` names the answer, `words` are the supplier's."""

    state: AttemptState
    delivered: int
    cost_fen: int | None
    refund_fen: int | None
    supplier_no: str | None
    receipt: str
    reason: str | None
    words: str
    ask_at: datetime | None
    asked_by: AskedBy
    said: str
    is_news: bool


async def open_delivery(
    tx: Transaction, *, order_id: int | None, sku_id: int, owed: int, patience_until: datetime
) -> int:
    delivery_id: int = await tx.connection.fetchval(OPEN_DELIVERY, order_id, sku_id, owed, tx.now, patience_until)
    return delivery_id


async def claim_to_route(tx: Transaction, *, again_after: object, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(CLAIM_TO_ROUTE, tx.now, again_after, at_most)
    return rows


async def lock_delivery(tx: Transaction, delivery_id: int) -> Delivery:
    row = await tx.connection.fetchrow(LOCK_DELIVERY, delivery_id)
    assert row is not None, f"no delivery {delivery_id}"
    return Delivery(**{**dict(row), "state": DeliveryState(row["state"])})


async def attempts_of(connection: Connection, delivery_id: int) -> list[Attempt]:
    return [attempt_of(dict(row)) for row in await connection.fetch(ATTEMPTS_OF, delivery_id)]


async def insert_attempt(tx: Transaction, new: NewAttempt, *, ask_at: datetime) -> Attempt:
    row = await tx.connection.fetchrow(
        INSERT_ATTEMPT, new.delivery_id, new.order_id, new.n, new.sku_id, new.route_id, new.supplier_id, new.goods,
        new.number, new.quantity, new.face_fen, new.asked_for, new.chosen, new.cost_max_fen, new.operator,
        new.province, tx.now, ask_at,
    )  # fmt: skip
    assert row is not None
    return attempt_of(dict(row))


async def set_delivery(
    tx: Transaction,
    delivery: Delivery,
    *,
    state: DeliveryState,
    route_at: datetime | None,
    delivered: int | None = None,
) -> None:
    """Compare-and-set on the state it was locked in."""
    written = await tx.connection.execute(
        SET_DELIVERY, delivery.id, delivery.state, state, route_at,
        delivery.delivered if delivered is None else delivered, tx.now,
    )  # fmt: skip
    assert written == "UPDATE 1", f"delivery {delivery.id} was not {delivery.state}; lock it first"


async def claim_to_ask(tx: Transaction, free: Mapping[int, int], *, again_after: object) -> list[Attempt]:
    """`free`: how many more calls each supplier may have in flight."""
    rows = await tx.connection.fetch(CLAIM_TO_ASK, tx.now, again_after, list(free), list(free.values()))
    return [attempt_of(dict(row)) for row in rows]


async def find_attempt(connection: Connection, attempt_id: int) -> Attempt | None:
    row = await connection.fetchrow(FIND_ATTEMPT, attempt_id)
    return attempt_of(dict(row)) if row else None


async def lock_attempt(tx: Transaction, attempt_id: int) -> Attempt:
    row = await tx.connection.fetchrow(LOCK_ATTEMPT, attempt_id)
    assert row is not None, f"no attempt {attempt_id}"
    return attempt_of(dict(row))


async def set_attempt(tx: Transaction, attempt: Attempt, new: Written) -> None:
    """From the state it was locked in; the answer is noted with it if it is news."""
    await tx.connection.execute(
        SET_ATTEMPT, attempt.id, attempt.state, new.state, new.delivered, new.cost_fen, new.refund_fen,
        new.supplier_no, new.receipt, new.reason, new.words, new.ask_at, tx.now, new.asked_by, new.said, new.is_news,
    )  # fmt: skip


async def set_refund(tx: Transaction, attempt_id: int, refund_fen: int) -> None:
    await tx.connection.execute(SET_REFUND, attempt_id, refund_fen)


async def note_answer(tx: Transaction, attempt_id: int, *, asked_by: AskedBy, said: str, words: str) -> None:
    await tx.connection.execute(NOTE_ANSWER, attempt_id, asked_by, said, words, tx.now)


async def ask_soon(tx: Transaction, attempt_id: int) -> None:
    await tx.connection.execute(ASK_SOON, attempt_id, tx.now)


async def take_attempt(tx: Transaction, attempt_id: int, staff_id: int) -> bool:
    written: str = await tx.connection.execute(TAKE_ATTEMPT, attempt_id, staff_id)
    return written == "UPDATE 1"


async def store_notice(
    tx: Transaction, *, supplier_id: int, digest: bytes, genuine: bool, numbers: Sequence[str | None], sealed: bytes
) -> int | None:
    """`numbers`: ours and the supplier's. The attempt it is about; None if there is none of ours there."""
    attempt_id: int | None = await tx.connection.fetchval(
        STORE_NOTICE, supplier_id, digest, genuine, numbers[0], numbers[1], sealed, tx.now
    )
    return attempt_id


async def live_attempts(tx: Transaction, order_id: int) -> int:
    count: int = await tx.connection.fetchval(LIVE_ATTEMPTS, order_id)
    return count


async def close_delivery_of(tx: Transaction, order_id: int) -> None:
    await tx.connection.execute(CLOSE_DELIVERY_OF, order_id, tx.now)
