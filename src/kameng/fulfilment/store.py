"""SQL of deliveries and their attempts. Private to this package."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from kameng.catalogue.filling import Delivers
from kameng.fulfilment.attempt import PATIENCE, AskedBy, Attempt, DeliveryState, NewAttempt, Written, attempt_of
from kameng.kernel.database import Connection, Transaction

_ATTEMPT = """id, delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity, face_fen, asked_for,
    delivered, state, cost_max_fen, supplier_no, operator, province, called_at, placed_at, doubted_at, ask_at, asks,
    words, reason, cost_fen, refund_fen,
    coalesce(chosen -> 'field_names', '{}') AS field_names"""

OPEN_DELIVERY = """
INSERT INTO deliveries (order_id, sku_id, owed, state, route_at, patience_until, opened_at)
VALUES ($1, $2, $3, 'open', $4, $5, $4) RETURNING id
"""

# Several workers share them out; one whose worker died is found again when its time has come once more.
CLAIM_TO_ROUTE = """
UPDATE deliveries SET route_at = $1::timestamptz + $2::interval
WHERE id = ANY (ARRAY(
    SELECT id FROM deliveries WHERE route_at <= $1 ORDER BY route_at LIMIT $3 FOR UPDATE SKIP LOCKED))
RETURNING id, order_id, sku_id
"""

# The measure and what is delivered are the order's, whatever became of its goods since. Our vault gets codes.
LOCK_DELIVERY = """
SELECT d.id, d.order_id, d.sku_id, d.owed, d.delivered, d.state, d.route_at, d.opened_at, d.patience_until,
       coalesce(d.owed / o.quantity, 1) AS piece, coalesce(v.delivers, 'codes') AS delivers
FROM deliveries d
LEFT JOIN orders o ON o.id = d.order_id
LEFT JOIN sku_versions v ON v.id = o.sku_version_id
WHERE d.id = $1 FOR UPDATE OF d
"""

ATTEMPTS_OF = f"SELECT {_ATTEMPT} FROM delivery_attempts WHERE delivery_id = $1 ORDER BY n"  # noqa: S608 - a constant

INSERT_ATTEMPT = f"""
INSERT INTO delivery_attempts (delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity,
                               face_fen, asked_for, state, chosen, cost_max_fen, operator, province, called_at, ask_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'calling', $12, $13, $14, $15, $16, $17)
RETURNING {_ATTEMPT}
"""  # noqa: S608 - a constant

SET_DELIVERY = """
UPDATE deliveries SET state = $3, route_at = $4, delivered = $5, patience_until = $7,
                      closed_at = CASE WHEN $3 IN ('done', 'given_up') THEN $6::timestamptz END
WHERE id = $1 AND state = $2
"""

CLAIM_TO_ASK = f"""
UPDATE delivery_attempts SET ask_at = $1::timestamptz + $2::interval, asks = asks + 1
WHERE id = ANY (ARRAY(
    SELECT picked.id FROM unnest($3::integer[], $4::integer[]) AS free (supplier_id, calls)
    CROSS JOIN LATERAL (
        SELECT a.id FROM delivery_attempts a
        WHERE a.supplier_id = free.supplier_id AND a.ask_at <= $1
        ORDER BY a.ask_at LIMIT free.calls FOR UPDATE SKIP LOCKED) AS picked))
RETURNING {_ATTEMPT}
"""  # noqa: S608 - a constant

# Of suppliers that can't be asked at present.
CLAIM_UNASKED = f"""
UPDATE delivery_attempts SET ask_at = $1::timestamptz + $2::interval, asks = asks + 1
WHERE id = ANY (ARRAY(
    SELECT picked.id FROM suppliers s
    CROSS JOIN LATERAL (
        SELECT a.id FROM delivery_attempts a
        WHERE a.supplier_id = s.id AND a.ask_at <= $1::timestamptz - $3::interval
        ORDER BY a.ask_at LIMIT $5 FOR UPDATE SKIP LOCKED) AS picked
    WHERE s.id <> ALL ($4::integer[])))
RETURNING {_ATTEMPT}
"""  # noqa: S608 - a constant

FIND_ATTEMPT = f"SELECT {_ATTEMPT} FROM delivery_attempts WHERE id = $1"  # noqa: S608 - a constant

LOCK_ATTEMPT = f"SELECT {_ATTEMPT} FROM delivery_attempts WHERE id = $1 FOR UPDATE"  # noqa: S608 - a constant

# Compare-and-set on the state; what is not said keeps what was known. A question that somebody wants at once (a
# callback came, a person asked) isn't put off by the answer to an earlier one.
SET_ATTEMPT = """
WITH written AS (
    UPDATE delivery_attempts SET
        state = $3, delivered = $4, cost_fen = coalesce($5, cost_fen), refund_fen = coalesce($6, refund_fen),
        supplier_no = coalesce($7, supplier_no), receipt = CASE WHEN $8 = '' THEN receipt ELSE $8 END,
        reason = coalesce($9, reason), words = $10,
        ask_at = CASE WHEN $3 IN ('placed', 'in_doubt') THEN least($11, CASE WHEN ask_at <= $12 THEN ask_at END) END,
        placed_at = CASE WHEN $3 = 'placed' THEN coalesce(placed_at, $12::timestamptz) ELSE placed_at END,
        doubted_at = CASE WHEN $3 = 'in_doubt' THEN coalesce(doubted_at, $12) ELSE doubted_at END,
        settled_at = CASE WHEN $3 IN ('delivered', 'partly', 'failed', 'refused') THEN $12 END
    WHERE id = $1 AND state = $2 RETURNING id
)
INSERT INTO attempt_answers (attempt_id, asked_by, said, words, at) SELECT id, $13, $14, $10, $12 FROM written WHERE $15
"""

SET_REFUND = "UPDATE delivery_attempts SET refund_fen = $2 WHERE id = $1 AND settled_at IS NOT NULL"

NOTE_ANSWER = """
INSERT INTO attempt_answers (attempt_id, asked_by, said, words, at) VALUES ($1, $2, $3, $4, $5)
"""

ASK_SOON = """
UPDATE delivery_attempts SET ask_at = least(ask_at, $2)
WHERE id = $1 AND state IN ('placed', 'in_doubt')
"""

TAKE_ATTEMPT = """
UPDATE delivery_attempts SET owner_id = $2 WHERE id = $1 AND state IN ('calling', 'placed', 'in_doubt')
    AND (NOT $3::boolean OR owner_id IS NULL OR owner_id = $2)
"""

STORE_NOTICE = """
WITH known AS (
    SELECT id FROM delivery_attempts WHERE supplier_id = $1 AND (number = $4 OR ($4::text IS NULL AND supplier_no = $5))
    ORDER BY id DESC LIMIT 1
)
INSERT INTO supplier_notices (supplier_id, digest, attempt_id, genuine, sealed, first_at, last_at)
VALUES ($1, $2, (SELECT id FROM known), $3, $6, $7, $7)
ON CONFLICT (supplier_id, digest) DO UPDATE SET times = supplier_notices.times + 1, last_at = excluded.last_at,
    attempt_id = coalesce(supplier_notices.attempt_id, excluded.attempt_id)
RETURNING attempt_id
"""

DELIVERY_OF = "SELECT id FROM deliveries WHERE order_id = $1"

DELIVERS = """
SELECT coalesce(v.delivers, 'codes') FROM deliveries d
LEFT JOIN orders o ON o.id = d.order_id LEFT JOIN sku_versions v ON v.id = o.sku_version_id
WHERE d.id = $1
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
    """What is owed and what has arrived, in the same measure. `piece`: one piece of the sku in it."""

    id: int
    order_id: int | None
    sku_id: int
    owed: int
    delivered: int
    state: DeliveryState
    route_at: datetime | None
    opened_at: datetime
    patience_until: datetime
    piece: int
    delivers: Delivers

    @property
    def looked_since(self) -> datetime:
        """When looking for a route began, or was begun anew."""
        return self.patience_until - PATIENCE


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
    return Delivery(**{**dict(row), "state": DeliveryState(row["state"]), "delivers": Delivers(row["delivers"])})


async def delivery_of(tx: Transaction, order_id: int) -> int | None:
    delivery_id: int | None = await tx.connection.fetchval(DELIVERY_OF, order_id)
    return delivery_id


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
    patience_until: datetime | None = None,
) -> None:
    """Compare-and-set on the state it was locked in. What is None stays, `route_at` apart."""
    written = await tx.connection.execute(
        SET_DELIVERY, delivery.id, delivery.state, state, route_at,
        delivery.delivered if delivered is None else delivered, tx.now, patience_until or delivery.patience_until,
    )  # fmt: skip
    assert written == "UPDATE 1", f"delivery {delivery.id} was not {delivery.state}; lock it first"


async def claim_to_ask(tx: Transaction, free: Mapping[int, int], *, again_after: object) -> list[Attempt]:
    """`free`: how many more calls each supplier may have in flight."""
    rows = await tx.connection.fetch(CLAIM_TO_ASK, tx.now, again_after, list(free), list(free.values()))
    return [attempt_of(dict(row)) for row in rows]


async def claim_unasked(
    tx: Transaction, asked: Collection[int], *, overdue: object, again_after: object, at_most: int
) -> list[Attempt]:
    """Those of other suppliers than `asked` that are `overdue`; at most so many of each."""
    rows = await tx.connection.fetch(CLAIM_UNASKED, tx.now, again_after, overdue, list(asked), at_most)
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


async def take_attempt(tx: Transaction, attempt_id: int, staff_id: int, *, only_free: bool) -> bool:
    written: str = await tx.connection.execute(TAKE_ATTEMPT, attempt_id, staff_id, only_free)
    return written == "UPDATE 1"


async def store_notice(
    tx: Transaction, *, supplier_id: int, digest: bytes, genuine: bool, numbers: Sequence[str | None], sealed: bytes
) -> int | None:
    """`numbers`: ours and the supplier's. The attempt it is about; None if there is none of ours there."""
    attempt_id: int | None = await tx.connection.fetchval(
        STORE_NOTICE, supplier_id, digest, genuine, numbers[0], numbers[1], sealed, tx.now
    )
    return attempt_id


async def delivers(connection: Connection, delivery_id: int) -> Delivers:
    return Delivers(await connection.fetchval(DELIVERS, delivery_id))


async def live_attempts(tx: Transaction, order_id: int) -> int:
    count: int = await tx.connection.fetchval(LIVE_ATTEMPTS, order_id)
    return count


async def close_delivery_of(tx: Transaction, order_id: int) -> None:
    await tx.connection.execute(CLOSE_DELIVERY_OF, order_id, tx.now)
