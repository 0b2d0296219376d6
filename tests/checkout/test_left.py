"""How many can be ordered, from wherever they come."""

import pytest

from kameng.catalogue.browse import find_product
from kameng.catalogue.filling import Delivers
from kameng.checkout.left import left
from tests.builders.shop import Goods, Shop, a_stocked_sku, stock_up
from tests.checkout.test_place_account import a_top_up

pytestmark = pytest.mark.anyio


async def left_of(shop: Shop, goods: Goods, *, operator: str | None = None) -> int:
    return (await left(shop.db, [await find_product(shop.db, goods.slug)], operator=operator))[goods.sku_id]


async def test_cards_are_counted_in_the_vault(shop: Shop) -> None:
    assert await left_of(shop, await a_stocked_sku(shop, cards=4)) == 4


@pytest.mark.parametrize(("cards", "most"), [(2, 5), (7, 7)])
async def test_vault_and_suppliers_are_not_added_up(shop: Shop, cards: int, most: int) -> None:
    goods = await a_top_up(shop, (), stock=5, delivers=Delivers.CODES)
    await stock_up(shop, goods.sku_id, [f"AHEAD-{n:04d}" for n in range(cards)])
    assert await left_of(shop, goods) == most


async def test_top_ups_come_from_suppliers_alone(shop: Shop) -> None:
    goods = await a_top_up(shop, stock=5, operators=["unicom"])
    await stock_up(shop, goods.sku_id, [f"CARD-{n:04d}" for n in range(9)])
    assert await left_of(shop, goods) == 5
    assert await left_of(shop, goods, operator="mobile") == 0
