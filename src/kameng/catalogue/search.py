"""Finding a product by name, pinyin or initials: 'wzry', 'wangzhe' and '王者' all find 王者荣耀."""

from kameng.catalogue import store
from kameng.catalogue.browse import product_of
from kameng.catalogue.product import Product
from kameng.catalogue.spelling import plain
from kameng.kernel.database import Database

FOUND_MAX = 20
TYPED_MAX = 40


async def search(db: Database, text: str) -> list[Product]:
    """The best matches on sale, best first. Nothing for an empty text."""
    typed = plain(text[:TYPED_MAX])
    if not typed:
        return []
    async with db.reading() as connection:
        ids = await store.search(connection, typed, at_most=FOUND_MAX)
        found = {row["id"]: product_of(row) for row in await store.products(connection, ids=ids)}
    return [found[product_id] for product_id in ids if product_id in found]
