"""A whole shop on a real socket, for programs that buy from it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kameng.app import make_app
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.merchants.merchant import Caller
from kameng.settings import settings_from
from kameng.sites.save_site import save_site
from kameng.sites.site import NewSite
from kameng.web.sandbox.listening import listening
from tests.builders.merchant import a_merchant
from tests.stock.builders import some_cards
from tests.web.shopfront import keys_of

PRICE_FEN = 1000
CODES = tuple(f"CODE-{n:04}-KAMENG" for n in range(8))


@dataclass
class ServedShop:
    """`url` ends in a slash. One product with one face value at 10 yuan, eight codes, and a merchant who pays 90 %."""

    url: str
    db: Database
    keyring: Keyring
    clock: VirtualClock
    sku_id: int
    product_id: int
    caller: Caller

    async def count(self, table: str) -> int:
        number: int = await self.db.pool.fetchval(f"SELECT count(*) FROM {table}")
        return number


@asynccontextmanager
async def served_shop(
    database_url: str, db: Database, keyring: Keyring, clock: VirtualClock
) -> AsyncIterator[ServedShop]:
    """`db` is a way of its own into the same database."""
    await save_site(
        db=db, new=NewSite("haicheng", "海城卡盟", "#0b6bcb", hosts=(), notice="", icp_number="", position=1)
    )
    async with db.transaction() as tx:
        await save_type(tx, TypeDraft("game-cards", "游戏点卡"))
        await save_product(tx, ProductDraft("honor-of-kings", "game-cards", "王者荣耀点券卡", "全区全服", "游戏内兑换"))
        sku_id = await save_sku(tx, SkuDraft("honor-of-kings", "980 点", PRICE_FEN, quantity_max=5))
    await some_cards(db, keyring, sku_id, CODES)
    caller = await a_merchant(db, keyring, code="downstream", balance_fen=20_000, price_percent=90)
    product_id = await db.pool.fetchval("SELECT product_id FROM skus WHERE id = $1", sku_id)
    settings = settings_from(
        {
            "KAMENG_DATABASE_URL": database_url,
            "KAMENG_KEYS": keys_of(keyring),
            "KAMENG_CALLBACK_NETWORKS": "127.0.0.0/8",
        }
    )
    async with listening(make_app(settings, clock=clock), host="127.0.0.1", port=0) as url:
        yield ServedShop(url, db, keyring, clock, sku_id, product_id, caller)
