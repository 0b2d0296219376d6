"""What stands around a year of orders: payments, accounts, deliveries, cards, cases; and some of which we know all."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from benchmarks.history import _ID as ID_OF
from benchmarks.history import SECONDS_APART
from kameng.kernel.crypto import Keyring
from kameng.orders.account import account_index
from kameng.orders.contact import Contact, contact_of, second_factor_index, whole_index
from kameng.orders.number import OrderId, printed
from kameng.stock.vault import BatchKey, blind_index_of, normal_form, tail_indexes_of

KNOWN = 1000
#: Every order that is known is one of these: it was delivered by a supplier, has a case, and is a merchant's.
STEP, FIRST = 100, 4
_SKU = "(SELECT min(sku_id) FROM sku_versions)"
_AT = f"'2026-01-01T00:00:00+08'::timestamptz + i * interval '{SECONDS_APART} s'"
_SERIES = "FROM generate_series($1::bigint, $2::bigint) AS i"
_RANDOM_BIGINT = "('x' || left(md5('tail' || i), 16))::bit(64)::bigint"

_WRITE = (
    f"""INSERT INTO payment_attempts (id, gateway_id, method, state, amount_fen, started_at, gateway_trade_no)
    SELECT {ID_OF}, 1, 'alipay', 'confirmed', 1000, {_AT}, 'T' || i {_SERIES}""",
    f"INSERT INTO payment_attempt_orders SELECT {ID_OF}, {ID_OF}, 1000 {_SERIES}",
    f"""INSERT INTO receipts (attempt_id, gateway_id, gateway_trade_no, amount_fen, use, heard_from, received_at)
    SELECT {ID_OF}, 1, 'R' || i, 1000, 'applied', 'notify', {_AT} {_SERIES} WHERE i % 20 <> 0""",
    f"""INSERT INTO order_accounts (order_id, sealed, account_index)
    SELECT {ID_OF}, decode(md5('s' || i), 'hex'), decode(md5('account' || i / 3), 'hex') {_SERIES} WHERE i % 4 = 0""",
    f"""WITH d AS (
        INSERT INTO deliveries (order_id, sku_id, owed, delivered, state, patience_until, opened_at, closed_at)
        SELECT {ID_OF}, {_SKU}, 1, 1, 'done', {_AT}, {_AT}, {_AT} {_SERIES} WHERE i % 4 = 0
        RETURNING id, order_id, opened_at, sku_id)
    INSERT INTO delivery_attempts (delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity,
        asked_for, delivered, state, cost_max_fen, called_at, settled_at, supplier_no)
    SELECT id, order_id, 1, sku_id, 1, id % 10 + 1, '1',
        order_id || lpad((98 - order_id::numeric * 100 % 97)::integer::text, 2, '0') || '-1',
        1, 1, 1, 'delivered', 1000, opened_at, opened_at, 'S' || order_id FROM d""",
    f"""INSERT INTO cards (sku_id, batch_id, slot, state, order_id, code_sealed, blind_index, tail_index)
    SELECT {_SKU}, 1, 7919 * i % 2000000011, 'sold', {ID_OF}, decode(md5(i::text) || md5((-i)::text), 'hex'),
        decode(md5('blind' || i), 'hex'), {_RANDOM_BIGINT} {_SERIES} WHERE i % 20 <> 0""",
    f"""INSERT INTO cases (id, order_id, kind, state, facts, opened_at, answer_by, solve_by, closed_at)
    OVERRIDING SYSTEM VALUE
    SELECT i / 100 + 1, {ID_OF}, 'other', 'closed', '{{}}', {_AT}, {_AT}, {_AT}, {_AT} {_SERIES} WHERE i % 100 = 4""",
    f"""INSERT INTO merchant_orders (order_id, merchant_id, key_id, protocol, out_order_no, fingerprint)
    SELECT {ID_OF}, i % 50 + 1, 'bench', 'km1', 'M' || i, '' {_SERIES} WHERE i % 10 = 4""",
)
_OTHERS = """
INSERT INTO merchants (code, name, contact_sealed, added_at)
    SELECT 'bench-' || n, 'B', '', '2026-01-01Z' FROM generate_series(1, 50) AS n;
INSERT INTO suppliers (code, name, protocol, config_sealed)
    SELECT 'bench-' || n, 'B', 'yrapi', '' FROM generate_series(1, 10) AS n;
"""
_KNOW_ORDERS = """
UPDATE orders o SET contact_index = k.contact, second_factor = k.factor
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS k (id, contact, factor) WHERE o.id = k.id
"""
_KNOW_ACCOUNTS = """
UPDATE order_accounts a SET account_index = k.account FROM unnest($1::bigint[], $2::bytea[]) AS k (id, account)
WHERE a.order_id = k.id
"""
_KNOW_CARDS = """
UPDATE cards c SET sku_id = $5, batch_id = $6, code_sealed = k.sealed, blind_index = k.blind, tail_index = k.tail
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[]) AS k (id, sealed, blind, tail) WHERE c.order_id = k.id
"""
_BATCH = """
INSERT INTO card_batches (sku_id, source, key_id, wrapped_key, state, content_index, upload_kind, created_at)
VALUES ($1, 'bench', $2, '', 'imported', '', 'txt', '2026-01-01Z') RETURNING id
"""
_TABLES = ("orders", "payment_attempts", "payment_attempt_orders", "receipts", "order_accounts", "deliveries",
           "delivery_attempts", "cards", "cases", "merchant_orders")  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """By the name of each key, what somebody would type."""

    order_id: OrderId
    keys: Mapping[str, str]


async def write_others(pool: asyncpg.Pool) -> None:
    await pool.execute(_OTHERS)


async def write_beside(pool: asyncpg.Pool, first: int, end: int, *, at_once: int = 100_000) -> None:
    """Around orders number `first` to `end - 1`."""
    async with pool.acquire() as connection:
        for at in range(first, end, at_once):
            async with connection.transaction():
                await connection.execute("SET LOCAL session_replication_role = replica")
                await connection.execute("SET LOCAL synchronous_commit = off")
                for statement in _WRITE:
                    await connection.execute(statement, at, min(at + at_once, end) - 1)


async def make_known(pool: asyncpg.Pool, keyring: Keyring, count: int) -> Sequence[KnownOrder]:
    """Real keys for orders drawn from the whole table."""
    places = [STEP * n + FIRST for n in sorted(_drawn(count // STEP))]
    rows = await pool.fetch(f"SELECT i, {ID_OF} AS id, {_AT} AS at FROM unnest($1::bigint[]) AS i", places)
    ids = [OrderId(row["id"]) for row in rows]
    contacts = [contact_of(f"139{n:08d}") for n in range(len(ids))]
    accounts = [f"8{n:09d}" for n in range(len(ids))]
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in ids]
    factors = [second_factor_index(keyring, one, c.second_factor) for one, c in zip(ids, contacts, strict=True)]
    await pool.execute(_KNOW_ORDERS, ids, [whole_index(keyring, contact) for contact in contacts], factors)
    await pool.execute(_KNOW_ACCOUNTS, ids, [account_index(keyring, account) for account in accounts])
    await _know_cards(pool, keyring, ids, codes)
    return [
        KnownOrder(order_id, _keys(row, order_id, contact, account, code))
        for row, order_id, contact, account, code in zip(rows, ids, contacts, accounts, codes, strict=True)
    ]


async def settle(pool: asyncpg.Pool) -> None:
    for table in _TABLES:
        await pool.execute(f"VACUUM ANALYZE {table}", timeout=3600)
    await pool.execute("CHECKPOINT", timeout=3600)


def _drawn(many: int) -> list[int]:
    return secrets.SystemRandom().sample(range(many), min(many, KNOWN))


async def _know_cards(pool: asyncpg.Pool, keyring: Keyring, ids: Sequence[int], codes: list[str]) -> None:
    sku_id = await pool.fetchval(f"SELECT {_SKU}")
    batch_id = await pool.fetchval(_BATCH, sku_id, keyring.current)
    key = BatchKey.fresh(batch_id)
    await pool.execute("UPDATE card_batches SET wrapped_key = $2 WHERE id = $1", batch_id, key.wrapped(keyring))
    blind = list(map(blind_index_of(keyring), (normal_form(code, keeps_case=False) for code in codes)))
    sealed = key.seal_codes(sku_id, codes, blind)
    await pool.execute(_KNOW_CARDS, ids, sealed, blind, tail_indexes_of(keyring)(codes), sku_id, batch_id)


def _keys(row: asyncpg.Record, order_id: OrderId, contact: Contact, account: str, code: str) -> Mapping[str, str]:
    number, i = printed(order_id), row["i"]
    day = number[:6]
    return {
        "order number": number,
        "number with a slip": number[:12] + str((int(number[12]) + 1) % 10) + number[13:],
        "gateway's trade number": f"T{i}",
        "our payment reference": f"P{order_id}",
        "supplier's number": f"S{order_id}",
        "attempt number": f"{number}-1",
        "merchant's number": f"M{i}",
        "case number": f"#{i // STEP + 1}",
        "contact": contact.text,
        "contact's tail and day": f"{contact.second_factor} 20{day[:2]}-{day[2:4]}-{day[4:]}",
        "account": account,
        "whole code": code,
        "end of a code": code[-8:],
    }
