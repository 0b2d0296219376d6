"""Codes that a supplier sent enter the vault once: the first new ones for the order, the rest for sale."""

from collections import Counter
from datetime import date

import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock.known_codes import count_new_codes
from kameng.stock.open_batch import SkuMissing
from kameng.stock.put_back import put_back
from kameng.stock.reveal import read_codes
from kameng.stock.take_in import Brought, BroughtCode, TakenIn, take_in
from tests.stock.builders import a_sku, some_cards, some_orders

pytestmark = pytest.mark.anyio

CARDS = "SELECT state, order_id, expires_on FROM cards WHERE sku_id = $1 ORDER BY id"
BATCHES = (
    "SELECT state, upload_kind, lines_total, imported, refused, cost_fen FROM card_batches WHERE source = 'north 1-1'"
)


async def take(
    db: Database, keyring: Keyring, sku_id: int, *texts: str, order_id: int | None = None, for_order: int = 0,
    expires_on: date | None = None,
) -> TakenIn:  # fmt: skip
    brought = [BroughtCode(text, expires_on) for text in texts]
    async with db.transaction() as tx:
        return await take_in(tx, keyring, Brought(sku_id, order_id, "north 1-1", brought, for_order, cost_fen=1800))


async def states(db: Database, sku_id: int) -> Counter[str]:
    async with db.reading() as connection:
        return Counter(row["state"] for row in await connection.fetch(CARDS, sku_id))


async def batches(db: Database) -> list[tuple[object, ...]]:
    async with db.reading() as connection:
        return [tuple(row.values()) for row in await connection.fetch(BATCHES)]


async def read(db: Database, keyring: Keyring, order_id: int) -> list[str]:
    async with db.reading() as connection:
        return sorted(await read_codes(connection, keyring, order_id))


async def test_an_orders_codes_are_sold_to_it_and_read_back(db: Database, keyring: Keyring) -> None:
    sku_id, [order_id] = await a_sku(db), await some_orders(db, 1)
    taken = await take(db, keyring, sku_id, "A1", "A2", order_id=order_id, for_order=2, expires_on=date(2027, 1, 1))
    assert taken == TakenIn(2, 2)
    assert await read(db, keyring, order_id) == ["A1", "A2"]
    async with db.reading() as connection:
        assert {row["expires_on"] for row in await connection.fetch(CARDS, sku_id)} == {date(2027, 1, 1)}
    assert await batches(db) == [("imported", "supplier", 2, 2, 0, 1800)]


async def test_what_is_beyond_the_order_is_for_sale(db: Database, keyring: Keyring) -> None:
    sku_id, [order_id] = await a_sku(db), await some_orders(db, 1)
    taken = await take(db, keyring, sku_id, "A1", "A2", "A3", order_id=order_id, for_order=2)
    assert taken == TakenIn(3, 2)
    assert await read(db, keyring, order_id) == ["A1", "A2"]
    assert await states(db, sku_id) == {"sold": 2, "available": 1}


async def test_repeats_and_old_ones_do_not_take_a_new_ones_place(db: Database, keyring: Keyring) -> None:
    sku_id, [order_id] = await a_sku(db), await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, ["OLD"])
    taken = await take(db, keyring, sku_id, "old", "A1", "a 1", "A2", "A3", order_id=order_id, for_order=2)
    assert taken == TakenIn(3, 2)
    assert await read(db, keyring, order_id) == ["A1", "A2"]
    assert await batches(db) == [("imported", "supplier", 5, 3, 2, 1800)]


async def test_case_counts_where_the_product_says_so(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db, code_keeps_case=True)
    assert await take(db, keyring, sku_id, "abc", "ABC") == TakenIn(2, 0)


async def test_a_code_in_any_form_is_taken(db: Database, keyring: Keyring) -> None:
    sku_id, [order_id] = await a_sku(db, code_format="[0-9]{4}"), await some_orders(db, 1)
    await take(db, keyring, sku_id, "https://例.cn/兑换?x=一", order_id=order_id, for_order=1)
    assert await read(db, keyring, order_id) == ["https://例.cn/兑换?x=一"]


@pytest.mark.parametrize("texts", [[], ["OLD"]])
async def test_nothing_new_leaves_nothing_behind(db: Database, keyring: Keyring, texts: list[str]) -> None:
    sku_id, [order_id] = await a_sku(db), await some_orders(db, 1)
    await some_cards(db, keyring, sku_id, ["OLD"])
    assert await take(db, keyring, sku_id, *texts, order_id=order_id, for_order=1) == TakenIn(0, 0)
    assert await states(db, sku_id) == {"available": 1}
    assert await batches(db) == []


async def test_no_sku_no_codes(db: Database, keyring: Keyring) -> None:
    with pytest.raises(SkuMissing):
        await take(db, keyring, 404, "A1")
    assert await states(db, 404) == {}


async def test_new_codes_are_counted_under_the_products_rule(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    await some_cards(db, keyring, sku_id, ["OLD"])
    async with db.reading() as connection:
        assert await count_new_codes(connection, keyring, sku_id=sku_id, codes=["old", "A1", "a1", "B1"]) == 2
        with pytest.raises(SkuMissing):
            await count_new_codes(connection, keyring, sku_id=404, codes=["A1"])


async def test_an_undelivered_orders_cards_are_put_back(db: Database, keyring: Keyring) -> None:
    sku_id, [order_id, other_id] = await a_sku(db), await some_orders(db, 2)
    await take(db, keyring, sku_id, "A1", "A2", order_id=order_id, for_order=2)
    await take(db, keyring, sku_id, "B1", order_id=other_id, for_order=1)
    async with db.transaction() as tx:
        assert await put_back(tx, order_id) == 2
    assert await read(db, keyring, order_id) == []
    assert await read(db, keyring, other_id) == ["B1"]
    assert await states(db, sku_id) == {"available": 2, "sold": 1}
