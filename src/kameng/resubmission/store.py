"""SQL of resubmissions. Private to this package."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.orders.lifecycle import Actor, OrderState
from kameng.orders.number import OrderId
from kameng.resubmission.resubmission import (
    Kind,
    Resubmission,
    ResubmissionState,
    Verdict,
    Why,
    resubmission_of,
)

_COLUMNS = """id, order_id, kind, state, actor_kind, actor_id, reason, verdict, why, new_order_id, looks, applied_at,
    verified_at, acted_at, synced_at, ended_at, wanted_sku_id"""

_OPEN = "state IN ('applied', 'waiting', 'asked', 'under_way', 'with_staff')"

SITUATION = """
SELECT o.id AS order_id, o.state, o.quantity, o.amount_fen, o.sku_id, o.changed_at, p.resubmit_within_hours,
       v.delivers, s.filled_by,
       s.on_sale AND p.on_sale AS on_sale, account.operator, account.order_id IS NOT NULL AS has_account,
       EXISTS (SELECT FROM merchant_orders m WHERE m.order_id = o.id) AS is_merchants,
       (SELECT count(*) FROM payment_attempt_orders a WHERE a.order_id = o.id) AS payments,
       f.owes_refund, f.could_not_be_delivered,
       coalesce(d.state = 'stuck', false) AS delivery_stuck, d.owed - d.delivered AS left,
       coalesce(d.delivered > 0, false) AS has_part,
       a.attempts, a.live, e.expired, e.was_read, e.delivered_at, e.paid_at, r.tries, r.replaced
FROM orders o
JOIN sku_versions v ON v.id = o.sku_version_id
JOIN skus s ON s.id = o.sku_id
JOIN products p ON p.id = s.product_id
LEFT JOIN order_accounts account ON account.order_id = o.id
LEFT JOIN deliveries d ON d.order_id = o.id
CROSS JOIN LATERAL (
    SELECT count(*) > 0 OR EXISTS (SELECT FROM refund_requests q WHERE q.order_id = o.id
                                   AND q.state IN ('waiting', 'agreed_once')) AS owes_refund,
           coalesce(bool_or(cause IN ('sold_out', 'undeliverable')), false) AS could_not_be_delivered
    FROM refunds WHERE order_id = o.id
        AND cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little', 'cheaper')) f
CROSS JOIN LATERAL (
    SELECT count(*) AS attempts, count(*) FILTER (WHERE state IN ('calling', 'placed', 'in_doubt')) AS live
    FROM delivery_attempts WHERE order_id = o.id) a
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(event = 'expired'), false) AS expired,
           coalesce(bool_or(event = 'revealed'), false) AS was_read,
           max(at) FILTER (WHERE event = 'delivered') AS delivered_at,
           max(at) FILTER (WHERE event IN ('payment_confirmed', 'accepted_by_staff')) AS paid_at
    FROM order_events WHERE order_id = o.id) e
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE actor_kind = 'buyer' AND state <> 'done') AS tries,
           coalesce(bool_or(kind = 'replace_code' AND state = 'done'), false) AS replaced
    FROM resubmissions WHERE order_id = o.id) r
WHERE o.id = $1
"""

# Of many orders at once, without what is in stock.
SITUATIONS = SITUATION.replace("o.id = $1", "o.id = ANY ($1::bigint[])")

NEWEST = f"SELECT {_COLUMNS} FROM resubmissions WHERE order_id = $1 ORDER BY id DESC LIMIT 1"  # noqa: S608 - constants

NEWEST_OF = f"""
SELECT DISTINCT ON (order_id) {_COLUMNS} FROM resubmissions
WHERE order_id = ANY ($1::bigint[]) ORDER BY order_id, id DESC
"""  # noqa: S608 - constants

ALL_OF = f"SELECT {_COLUMNS} FROM resubmissions WHERE order_id = $1 ORDER BY id"  # noqa: S608 - constants

OPEN_OF = f"""
SELECT {_COLUMNS} FROM resubmissions WHERE order_id = $1 AND {_OPEN} FOR UPDATE
"""  # noqa: S608 - constants

TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended(contact_index::text, 0)) FROM orders WHERE id = $1"

EXCHANGED = """
SELECT count(DISTINCT o.id) FROM orders o JOIN resubmissions r ON r.order_id = o.id
WHERE o.contact_index = (SELECT contact_index FROM orders WHERE id = $1)
    AND r.kind = 'replace_code' AND r.state = 'done' AND r.actor_kind = 'buyer' AND r.acted_at >= $2
"""

LOCK = f"SELECT {_COLUMNS} FROM resubmissions WHERE id = $1 FOR UPDATE"  # noqa: S608 - constants

BY_NEW_ORDER = "SELECT order_id FROM resubmissions WHERE new_order_id = $1"

INSERT = f"""
INSERT INTO resubmissions (order_id, kind, state, actor_kind, actor_id, reason, hint_sealed, applied_at, look_at,
    wanted_sku_id)
VALUES ($1, $2, 'applied', $3, $4, $5, $6, $7, $8, $9) RETURNING {_COLUMNS}
"""  # noqa: S608 - constants

SET_STATE = f"""
UPDATE resubmissions SET
    state = $3, look_at = $4, verdict = coalesce($5, verdict), why = CASE WHEN $6::text[] = '{{}}' THEN why ELSE $6 END,
    new_order_id = coalesce($7, new_order_id), looks = looks + 1,
    verified_at = CASE WHEN $3 IN ('under_way', 'done', 'declined', 'failed')
                       THEN coalesce(verified_at, $8::timestamptz) ELSE verified_at END,
    acted_at = CASE WHEN $3 IN ('under_way', 'done') THEN coalesce(acted_at, $8) ELSE acted_at END,
    synced_at = CASE WHEN $3 IN ('under_way', 'done') THEN coalesce(synced_at, $8) ELSE synced_at END,
    ended_at = CASE WHEN $3 IN ('done', 'declined', 'failed') THEN $8 END
WHERE id = $1 AND state = $2 RETURNING {_COLUMNS}
"""  # noqa: S608 - constants

# Several workers share them out; one whose worker died is found again when its time has come once more.
CLAIM_DUE = """
UPDATE resubmissions SET look_at = $1::timestamptz + interval '30 seconds'
WHERE id = ANY (ARRAY(
    SELECT id FROM resubmissions WHERE look_at <= $1 ORDER BY look_at LIMIT $2 FOR UPDATE SKIP LOCKED))
RETURNING id, order_id, kind
"""

# Stuck with a part, nobody is asked any more, nothing is under way, and it was left alone for a while.
TO_REPAIR = f"""
SELECT d.order_id, d.sku_id, d.owed - d.delivered AS left, d.delivered > 0 AS has_part, v.delivers, o.unit_price_fen,
       account.operator, account.province
FROM deliveries d
JOIN orders o ON o.id = d.order_id AND o.state = 'exception' AND o.changed_at <= $1
JOIN sku_versions v ON v.id = o.sku_version_id
LEFT JOIN order_accounts account ON account.order_id = o.id
WHERE d.state = 'stuck' AND d.delivered < d.owed
  AND NOT EXISTS (SELECT FROM delivery_attempts a
                  WHERE a.delivery_id = d.id AND a.state IN ('calling', 'placed', 'in_doubt'))
  AND NOT EXISTS (SELECT FROM merchant_orders m WHERE m.order_id = o.id)
  AND NOT EXISTS (SELECT FROM resubmissions r WHERE r.order_id = o.id AND (r.{_OPEN} OR r.applied_at > $1))
  AND (SELECT count(*) FROM resubmissions r WHERE r.order_id = o.id AND r.actor_kind = 'system') < $2
ORDER BY d.opened_at LIMIT $3
"""  # noqa: S608 - constants

LOOK_AGAIN = "UPDATE resubmissions SET look_at = $2 WHERE id = $1"

NOTE_CHANGE = """
INSERT INTO account_changes (order_id, resubmission_id, fields, before_sealed, after_sealed, address, at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

_WITH_ORDER = f"""
SELECT {", ".join("r." + name.strip() for name in _COLUMNS.split(","))}, r.hint_sealed, o.state AS order_state,
       v.product_name, v.face_value, o.quantity, o.amount_fen,
       (SELECT id FROM cases WHERE order_id = o.id AND state <> 'closed') AS case_id
FROM resubmissions r JOIN orders o ON o.id = r.order_id JOIN sku_versions v ON v.id = o.sku_version_id
"""  # noqa: S608 - constants

LEFT = f"{_WITH_ORDER} WHERE r.state = 'with_staff' ORDER BY r.id LIMIT $1"

ONE_WITH_ORDER = f"{_WITH_ORDER} WHERE r.id = $1"

# Of how many pieces the money is back, on its way, or asked for. Goodwill takes no piece away.
MONEY_BACK = """
SELECT ceil((
    coalesce((SELECT sum(f.amount_fen) FROM refunds f WHERE f.order_id = o.id
              AND f.cause NOT IN ('paid_twice', 'paid_too_much', 'paid_too_little', 'goodwill', 'cheaper')), 0)
    + coalesce((SELECT sum(q.amount_fen) FROM refund_requests q WHERE q.order_id = o.id
                AND q.state IN ('waiting', 'agreed_once') AND q.cause <> 'goodwill'), 0)
    ) / o.unit_price_fen::numeric)::integer
FROM orders o WHERE o.id = $1
"""

STATE = "SELECT state FROM orders WHERE id = $1"


async def situation(connection: Connection, order_id: OrderId) -> asyncpg.Record | None:
    return await connection.fetchrow(SITUATION, order_id)


async def situations(connection: Connection, order_ids: Sequence[int]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(SITUATIONS, list(order_ids))
    return rows


async def newest_of(connection: Connection, order_ids: Sequence[int]) -> list[Resubmission]:
    """One of each order that has any."""
    return [resubmission_of(dict(row)) for row in await connection.fetch(NEWEST_OF, list(order_ids))]


async def newest(connection: Connection, order_id: OrderId) -> Resubmission | None:
    row = await connection.fetchrow(NEWEST, order_id)
    return resubmission_of(dict(row)) if row else None


async def all_of(connection: Connection, order_id: OrderId) -> list[Resubmission]:
    return [resubmission_of(dict(row)) for row in await connection.fetch(ALL_OF, order_id)]


async def open_of(tx: Transaction, order_id: OrderId) -> Resubmission | None:
    """The one that is open, held until the transaction ends. The order is locked."""
    row = await tx.connection.fetchrow(OPEN_OF, order_id)
    return resubmission_of(dict(row)) if row else None


async def lock(tx: Transaction, resubmission_id: int) -> Resubmission:
    row = await tx.connection.fetchrow(LOCK, resubmission_id)
    assert row is not None, f"no resubmission {resubmission_id}"
    return resubmission_of(dict(row))


async def count_exchanges(tx: Transaction, order_id: OrderId, *, since: datetime) -> int:
    """How many orders of this one's contact have had their codes exchanged at a buyer's word since then. Until the
    transaction ends nobody else counts for this contact."""
    await tx.connection.execute(TAKE_TURNS, order_id)
    found: int = await tx.connection.fetchval(EXCHANGED, order_id, since)
    return found


async def by_new_order(connection: Connection, order_id: OrderId) -> OrderId | None:
    """The order that this one took the place of."""
    old: int | None = await connection.fetchval(BY_NEW_ORDER, order_id)
    return OrderId(old) if old is not None else None


@dataclass(frozen=True)
class New:
    """A resubmission about to be written. `hint` is sealed."""

    order_id: OrderId
    kind: Kind
    actor: Actor
    reason: str = ""
    hint: bytes | None = None
    wanted_sku_id: int | None = None


async def insert(tx: Transaction, new: New, *, look_at: datetime) -> Resubmission:
    row = await tx.connection.fetchrow(
        INSERT, new.order_id, new.kind, new.actor.kind, new.actor.id, new.reason, new.hint, tx.now, look_at,
        new.wanted_sku_id,
    )  # fmt: skip
    assert row is not None
    return resubmission_of(dict(row))


@dataclass(frozen=True)
class Written:
    """What changes; what is None or empty stays, `look_at` apart."""

    state: ResubmissionState
    look_at: datetime | None
    verdict: Verdict | None = None
    why: Sequence[Why] = ()
    new_order_id: OrderId | None = None


async def set_state(tx: Transaction, one: Resubmission, new: Written) -> Resubmission:
    """Compare-and-set on the state it was locked in."""
    row = await tx.connection.fetchrow(
        SET_STATE, one.id, one.state, new.state, new.look_at, new.verdict, list(new.why), new.new_order_id, tx.now
    )  # fmt: skip
    assert row is not None, f"resubmission {one.id} was not {one.state}; lock it first"
    return resubmission_of(dict(row))


async def claim_due(tx: Transaction, *, at_most: int) -> list[tuple[int, OrderId, Kind]]:
    rows = await tx.connection.fetch(CLAIM_DUE, tx.now, at_most)
    return [(row["id"], OrderId(row["order_id"]), Kind(row["kind"])) for row in rows]


async def to_repair(connection: Connection, *, before: datetime, times_max: int, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(TO_REPAIR, before, times_max, at_most)
    return rows


async def note_change(
    tx: Transaction, one: Resubmission, *, fields: Sequence[str], sealed: tuple[bytes, bytes], address: str | None
) -> None:
    await tx.connection.execute(
        NOTE_CHANGE, one.order_id, one.id, list(fields), sealed[0], sealed[1], address, tx.now
    )  # fmt: skip


async def left(connection: Connection, *, at_most: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(LEFT, at_most)
    return rows


async def one_with_order(connection: Connection, resubmission_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(ONE_WITH_ORDER, resubmission_id)


async def pieces_paid_back(tx: Transaction, order_id: OrderId) -> int:
    """Of an order that is held."""
    pieces: int = await tx.connection.fetchval(MONEY_BACK, order_id)
    return pieces


async def state_of(connection: Connection, order_id: OrderId) -> OrderState:
    return OrderState(await connection.fetchval(STATE, order_id))


async def look_again(tx: Transaction, resubmission_id: int, at: datetime) -> None:
    await tx.connection.execute(LOOK_AGAIN, resubmission_id, at)
