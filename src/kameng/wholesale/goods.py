"""What a merchant can buy, at what price, and how much of it there is."""

from dataclasses import dataclass

from kameng.catalogue.browse import list_products
from kameng.catalogue.filling import Delivers, FilledBy
from kameng.catalogue.product import Product, Sku
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database
from kameng.merchants.merchant import Merchant
from kameng.stock import levels
from kameng.supply import availability

#: Stock is counted up to this; there may be more.
COUNTED_UP_TO = 1000


@dataclass(frozen=True)
class Ware:
    """One sku at a merchant's price (fen, one piece). `stock` is counted up to COUNTED_UP_TO; `at_once`: it lies in
    our own vault and arrives with the answer."""

    product: Product
    sku: Sku
    price_fen: int
    stock: int
    at_once: bool


async def list_wares(db: Database, merchant: Merchant) -> list[Ware]:
    """Every sku on sale, products in the order of their ids."""
    products = sorted(await list_products(db), key=lambda product: product.id)
    skus = [(product, sku) for product in products for sku in product.skus if sku.on_sale]
    vault, supply = await _stock(db, [sku.id for _, sku in skus])
    return [_ware(merchant, product, sku, vault, supply) for product, sku in skus]


async def find_ware(db: Database, merchant: Merchant, sku_id: int) -> Ware | None:
    """None when there is no such sku on sale."""
    return next((ware for ware in await list_wares(db, merchant) if ware.sku.id == sku_id), None)


async def _stock(db: Database, sku_ids: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    now = db.clock.now()
    async with db.reading() as connection:
        today = now.astimezone(SHANGHAI).date()
        vault = await levels.available(connection, sku_ids, on=today, at_most=COUNTED_UP_TO)
        supply = await availability.available(connection, sku_ids, now=now, at_most=COUNTED_UP_TO)
    return vault, supply


def _ware(merchant: Merchant, product: Product, sku: Sku, vault: dict[int, int], supply: dict[int, int]) -> Ware:
    in_vault = vault.get(sku.id, 0) if product.delivers is Delivers.CODES else 0
    by_suppliers = supply.get(sku.id, 0) if sku.filled_by is FilledBy.SUPPLIER else 0
    # An order is filled by one or the other, never by both.
    return Ware(
        product=product,
        sku=sku,
        price_fen=merchant.price_of(sku.price_fen),
        stock=max(in_vault, by_suppliers),
        at_once=product.delivers is Delivers.CODES and sku.filled_by is FilledBy.STOCK,
    )
