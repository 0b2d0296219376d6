"""Goods with real cards in stock, as an operator would bring them in."""

import asyncio
import base64
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.journey import FOLLOWING
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, open_pool
from kameng.stock.import_file import import_file

PRODUCTS = 50
PRICE_FEN = 1000
_TYPE = TypeDraft("bench", "压力测试", 99)


@dataclass(frozen=True)
class Goods:
    """The products' skus, and how many cards each began with."""

    sku_ids: tuple[int, ...]
    cards_each: int


def add_goods(url: str, keyring: Keyring, *, cards_each: int, products: int = PRODUCTS, name: str = "bench") -> Goods:
    return asyncio.run(_add(url, keyring, cards_each, [f"{name}-{place:02d}" for place in range(products)]))


async def _add(url: str, keyring: Keyring, cards_each: int, slugs: list[str]) -> Goods:
    async with await open_pool(url) as pool:
        db = Database(pool, following=FOLLOWING)
        async with db.transaction() as tx:
            await save_type(tx, _TYPE)
            for slug in slugs:
                await save_product(tx, ProductDraft(slug, _TYPE.slug, f"压力测试卡 {slug}"))
            sku_ids = [await save_sku(tx, SkuDraft(slug, "10 元", PRICE_FEN)) for slug in slugs]
        for sku_id in sku_ids:
            await stock_up(db, keyring, sku_id, cards_each)
        await pool.execute("VACUUM ANALYZE cards", timeout=600)
        return Goods(tuple(sku_ids), cards_each)


async def stock_up(db: Database, keyring: Keyring, sku_id: int, cards: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "codes.txt"
        write_codes(path, cards)
        await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)


def write_codes(path: Path, codes: int) -> None:
    """Sixteen letters and digits a line, as most vendors write them."""
    with path.open("w") as file:
        for at in range(0, codes, 10_000):
            text = base64.b32encode(secrets.token_bytes(100_000)).decode()
            lines = min(10_000, codes - at)
            file.writelines(f"{text[i : i + 16]}\n" for i in range(0, lines * 16, 16))
