"""Buyers racing for the same cards."""

import asyncio
from collections import Counter

import pytest

from kameng.checkout.place_order import OutOfStock, PlacedOrder
from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import OrderState
from kameng.stock.reveal import read_codes
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku, an_order

pytestmark = [pytest.mark.anyio, pytest.mark.races]

PICK = "SELECT id FROM cards WHERE state = 'available' ORDER BY slot LIMIT 1"
TAKE = "UPDATE cards SET state = 'reserved', order_id = $2 WHERE id = $1"


async def test_without_the_lock_two_buyers_get_one_card(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    others = await a_stocked_sku(shop, cards=2)
    orders = [(await an_order(shop, others)).order_id for _ in range(2)]
    both_have_looked = asyncio.Barrier(2)

    async def buyer(order_id: int) -> bool:
        async with shop.db.transaction() as tx:
            card_id = await tx.connection.fetchval(PICK)
            await both_have_looked.wait()
            return await tx.connection.execute(TAKE, card_id, order_id) == "UPDATE 1"

    assert await asyncio.gather(*map(buyer, orders)) == [True, True]
    assert await shop.cards(goods.sku_id) == {"reserved": 1}


async def test_sixty_four_buyers_and_a_hundred_cards(shop: Shop) -> None:
    """Each wants two; fifty get them, fourteen are told that there are none, and no card has two owners."""
    goods = await a_stocked_sku(shop, cards=100)

    async def buyer(number: int) -> PlacedOrder:
        return await a_paid_order(shop, goods, quantity=2, contact=f"139{number:08d}")

    answers = await asyncio.gather(*map(buyer, range(64)), return_exceptions=True)
    assert Counter(type(answer) for answer in answers) == {PlacedOrder: 50, OutOfStock: 14}
    codes: Counter[str] = Counter()
    async with shop.db.reading() as connection:
        for answer in answers:
            if isinstance(answer, PlacedOrder):
                codes.update(await read_codes(connection, shop.keyring, answer.order_id))
    assert codes == Counter(goods.codes)
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_buyers_of_several_wait_for_cards_that_come_back(shop: Shop) -> None:
    """Three are left and two buyers want three each: one of them gets all three."""
    goods = await a_stocked_sku(shop, cards=3)
    for round_ in range(10):
        answers = await asyncio.gather(
            *(an_order(shop, goods, quantity=3, contact=f"13{round_}{n:08d}") for n in range(3, 6)),
            return_exceptions=True,
        )
        placed = [answer for answer in answers if isinstance(answer, PlacedOrder)]
        assert len(placed) == 1
        assert placed[0].state is OrderState.AWAITING_PAYMENT
        assert await shop.cards(goods.sku_id) == {"reserved": 3}
        async with shop.db.transaction() as tx:
            await tx.connection.execute("UPDATE cards SET state = 'available', order_id = NULL")
