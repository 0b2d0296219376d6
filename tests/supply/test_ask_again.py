"""Just before somebody buys, scarce and stale goods are asked for again."""

import asyncio
from datetime import timedelta

import pytest

from kameng.supply import ask_again as module
from kameng.supply.answer import InDoubt, Reason, Refused
from kameng.supply.ask_again import JUST_NOW, ask_again
from kameng.supply.availability import FRESH_FOR, available
from kameng.supply.sync_goods import FAILURES_TILL_ALARM
from tests.builders.shop import Shop, a_stocked_sku
from tests.builders.supplier import Depot, a_depot, a_route, a_supplied_sku, some_goods

pytestmark = pytest.mark.anyio

FAILING = "UPDATE suppliers SET sync_failures = $1"
STOPPED = "SELECT stopped_because FROM routes"


async def ask(depot: Depot, sku_id: int) -> int:
    """What can be sold after asking."""
    await ask_again(db=depot.shop.db, suppliers=depot.suppliers, sku_id=sku_id)
    async with depot.shop.db.reading() as connection:
        return (await available(connection, [sku_id], now=depot.shop.clock.now())).get(sku_id, 0)


async def known(shop: Shop, *, stock: int | None) -> tuple[Depot, int]:
    depot = await a_depot(shop)
    sku = await a_supplied_sku(shop)
    await a_route(depot, sku.sku_id, "north", some_goods(stock=stock, price_fen=800))
    shop.clock.go_on(JUST_NOW)
    return depot, sku.sku_id


async def test_scarce_goods_are_asked_for_and_plenty_is_not(shop: Shop) -> None:
    depot, sku_id = await known(shop, stock=20)
    depot["north"].changes("100", stock=4)
    assert await ask(depot, sku_id) == 4
    # What was heard just now is good enough for the next buyer.
    depot["north"].changes("100", stock=3)
    assert await ask(depot, sku_id) == 4
    shop.clock.go_on(JUST_NOW)
    assert await ask(depot, sku_id) == 3
    shop.clock.go_on(JUST_NOW)
    depot["north"].changes("100", stock=50)
    assert await ask(depot, sku_id) == 50
    shop.clock.go_on(JUST_NOW)
    assert await ask(depot, sku_id) == 50
    assert depot["north"].calls == ["goods"] * 3


async def test_stale_goods_are_asked_for(shop: Shop) -> None:
    depot, sku_id = await known(shop, stock=None)
    shop.clock.go_on(FRESH_FOR)
    assert await ask(depot, sku_id) == 100
    assert depot["north"].calls == ["goods"]


@pytest.mark.parametrize("answer", [InDoubt("?"), Refused(Reason.TOO_OFTEN, ""), RuntimeError("bug")])
async def test_in_doubt_what_is_known_stays(shop: Shop, answer: object) -> None:
    depot, sku_id = await known(shop, stock=3)
    depot["north"].will("goods", answer)
    assert await ask(depot, sku_id) == 3


async def test_garbage_is_no_answer(shop: Shop) -> None:
    depot, sku_id = await known(shop, stock=3)
    depot["north"].will("goods", some_goods(stock=-1), some_goods("other", stock=9), some_goods(price_fen=-1))
    for _ in range(3):
        assert await ask(depot, sku_id) == 3


async def test_nobody_waits_for_a_supplier_that_hangs(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    depot, sku_id = await known(shop, stock=3)
    monkeypatch.setattr(module, "ASK_TAKES", timedelta(milliseconds=50))
    depot["north"].will("goods", asyncio.Event())
    assert await ask(depot, sku_id) == 3


async def test_buyers_at_the_same_time_wait_for_one_question(shop: Shop) -> None:
    depot, sku_id = await known(shop, stock=3)
    depot["north"].changes("100", stock=2)
    assert await asyncio.gather(*(ask(depot, sku_id) for _ in range(16))) == [2] * 16
    # Whoever looked just before the answer was written down asks once more.
    assert len(depot["north"].calls) <= 2
    assert depot.suppliers.asking == {}


@pytest.mark.parametrize("reason", [Reason.GOODS_GONE, Reason.OUT_OF_STOCK])
async def test_gone_is_gone_at_once(shop: Shop, reason: Reason) -> None:
    depot, sku_id = await known(shop, stock=3)
    depot["north"].will("goods", Refused(reason, "没有了"))
    assert await ask(depot, sku_id) == 0


async def test_a_new_price_stops_the_route_at_once(shop: Shop) -> None:
    depot, sku_id = await known(shop, stock=3)
    depot["north"].changes("100", price_fen=881)
    assert await ask(depot, sku_id) == 0
    assert await shop.rows(STOPPED) == [{"stopped_because": "price_drift"}]
    assert await shop.alarms() == ["price_drift"]


async def test_a_supplier_that_cannot_be_read_is_not_asked(shop: Shop) -> None:
    depot, sku_id = await known(shop, stock=3)
    async with shop.db.transaction() as tx:
        await tx.connection.execute(FAILING, FAILURES_TILL_ALARM)
    assert await ask(depot, sku_id) == 3
    assert depot["north"].calls == []


async def test_a_sku_filled_from_stock_asks_nobody(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_stocked_sku(shop)
    await a_route(depot, goods.sku_id, "north", some_goods(stock=1))
    shop.clock.go_on(JUST_NOW)
    assert await ask(depot, goods.sku_id) == 0
    assert depot["north"].calls == []
