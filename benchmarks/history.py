"""A year of orders, written by PostgreSQL itself, with some among them whose second factor we know."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from kameng.kernel.crypto import Keyring
from kameng.orders.contact import Contact, seal_contact, second_factor_index
from kameng.orders.number import OrderId
from kameng.orders.order import ContactKind

KNOWN = 20_000
# Ten million orders are eleven months.
SECONDS_APART = 3
_AT_A_TIME = 100_000
_WRITERS = 2

_PLACED = f"'2026-01-01T00:00:00+08'::timestamptz + i * interval '{SECONDS_APART} s'"
_ID = f"to_char(({_PLACED}) AT TIME ZONE 'Asia/Shanghai', 'YYMMDDHH24MISS')::bigint * 1000000 + i * 7919 % 1000000"

# Nineteen of twenty were paid and delivered; nobody can read the contacts but those of `KNOW`.
_ORDERS = f"""
INSERT INTO orders (id, site_id, sku_id, sku_version_id, state, quantity, unit_price_fen, amount_fen, contact_kind,
                    contact_sealed, contact_index, second_factor, client_address, terms_accepted_at, placed_at,
                    pay_until, changed_at)
SELECT {_ID}, 1, v.sku_id, v.id, CASE WHEN i % 20 = 0 THEN 'cancelled' ELSE 'delivered' END, 1, 1000, 1000, 'phone',
       decode(left(md5(i::text) || md5((-i)::text) || md5(i::text) || md5(i::text), 98), 'hex'),
       decode(md5('contact' || i / 3), 'hex'), decode(md5('factor' || i), 'hex'), '127.0.0.1',
       {_PLACED}, {_PLACED}, {_PLACED} + interval '15 min', {_PLACED} + interval '1 min'
FROM generate_series($1::bigint, $2::bigint) AS i
JOIN (SELECT id, sku_id, row_number() OVER () - 1 AS place, count(*) OVER () AS many FROM sku_versions) v
  ON v.place = i % v.many
"""

_EVENTS = f"""
INSERT INTO order_events (order_id, event, from_state, to_state, actor_kind, facts, at)
SELECT {_ID}, e.event, e.from_state, e.to_state, e.actor_kind, e.facts::jsonb, {_PLACED} + e.after
FROM generate_series($1::bigint, $2::bigint) AS i
JOIN (VALUES
    (1, true, 'placed', NULL, 'awaiting_payment', 'buyer', '{{"address": "127.0.0.1"}}', interval '0 s'),
    (2, true, 'payment_started', 'awaiting_payment', 'awaiting_payment', 'buyer',
     '{{"gateway": "sandbox", "method": "alipay", "reference": "P261122143055123456"}}', interval '20 s'),
    (3, true, 'payment_confirmed', 'awaiting_payment', 'paid', 'gateway',
     '{{"receipt_fen": 1000, "trade_no": "20261122143055123456", "late": false}}', interval '60 s'),
    (4, true, 'delivered', 'paid', 'delivered', 'system', '{{"cards": 1}}', interval '60 s'),
    (1, false, 'placed', NULL, 'awaiting_payment', 'buyer', '{{"address": "127.0.0.1"}}', interval '0 s'),
    (2, false, 'expired', 'awaiting_payment', 'cancelled', 'system', '{{}}', interval '900 s')
) AS e (place, paid, event, from_state, to_state, actor_kind, facts, after) ON e.paid = (i % 20 <> 0)
ORDER BY i, e.place
"""

# Neither column is indexed, so the rows stay on their pages.
_KNOW = """
UPDATE orders o SET contact_sealed = k.sealed, second_factor = k.factor
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS k (id, sealed, factor) WHERE o.id = k.id
"""

_TABLES = ("orders", "order_events")
_REFERENCES = """
SELECT conrelid::regclass::text AS owner, conname AS name FROM pg_constraint
WHERE contype = 'f' AND (confrelid = 'orders'::regclass OR conrelid = ANY ($1::regclass[]))
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, c.conname AS key, pg_get_indexdef(i.indexrelid) AS index_made_by,
       pg_get_constraintdef(c.oid) AS key_made_by, i.indrelid::regclass::text AS owner
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'p'
WHERE i.indrelid = ANY ($1::regclass[])
"""


@dataclass(frozen=True, slots=True)
class Known:
    """An order that can be looked up: its key, and the tail of its phone."""

    order_id: OrderId
    tail: str


def fill_history(url: str, keyring: Keyring, count: int) -> list[Known]:
    """`count` orders into a database with goods but no orders yet."""
    return asyncio.run(_fill(url, keyring, count))


async def _fill(url: str, keyring: Keyring, count: int) -> list[Known]:
    async with asyncpg.create_pool(url, min_size=1, max_size=_WRITERS) as pool:
        await write_orders(pool, 0, count)
        known = await make_known(pool, keyring, count)
        await settle(pool)
    return known


async def write_orders(pool: asyncpg.Pool, first: int, end: int) -> None:
    """Orders number `first` to `end - 1` of the year."""

    async def write(at: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            # What the statements write is consistent; checking each reference would take most of the time.
            await connection.execute("SET LOCAL session_replication_role = replica")
            last = min(at + _AT_A_TIME, end) - 1
            await connection.execute(_ORDERS, at, last)
            await connection.execute(_EVENTS, at, last)

    await asyncio.gather(*(write(at) for at in range(first, end, _AT_A_TIME)))


async def make_known(pool: asyncpg.Pool, keyring: Keyring, count: int) -> list[Known]:
    """Real contacts and second factors for orders drawn from the whole table."""
    drawn = random.sample(range(count), min(count, KNOWN))
    ids = await pool.fetch(f"SELECT {_ID} AS id FROM unnest($1::bigint[]) AS i", drawn)
    contacts = [Contact(ContactKind.PHONE, f"138{random.randrange(10**8):08d}") for _ in drawn]
    known = [Known(OrderId(row["id"]), c.second_factor) for row, c in zip(ids, contacts, strict=True)]
    await pool.execute(
        _KNOW,
        [k.order_id for k in known],
        [seal_contact(keyring, k.order_id, c) for k, c in zip(known, contacts, strict=True)],
        [second_factor_index(keyring, k.order_id, k.tail) for k in known],
    )
    return known


async def settle(pool: asyncpg.Pool) -> None:
    """As autovacuum leaves a table after a while; and nothing is left to be written during a measurement."""
    for table in _TABLES:
        await pool.execute(f"VACUUM ANALYZE {table}", timeout=1200)
    await pool.execute("CHECKPOINT", timeout=1200)


async def unlog(pool: asyncpg.Pool) -> None:
    """Without write-ahead log, for tables of gigabytes that are only read afterwards. The plans stay the same."""
    for row in await pool.fetch(_REFERENCES, list(_TABLES)):
        await pool.execute(f"ALTER TABLE {row['owner']} DROP CONSTRAINT {row['name']}")
    for table in _TABLES:
        await pool.execute(f"ALTER TABLE {table} SET UNLOGGED")


async def drop_indexes(pool: asyncpg.Pool) -> Sequence[str]:
    """The statements that make them again."""
    rows = await pool.fetch(_INDEXES, list(_TABLES))
    for row in rows:
        owner, key = row["owner"], row["key"]
        await pool.execute(f"ALTER TABLE {owner} DROP CONSTRAINT {key}" if key else f"DROP INDEX {row['name']}")
    return [
        f"ALTER TABLE {row['owner']} ADD CONSTRAINT {row['key']} {row['key_made_by']}"
        if row["key"]
        else row["index_made_by"]
        for row in rows
    ]


async def make_indexes(pool: asyncpg.Pool, statements: Sequence[str]) -> None:
    async def make(statement: str) -> None:
        async with pool.acquire() as connection:
            await connection.execute("SET maintenance_work_mem = '1GB'")
            await connection.execute(statement, timeout=1200)

    # Two of one table can't be made at once (ALTER TABLE holds it), two tables can.
    for statement in statements:
        await make(statement)
