"""Delivery attempts as rows, with ends and moments of one's choice."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kameng.kernel.database import Database

_SUPPLIER = """
INSERT INTO suppliers (code, name, protocol, config_sealed) VALUES ($1, $2, 'none', '') RETURNING id
"""
_PRODUCT = """
WITH a_type AS (
    INSERT INTO product_types (slug, name) VALUES ('top-ups', '话费充值')
    ON CONFLICT (slug) DO UPDATE SET name = excluded.name RETURNING id
), product AS (
    INSERT INTO products (type_id, slug, name, search_text, search_pinyin, search_initials)
    SELECT id, $1, $2, '', '', '' FROM a_type RETURNING id
)
INSERT INTO skus (product_id, face_value, price_fen, filled_by) SELECT id, '100元', 10000, 'supplier' FROM product
RETURNING id, product_id
"""
_DELIVERY = """
INSERT INTO deliveries (order_id, sku_id, owed, delivered, state, patience_until, opened_at, closed_at)
VALUES ($1, $2, 1, $3, $4, $5, $5, $6) RETURNING id
"""
_ATTEMPT = """
INSERT INTO delivery_attempts (delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity,
    asked_for, delivered, state, chosen, cost_max_fen, operator, province, reason, called_at, placed_at, doubted_at,
    settled_at)
VALUES ($1, $2, $3, $4, 1, $5, 'G', $6, 1, 1, $7, $8, $9, 0, $10, $11, $12, $13, $14, $15, $16) RETURNING id
"""
_SETTLE = "UPDATE delivery_attempts SET state = $2, reason = $3, settled_at = $4 WHERE id = $1"
_ROUTE = """
INSERT INTO routes (sku_id, supplier_id, goods, agreed_price_fen, operators) VALUES ($1, $2, 'G', 9000, $3) RETURNING id
"""


@dataclass(frozen=True)
class Ending:
    """How an attempt ended, and how long after it was called; `state` placed, in_doubt or calling when it didn't.
    `probes`: the trouble it was sent to look into."""

    state: str = "delivered"
    after: timedelta = timedelta(minutes=1)
    reason: str | None = None
    probes: int | None = None


@dataclass
class Attempts:
    """Makes suppliers, a product with one face value, and attempts."""

    db: Database
    made: int = field(default=0)

    async def supplier(self, code: str = "alpha") -> int:
        supplier_id: int = await self.db.pool.fetchval(_SUPPLIER, code, code)
        return supplier_id

    async def sku(self, slug: str = "mobile", name: str = "移动话费") -> tuple[int, int]:
        """Its id and its product's."""
        row = await self.db.pool.fetchrow(_PRODUCT, slug, name)
        assert row is not None
        return row["id"], row["product_id"]

    async def route(self, sku_id: int, supplier_id: int, operators: tuple[str, ...] = ()) -> int:
        route_id: int = await self.db.pool.fetchval(_ROUTE, sku_id, supplier_id, list(operators))
        return route_id

    async def attempt(
        self,
        sku_id: int,
        supplier_id: int,
        called_at: datetime,
        *,
        ending: Ending,
        place: tuple[str | None, str | None] = ("移动", "广东"),
        order_id: int | None = None,
    ) -> int:
        """One delivery with one attempt; its id."""
        self.made += 1
        settled = ending.state in ("delivered", "partly", "failed", "refused")
        at = called_at + ending.after if settled else None
        done = ending.state == "delivered"
        # Of deliveries to our own vault only one may be open; these here stand for any.
        state = "done" if done else "open" if order_id is not None else "given_up"
        delivery_id = await self.db.pool.fetchval(
            _DELIVERY, order_id, sku_id, int(done), state, called_at, at if done else None
        )
        attempt_id: int = await self.db.pool.fetchval(
            _ATTEMPT, delivery_id, order_id, 1, sku_id, supplier_id, f"N{self.made}", int(done), ending.state,
            {"probes": ending.probes}, *place,
            ending.reason, called_at, called_at if ending.state == "placed" else None,
            called_at if ending.state == "in_doubt" else None, at,
        )  # fmt: skip
        return attempt_id

    async def settle(self, attempt_id: int, state: str, at: datetime, reason: str | None = None) -> None:
        await self.db.pool.execute(_SETTLE, attempt_id, state, reason, at)
