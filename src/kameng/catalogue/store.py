"""SQL of the catalogue. Private to this package."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction

TYPES = """
SELECT t.id, t.slug, t.name, t.position, count(p.id) FILTER (WHERE p.on_sale) AS products
FROM product_types t LEFT JOIN products p ON p.type_id = t.id
GROUP BY t.id ORDER BY t.position, t.id
"""

PRODUCTS = """
SELECT p.id, p.slug, p.name, t.slug AS type_slug, t.name AS type_name, p.summary, p.usage_note, p.aliases,
       p.code_format, p.code_keeps_case, p.pinned, p.popularity, p.on_sale, p.form, p.delivers,
       p.resubmit_within_hours,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'face_value', s.face_value, 'price_fen', s.price_fen,
                     'quantity_max', s.quantity_max, 'position', s.position, 'on_sale', s.on_sale,
                     'filled_by', s.filled_by, 'face_fen', s.face_fen, 'choose_by', s.choose_by)
                                   ORDER BY s.position, s.price_fen, s.id)
                 FROM skus s WHERE s.product_id = p.id), '[]') AS skus
FROM products p JOIN product_types t ON t.id = p.type_id
WHERE ($1::text IS NULL OR t.slug = $1) AND ($2::text IS NULL OR p.slug = $2)
  AND ($3::boolean IS NULL OR p.pinned = $3) AND ($4::integer[] IS NULL OR p.id = ANY ($4))
  AND (p.on_sale OR NOT $5::boolean)
ORDER BY t.position, p.popularity DESC, p.id
"""

# A whole name before a name that begins so before one that has it inside; then what sells. The names of a product stand
# side by side, with a blank between them and none within.
SEARCH = """
SELECT p.id, greatest(
           CASE WHEN named.text LIKE $1 THEN 100 WHEN named.text LIKE $2 THEN 80 WHEN named.text LIKE $3 THEN 60 END,
           CASE WHEN named.pinyin LIKE $2 THEN 55 WHEN named.pinyin LIKE $3 THEN 40 END,
           CASE WHEN named.initials LIKE $2 THEN 50 WHEN named.initials LIKE $3 THEN 35 END
       ) AS score
FROM products p CROSS JOIN LATERAL (
    SELECT ' ' || search_text || ' ' AS text, ' ' || search_pinyin AS pinyin, ' ' || search_initials AS initials
) named
WHERE p.on_sale AND (named.text LIKE $3 OR named.pinyin LIKE $3 OR named.initials LIKE $3)
ORDER BY score DESC, p.popularity DESC, p.id LIMIT $4
"""

OFFER = """
SELECT s.id AS sku_id, v.id AS sku_version_id, v.type_name, v.product_name, v.face_value, v.usage_note,
       s.price_fen, s.quantity_max, s.on_sale AND p.on_sale AS on_sale, p.form, p.delivers, s.filled_by, s.face_fen
FROM skus s JOIN products p ON p.id = s.product_id
JOIN LATERAL (SELECT * FROM sku_versions WHERE sku_id = s.id ORDER BY id DESC LIMIT 1) v ON true
WHERE s.id = $1
"""

FILLING = """
SELECT s.product_id, s.filled_by, s.face_fen, s.choose_by, s.price_fen, p.delivers
FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id = $1
"""

SAVE_TYPE = """
INSERT INTO product_types (slug, name, position) VALUES ($1, $2, $3)
ON CONFLICT (slug) DO UPDATE SET name = excluded.name, position = excluded.position RETURNING id
"""

SAVE_PRODUCT = """
INSERT INTO products (slug, type_id, name, summary, usage_note, aliases, code_format, code_keeps_case, popularity,
                      pinned, on_sale, search_text, search_pinyin, search_initials, form, delivers,
                      resubmit_within_hours)
SELECT $1, t.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
FROM product_types t WHERE t.slug = $2
ON CONFLICT (slug) DO UPDATE SET type_id = excluded.type_id, name = excluded.name, summary = excluded.summary,
    usage_note = excluded.usage_note, aliases = excluded.aliases, code_format = excluded.code_format,
    code_keeps_case = excluded.code_keeps_case, popularity = excluded.popularity, pinned = excluded.pinned,
    on_sale = excluded.on_sale, search_text = excluded.search_text, search_pinyin = excluded.search_pinyin,
    search_initials = excluded.search_initials, form = excluded.form, delivers = excluded.delivers,
    resubmit_within_hours = excluded.resubmit_within_hours
RETURNING id
"""

SAVE_SKU = """
INSERT INTO skus (product_id, face_value, price_fen, quantity_max, position, on_sale, filled_by, face_fen, choose_by)
SELECT p.id, $2, $3, $4, $5, $6, $7, $8, $9 FROM products p WHERE p.slug = $1
ON CONFLICT (product_id, face_value) DO UPDATE SET price_fen = excluded.price_fen,
    quantity_max = excluded.quantity_max, position = excluded.position, on_sale = excluded.on_sale,
    filled_by = excluded.filled_by, face_fen = excluded.face_fen, choose_by = excluded.choose_by
RETURNING id
"""

# Only where the words differ from the latest version: prices are promised by the order itself.
WRITE_VERSIONS = """
INSERT INTO sku_versions (sku_id, type_name, product_name, face_value, usage_note, delivers, written_at)
SELECT s.id, t.name, p.name, s.face_value, p.usage_note, p.delivers, $1
FROM skus s JOIN products p ON p.id = s.product_id JOIN product_types t ON t.id = p.type_id
LEFT JOIN LATERAL (SELECT * FROM sku_versions WHERE sku_id = s.id ORDER BY id DESC LIMIT 1) v ON true
WHERE (v.type_name, v.product_name, v.face_value, v.usage_note, v.delivers)
      IS DISTINCT FROM (t.name, p.name, s.face_value, p.usage_note, p.delivers)
"""


async def filling(connection: Connection, sku_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(FILLING, sku_id)


async def types(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(TYPES)
    return rows


async def products(
    connection: Connection,
    *,
    type_slug: str | None = None,
    slug: str | None = None,
    pinned: bool | None = None,
    ids: Sequence[int] | None = None,
    on_sale_only: bool = True,
) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(PRODUCTS, type_slug, slug, pinned, ids, on_sale_only)
    return rows


async def search(connection: Connection, text: str, *, at_most: int) -> list[int]:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = await connection.fetch(SEARCH, f"% {escaped} %", f"% {escaped}%", f"%{escaped}%", at_most)
    return [row["id"] for row in rows]


async def offer(connection: Connection, sku_id: int) -> asyncpg.Record | None:
    return await connection.fetchrow(OFFER, sku_id)


async def save_type(tx: Transaction, slug: str, name: str, position: int) -> int:
    type_id: int = await tx.connection.fetchval(SAVE_TYPE, slug, name, position)
    return type_id


async def save_product(tx: Transaction, values: Sequence[Any]) -> int | None:
    product_id: int | None = await tx.connection.fetchval(SAVE_PRODUCT, *values)
    return product_id


async def save_sku(tx: Transaction, values: Sequence[Any]) -> int | None:
    sku_id: int | None = await tx.connection.fetchval(SAVE_SKU, *values)
    return sku_id


async def write_versions(tx: Transaction) -> None:
    await tx.connection.execute(WRITE_VERSIONS, tx.now)
