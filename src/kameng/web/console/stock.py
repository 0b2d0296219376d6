"""Stock levels, and the imports there were."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from litestar import Response, get
from litestar.di import NamedDependency

from kameng.catalogue.browse import list_products
from kameng.catalogue.filling import FilledBy
from kameng.catalogue.product import Product, Sku
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database
from kameng.staff.roles import Permission
from kameng.stock.batches import latest_batches
from kameng.stock.levels import Level, available, exact, expiring
from kameng.web.console.door import AnyRequest, needs
from kameng.web.console.pages import show

LOW = 10
EXPIRING_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class LowStock:
    """A sku on sale that our stock fills, of which less than LOW cards are left."""

    product: Product
    sku: Sku
    left: int


@dataclass(frozen=True)
class SkuLevel:
    product: Product
    sku: Sku
    level: Level


async def low_stock(db: Database) -> list[LowStock]:
    """The emptiest first."""
    wares = [
        (product, sku)
        for product, sku in await skus_sold(db, on_sale_only=True)
        if sku.on_sale and sku.filled_by is FilledBy.STOCK
    ]
    on = db.clock.now().astimezone(SHANGHAI).date()
    async with db.reading() as connection:
        left = await available(connection, [sku.id for _, sku in wares], on=on, at_most=LOW)
    low = [LowStock(product, sku, left.get(sku.id, 0)) for product, sku in wares]
    return sorted((one for one in low if one.left < LOW), key=lambda one: one.left)


async def skus_sold(db: Database, *, on_sale_only: bool = False) -> list[tuple[Product, Sku]]:
    """Every sku beside its product, in the order of the catalogue."""
    products = await list_products(db, on_sale_only=on_sale_only)
    return list(chain.from_iterable([(product, sku) for sku in product.skus] for product in products))


@get("/stock", guards=[needs(Permission.STOCK_LOOK)])
async def stock_page(request: AnyRequest, db: NamedDependency[Database]) -> Response[str]:
    wares = await skus_sold(db)
    today = db.clock.now().astimezone(SHANGHAI).date()
    async with db.reading() as connection:
        levels = await exact(connection, [sku.id for _, sku in wares], on=today)
        ending = await expiring(connection, until=today + EXPIRING_WITHIN)
        batches = await latest_batches(connection)
    rows = [SkuLevel(product, sku, levels[sku.id]) for product, sku in wares]
    by_id = {sku.id: (product, sku) for product, sku in wares}
    return show(
        request, "console/stock.html", rows=rows, low=LOW, ending=ending, batches=batches, by_id=by_id, today=today
    )
