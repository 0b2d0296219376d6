"""Resubmitting many orders: as a batch, one by one, and the least that PostgreSQL could be told."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import uvloop

from benchmarks.report import Goal, Row
from benchmarks.stage import Stage
from kameng.batches.batch import Action
from kameng.batches.carry_out import LANES, carry_out_batches
from kameng.batches.choose import Pasted
from kameng.batches.confirm import confirm_batch
from kameng.batches.draw_up import Wish, draw_up
from kameng.batches.move import Word
from kameng.batches.one_by_one import Bench
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.catalogue.filling import FilledBy
from kameng.checkout.place_order import CheckoutRules
from kameng.journey import FOLLOWING
from kameng.kernel.crypto import keyring_of, new_key
from kameng.kernel.database import Database, open_pool
from kameng.kernel.migrations import migrate
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.number import OrderId, floor
from kameng.payment.gateways import Gateways
from kameng.payment.request import RefundRules
from kameng.resubmission.apply import Application, apply
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind, ResubmissionRules
from kameng.staff.member import Staff
from kameng.staff.roles import Role

ORDERS, ORDERS_QUICK = 10_000, 500
# A batch is for sparing people the waiting, and must cost no more than what it does.
GOAL = Goal(1.0)
NONE_TWICE = Goal(0, at_most=True, of="value")
PRICE_FEN = 1000

STUCK = """
WITH new AS (
    INSERT INTO orders (id, site_id, sku_id, sku_version_id, state, quantity, unit_price_fen, amount_fen, contact_kind,
                        contact_sealed, contact_index, second_factor, terms_accepted_at, placed_at, pay_until,
                        changed_at)
    SELECT $1::bigint + n, 1, $2, v.id, 'exception', 1, $3, $3, 'phone', 'sealed', sha256(n::text::bytea),
           sha256(n::text::bytea), $4, $4, $4, $4
    FROM generate_series(1, $5::integer) AS n, (SELECT id FROM sku_versions WHERE sku_id = $2 LIMIT 1) AS v
    RETURNING id),
told AS (INSERT INTO order_events (order_id, event, from_state, to_state, actor_kind, at)
         SELECT id, 'delivery_stuck', 'delivering', 'exception', 'system', $4 FROM new)
INSERT INTO deliveries (order_id, sku_id, owed, delivered, state, patience_until, opened_at)
SELECT id, $2, 1, 0, 'stuck', $4, $4 FROM new RETURNING order_id
"""
BARE = """
WITH one AS (UPDATE orders SET state = 'resubmitting', changed_at = $2 WHERE id = $1 AND state = 'exception'
             RETURNING id),
told AS (INSERT INTO order_events (order_id, event, from_state, to_state, actor_kind, at)
         SELECT id, 'resubmitted', 'exception', 'resubmitting', 'staff', $2 FROM one),
opened AS (UPDATE deliveries SET state = 'open', route_at = $2 WHERE order_id = $1)
INSERT INTO resubmissions (order_id, kind, state, actor_kind, applied_at)
SELECT id, 'deliver_again', 'under_way', 'staff', $2 FROM one
"""
TWICE = "SELECT count(*) FROM (SELECT FROM resubmissions GROUP BY order_id HAVING count(*) <> 1) AS twice"
NOT_DONE = "SELECT count(*) FROM orders WHERE state = 'exception'"


def run(stage: Stage) -> list[Row]:
    stage.close_shop()
    url = stage.database("batch")
    asyncio.run(migrate(url))
    return uvloop.run(_run(url, ORDERS_QUICK if stage.size.quick else ORDERS))


async def _run(url: str, orders: int) -> list[Row]:
    async with await open_pool(url, size=2 * LANES) as pool:
        db = Database(pool, following=FOLLOWING)
        keyring = keyring_of(new_key())
        desk = Desk(db, keyring, Gateways(db, keyring, {}), ResubmissionRules(), CheckoutRules())
        sku_id = await _sku(db)
        asker = await _staff(pool)
        singles = await _stuck(db, sku_id, orders // 10, days_ago=3)
        one_by_one = await _one_by_one(desk, singles)
        bare = await _bare(pool, await _stuck(db, sku_id, orders, days_ago=2))
        await pool.execute("TRUNCATE resubmissions CASCADE")
        preview_s, seconds = await _batch(desk, asker, await _stuck(db, sku_id, orders, days_ago=1))
        twice, left = await pool.fetchval(TWICE), await pool.fetchval(NOT_DONE)
    facts: dict[str, float | str] = {"one by one /s": one_by_one, "preview s": preview_s, "lanes": LANES}
    return [
        Row("batch", f"{orders} orders resubmitted beside one by one", orders / seconds, "/s", one_by_one,
            "/s one by one", GOAL, facts),
        Row("batch", f"{orders} orders resubmitted beside the bare writes", orders / seconds, "/s", bare,
            f"/s its rows in one statement, {LANES} connections"),
        Row("batch", "resubmitted twice, or left", float(twice + left), "orders", goal=NONE_TWICE),
    ]  # fmt: skip


async def _sku(db: Database) -> int:
    async with db.transaction() as tx:
        await save_type(tx, TypeDraft("batch", "批量"))
        await save_product(tx, ProductDraft("batch", "batch", "批量点卡"))
        return await save_sku(tx, SkuDraft("batch", "10 元", PRICE_FEN, filled_by=FilledBy.SUPPLIER))


async def _staff(pool: asyncpg.Pool) -> Staff:
    staff_id = await pool.fetchval(
        "INSERT INTO staff (login, role, password_hash, created_at) VALUES ('bench', 'owner', '', $1) RETURNING id",
        datetime.now(UTC),
    )
    return Staff(staff_id, "bench", Role.OWNER)


async def _stuck(db: Database, sku_id: int, orders: int, *, days_ago: int) -> list[OrderId]:
    """So many orders nothing of which was delivered, and nobody is asked for them any more."""
    first = floor(datetime.now(UTC) - timedelta(days=days_ago))
    changed_at = datetime.now(UTC) - timedelta(hours=1)
    async with db.one_statement() as tx:
        rows = await tx.connection.fetch(STUCK, first, sku_id, PRICE_FEN, changed_at, orders, timeout=120)
    await db.pool.execute("VACUUM ANALYZE orders, deliveries, resubmissions, order_events", timeout=120)
    return [OrderId(row["order_id"]) for row in rows]


async def _one_by_one(desk: Desk, order_ids: Sequence[OrderId]) -> float:
    """Orders a second, each when the one before is done, as a person with a very quick hand would."""
    actor = Actor(ActorKind.STAFF, "bench")
    began = time.perf_counter()
    for order_id in order_ids:
        await apply(desk, Application(order_id, Kind.DELIVER_AGAIN, is_owner=True, actor=actor, reason="bench"))
    return len(order_ids) / (time.perf_counter() - began)


async def _bare(pool: asyncpg.Pool, order_ids: Sequence[OrderId]) -> float:
    """The rows a resubmission changes, each order's in one statement, on as many connections as the worker uses."""
    left, now = iter(order_ids), datetime.now(UTC)

    async def lane() -> None:
        async with pool.acquire() as connection:
            for order_id in left:
                await connection.execute(BARE, order_id, now)

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(LANES)))
    return len(order_ids) / (time.perf_counter() - began)


async def _batch(desk: Desk, asker: Staff, order_ids: Sequence[OrderId]) -> tuple[float, float]:
    """Seconds of the preview, and from its confirmation until every order has its result."""
    began = time.perf_counter()
    wish = Wish(Action.RESUBMIT, Pasted(tuple(order_ids), ()), asker)
    batch_id = await draw_up(db=desk.db, rules=desk.rules, wish=wish)
    drawn = time.perf_counter()
    async with desk.db.transaction() as tx:
        await confirm_batch(tx, batch_id=batch_id, word=Word(asker, "bench"), rules=RefundRules())
    while await carry_out_batches(Bench(desk, RefundRules())):
        pass
    return drawn - began, time.perf_counter() - drawn
