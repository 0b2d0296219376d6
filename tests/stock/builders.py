"""Skus, orders and cards as other steps would leave them behind."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock.vault import BatchKey, blind_index_of, normal_form

NOW = datetime(2026, 11, 22, 6, 30, 55, tzinfo=UTC)
TODAY = date(2026, 11, 22)
FIRST_ORDER = 261122143055000000


async def a_sku(db: Database, *, code_format: str | None = None, code_keeps_case: bool = False) -> int:
    """A product with one sku."""
    async with db.transaction() as tx:
        number = await tx.connection.fetchval("SELECT count(*) FROM products")
        sku_id: int = await tx.connection.fetchval(
            "WITH t AS (INSERT INTO product_types (slug, name) VALUES ('t' || $1::int, '游戏') RETURNING id),"
            " p AS (INSERT INTO products (type_id, slug, name, code_format, code_keeps_case,"
            "                             search_text, search_pinyin, search_initials)"
            "       SELECT id, 'p' || $1::int, '点卡', $2, $3, '', '', '' FROM t RETURNING id)"
            " INSERT INTO skus (product_id, face_value, price_fen) SELECT id, '10元', 1000 FROM p RETURNING id",
            number, code_format, code_keeps_case,
        )  # fmt: skip
    return sku_id


async def some_orders(db: Database, count: int, *, first: int = FIRST_ORDER) -> list[int]:
    """Unpaid orders; stock looks at nothing but their ids."""
    async with db.transaction() as tx:
        rows = await tx.connection.fetch(
            "INSERT INTO orders (id, site_id, sku_id, sku_version_id, state, quantity, unit_price_fen, amount_fen,"
            " contact_kind, contact_sealed, contact_index, second_factor, terms_accepted_at, placed_at, pay_until,"
            " changed_at)"
            " SELECT $1::bigint + n, 1, 1, 1, 'awaiting_payment', 1, 1, 1, 'phone', '', '', '', $2, $2, $2, $2"
            " FROM generate_series(0, $3::integer - 1) AS n RETURNING id",
            first, NOW, count,
        )  # fmt: skip
    return [row["id"] for row in rows]


async def some_cards(
    db: Database,
    keyring: Keyring,
    sku_id: int,
    codes: Sequence[str],
    *,
    slots: Sequence[int] | None = None,
    expires_on: date | None = None,
) -> int:
    """Available cards in a batch of their own; its id. Without slots they stand far apart in a fixed order."""
    async with db.transaction() as tx:
        batch_id: int = await tx.connection.fetchval(
            "INSERT INTO card_batches (sku_id, source, key_id, wrapped_key, state, content_index, upload_kind,"
            " created_at) VALUES ($1, 'test', $2, '', 'imported', '', 'txt', $3) RETURNING id",
            sku_id, keyring.current, NOW,
        )  # fmt: skip
        key = BatchKey.fresh(batch_id)
        await tx.connection.execute(
            "UPDATE card_batches SET wrapped_key = $2 WHERE id = $1", batch_id, key.wrapped(keyring)
        )
        index = blind_index_of(keyring)
        blind = [index(normal_form(code, keeps_case=False)) for code in codes]
        sealed = key.seal_codes(sku_id, list(codes), blind)
        places = slots or [int.from_bytes(hashlib.sha256(code.encode()).digest()[:4]) >> 1 for code in codes]
        await tx.connection.executemany(
            "INSERT INTO cards (sku_id, batch_id, slot, state, code_sealed, blind_index, expires_on)"
            " VALUES ($1, $2, $3, 'available', $4, $5, $6)",
            [(sku_id, batch_id, *row, expires_on) for row in zip(places, sealed, blind, strict=True)],
        )
    return batch_id


async def states(db: Database, sku_id: int) -> dict[str, int]:
    """How many cards of the sku are in which state."""
    async with db.reading() as connection:
        rows = await connection.fetch(
            "SELECT state, count(*) AS cards FROM cards WHERE sku_id = $1 GROUP BY state", sku_id
        )
    return {row["state"]: row["cards"] for row in rows}
