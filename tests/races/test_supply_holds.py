"""Buyers racing for a supplier's last pieces."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from kameng.supply.availability import available
from kameng.supply.hold import FEW, drop_hold, hold, sweep_holds
from tests.builders.shop import Shop, a_stocked_sku, an_order
from tests.builders.supplier import Depot, a_depot, a_route, a_supplied_sku, put_on_shelf, some_goods

pytestmark = [pytest.mark.anyio, pytest.mark.races]

WRITE = "INSERT INTO supply_holds (order_id, sku_id, quantity, until) VALUES ($1, $2, 1, $3)"
HELD = "SELECT coalesce(sum(quantity), 0) AS pieces FROM supply_holds WHERE sku_id = $1"


async def orders(shop: Shop, how_many: int) -> list[int]:
    """Orders of something else, to be holders."""
    goods = await a_stocked_sku(shop, cards=how_many)
    return [(await an_order(shop, goods, contact=f"139{number:08d}")).order_id for number in range(how_many)]


async def scarce(shop: Shop, stock: int | None) -> tuple[Depot, int]:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id, "north", some_goods(stock=stock))
    return depot, sku.sku_id


async def held(shop: Shop, sku_id: int) -> object:
    return (await shop.rows(HELD, sku_id))[0]["pieces"]


async def take(shop: Shop, order_id: int, sku_id: int, quantity: int = 1) -> bool:
    async with shop.db.transaction() as tx:
        until = tx.now + timedelta(minutes=15)
        return await hold(tx, order_id=order_id, sku_id=sku_id, quantity=quantity, until=until)


async def test_without_turns_two_buyers_are_promised_one_piece(shop: Shop) -> None:
    _, sku_id = await scarce(shop, 1)
    both_have_looked = asyncio.Barrier(2)

    async def buyer(order_id: int) -> bool:
        async with shop.db.transaction() as tx:
            there = await available(tx.connection, [sku_id], now=tx.now)
            await both_have_looked.wait()
            if there[sku_id]:
                await tx.connection.execute(WRITE, order_id, sku_id, tx.now + timedelta(minutes=15))
            return bool(there[sku_id])

    assert await asyncio.gather(*map(buyer, await orders(shop, 2))) == [True, True]
    assert await held(shop, sku_id) == 2


async def test_thirty_two_buyers_and_ten_pieces(shop: Shop) -> None:
    """Each wants three; three get them, and one piece is left for who wants one."""
    _, sku_id = await scarce(shop, 10)
    holders = await orders(shop, 33)
    answers = await asyncio.gather(*(take(shop, order_id, sku_id, 3) for order_id in holders[:32]))
    assert Counter(answers) == {True: 3, False: 29}
    assert await held(shop, sku_id) == 9
    assert not await take(shop, holders[32], sku_id, 2)
    assert await take(shop, holders[32], sku_id)
    assert await held(shop, sku_id) == 10


async def test_nothing_is_written_where_there_is_plenty(shop: Shop) -> None:
    depot, sku_id = await scarce(shop, None)
    first, second, third = await orders(shop, 3)
    assert await take(shop, first, sku_id, 1000)
    await put_on_shelf(depot, "north", some_goods(stock=FEW + 2))
    assert await take(shop, second, sku_id)
    assert await held(shop, sku_id) == 0
    assert await take(shop, third, sku_id, 2)
    assert await held(shop, sku_id) == 2


async def test_a_dropped_or_expired_hold_is_for_others(shop: Shop) -> None:
    _, sku_id = await scarce(shop, 1)
    first, second, third = await orders(shop, 3)
    assert await take(shop, first, sku_id)
    assert not await take(shop, second, sku_id)
    async with shop.db.transaction() as tx:
        await drop_hold(tx, first)
        await drop_hold(tx, first)
    assert await take(shop, second, sku_id)
    assert await sweep_holds(db=shop.db) == 0
    async with shop.db.transaction() as tx:
        # As if a quarter of an hour had gone by, while the goods are still fresh.
        await tx.connection.execute("UPDATE supply_holds SET until = $1", tx.now)
    assert await sweep_holds(db=shop.db) == 1
    assert await take(shop, third, sku_id)
