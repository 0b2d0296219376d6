"""SQL of merchants and keys. Private to this package."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction

SAVE_MERCHANT = """
INSERT INTO merchants (code, name, enabled, contact_sealed, price_percent, callback_hosts, added_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, enabled = excluded.enabled,
    contact_sealed = excluded.contact_sealed, price_percent = excluded.price_percent,
    callback_hosts = excluded.callback_hosts
RETURNING id
"""

MERCHANTS = """
SELECT id, code, name, enabled, contact_sealed, price_percent, callback_hosts FROM merchants ORDER BY id
"""

MERCHANT = """
SELECT id, code, name, enabled, contact_sealed, price_percent, callback_hosts FROM merchants WHERE code = $1
"""

INSERT_KEY = """
INSERT INTO merchant_keys (id, merchant_id, secret_sealed, scopes, networks, issued_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING
"""

ROTATE_KEY = """
UPDATE merchant_keys SET previous_sealed = secret_sealed, secret_sealed = $2 WHERE id = $1
"""

FORGET_PREVIOUS = "UPDATE merchant_keys SET previous_sealed = NULL WHERE id = $1"

DISABLE_KEY = "UPDATE merchant_keys SET enabled = false WHERE id = $1"

KEY = """
SELECT k.id AS key_id, k.merchant_id, k.secret_sealed, k.previous_sealed, k.scopes, k.networks,
       k.enabled AS key_enabled, m.id, m.code, m.name, m.enabled, m.contact_sealed, m.price_percent, m.callback_hosts
FROM merchant_keys k JOIN merchants m ON m.id = k.merchant_id WHERE k.id = $1
"""

KEYS = """
SELECT id, merchant_id, scopes, networks, enabled, previous_sealed IS NOT NULL AS has_two, issued_at
FROM merchant_keys WHERE merchant_id = $1 ORDER BY issued_at, id
"""

SPEND_NONCE = """
INSERT INTO merchant_nonces (key_id, nonce, until) VALUES ($1, $2, $3) ON CONFLICT (key_id, nonce) DO NOTHING
"""

FORGET_NONCES = "DELETE FROM merchant_nonces WHERE until < $1"


async def save_merchant(tx: Transaction, values: Sequence[Any]) -> int:
    merchant_id: int = await tx.connection.fetchval(SAVE_MERCHANT, *values, tx.now)
    return merchant_id


async def merchants(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(MERCHANTS)
    return rows


async def merchant(connection: Connection, code: str) -> asyncpg.Record | None:
    return await connection.fetchrow(MERCHANT, code)


async def insert_key(tx: Transaction, key_id: str, merchant_id: int, sealed: bytes, *lists: Sequence[str]) -> bool:
    """False when the id is taken. `lists` are scopes and networks."""
    written: str = await tx.connection.execute(
        INSERT_KEY, key_id, merchant_id, sealed, *(list(texts) for texts in lists), tx.now
    )
    return written == "INSERT 0 1"


async def rotate_key(tx: Transaction, key_id: str, sealed: bytes) -> bool:
    written: str = await tx.connection.execute(ROTATE_KEY, key_id, sealed)
    return written == "UPDATE 1"


async def forget_previous(tx: Transaction, key_id: str) -> bool:
    written: str = await tx.connection.execute(FORGET_PREVIOUS, key_id)
    return written == "UPDATE 1"


async def disable_key(tx: Transaction, key_id: str) -> bool:
    written: str = await tx.connection.execute(DISABLE_KEY, key_id)
    return written == "UPDATE 1"


async def key(connection: Connection, key_id: str) -> asyncpg.Record | None:
    return await connection.fetchrow(KEY, key_id)


async def keys(connection: Connection, merchant_id: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(KEYS, merchant_id)
    return rows


async def spend_nonce(tx: Transaction, key_id: str, nonce: bytes, until: datetime) -> bool:
    """False when it was spent before."""
    written: str = await tx.connection.execute(SPEND_NONCE, key_id, nonce, until)
    return written == "INSERT 0 1"


async def forget_nonces(tx: Transaction) -> None:
    await tx.connection.execute(FORGET_NONCES, tx.now)
