"""How many of something can be ordered now, roughly and quickly."""

from collections.abc import Sequence

from kameng.catalogue.filling import Delivers, FilledBy
from kameng.catalogue.product import Product
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database
from kameng.stock.levels import available as in_vault
from kameng.supply.availability import available as at_suppliers


async def left(db: Database, products: Sequence[Product], *, operator: str | None = None) -> dict[int, int]:
    """The most that one order can be for, of every sku of these products, counted up to a hundred.

    Vault and suppliers are not added up: an order is filled by one or the other.
    """
    coded = [sku.id for product in products if product.delivers is Delivers.CODES for sku in product.skus]
    supplied = [sku.id for product in products for sku in product.skus if sku.filled_by is FilledBy.SUPPLIER]
    now = db.clock.now()
    async with db.reading() as connection:
        here = await in_vault(connection, coded, on=now.astimezone(SHANGHAI).date()) if coded else {}
        there = await at_suppliers(connection, supplied, now=now, operator=operator) if supplied else {}
    return {sku_id: max(here.get(sku_id, 0), there.get(sku_id, 0)) for sku_id in {*here, *there}}
