"""Looking through the catalogue."""

from typing import Any

import asyncpg

from kameng.catalogue import store
from kameng.catalogue.filling import ChooseBy, Delivers, FilledBy
from kameng.catalogue.form import form_of
from kameng.catalogue.product import Offer, Product, ProductType, Sku
from kameng.kernel.database import Connection, Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words


class ProductMissing(Refusal):
    """There is no such product, or it is not on sale."""

    code = "product_missing"
    status = 404
    words = Words("没有找到这个商品，可能已下架")


def product_of(row: asyncpg.Record) -> Product:
    values = {
        **dict(row),
        "aliases": tuple(row["aliases"]),
        "form": form_of(row["form"]),
        "delivers": Delivers(row["delivers"]),
        "skus": tuple(_sku_of(sku) for sku in row["skus"]),
    }
    return Product(**values)


def _sku_of(row: dict[str, Any]) -> Sku:
    return Sku(**{**row, "filled_by": FilledBy(row["filled_by"]), "choose_by": ChooseBy(row["choose_by"])})


async def list_types(db: Database) -> list[ProductType]:
    """Every type, with how many of its products are on sale."""
    async with db.reading() as connection:
        return [ProductType(**dict(row)) for row in await store.types(connection)]


async def list_products(db: Database, *, type_slug: str | None = None, on_sale_only: bool = True) -> list[Product]:
    """Products by type and popularity; of one type, or all."""
    async with db.reading() as connection:
        rows = await store.products(connection, type_slug=type_slug, on_sale_only=on_sale_only)
        return [product_of(row) for row in rows]


async def list_pinned(db: Database) -> list[Product]:
    """The hot goods with an entry of their own on the first page."""
    async with db.reading() as connection:
        return [product_of(row) for row in await store.products(connection, pinned=True)]


async def find_product(db: Database, slug: str, *, on_sale_only: bool = True) -> Product:
    """Raises ProductMissing."""
    async with db.reading() as connection:
        rows = await store.products(connection, slug=slug, on_sale_only=on_sale_only)
    if not rows:
        raise ProductMissing
    return product_of(rows[0])


async def find_product_of(db: Database, sku_id: int) -> Product:
    """The product of a sku that exists, on sale or not."""
    async with db.reading() as connection:
        filling = await store.filling(connection, sku_id)
        assert filling is not None, f"no sku {sku_id}"
        rows = await store.products(connection, ids=[filling["product_id"]], on_sale_only=False)
    return product_of(rows[0])


async def same_product(connection: Connection, sku_id: int, other_id: int) -> bool:
    """Whether these are face values of one product."""
    one, other = await store.filling(connection, sku_id), await store.filling(connection, other_id)
    return one is not None and other is not None and one["product_id"] == other["product_id"]


async def find_offer(connection: Connection, sku_id: int) -> Offer | None:
    """What the sku is sold as and for at this moment; None if there is no such sku."""
    row = await store.offer(connection, sku_id)
    if row is None:
        return None
    values = {**dict(row), "form": form_of(row["form"]), "delivers": Delivers(row["delivers"])}
    return Offer(**{**values, "filled_by": FilledBy(row["filled_by"])})
