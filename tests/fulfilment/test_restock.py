"""Hot codes are bought ahead: as much as the rule says, as the budget allows, and one purchase at a time."""

import asyncio
from datetime import timedelta
from itertools import count

import asyncpg
import pytest

from kameng.fulfilment.open_delivery import open_delivery
from kameng.fulfilment.restock import restock
from kameng.supply.answer import Code, Delivered, InDoubt, Reason, Refused
from kameng.supply.restock import AFTER_BUYING, LOOK_EVERY, RestockRule, Verdict, list_rules, save_rule
from kameng.supply.sync_goods import sync_goods
from tests.builders.dispatching import a_dispatcher, waited, worked
from tests.builders.shop import Goods, Shop, a_paid_order, a_stocked_sku
from tests.builders.supplier import Depot, a_depot, a_route, put_on_shelf, some_goods

pytestmark = pytest.mark.anyio

DELIVERIES = "SELECT owed, delivered, state FROM deliveries WHERE order_id IS NULL ORDER BY id"
COSTS = "SELECT cost_fen, imported, source FROM card_batches WHERE cost_fen IS NOT NULL ORDER BY id"

serial = count(1)


async def ruled(shop: Shop, *, budget_fen: int = 100_000, cards: int = 2) -> tuple[Depot, Goods]:
    """Two codes are left of goods that cost nine yuan; five should be there, ten are bought up to."""
    depot = await a_depot(shop)
    goods = await a_stocked_sku(shop, cards=cards)
    await a_route(depot, goods.sku_id, "north", some_goods(quantity_max=20))
    await rule(shop, goods, budget_fen)
    return depot, goods


async def rule(shop: Shop, goods: Goods, budget_fen: int) -> None:
    async with shop.db.transaction() as tx:
        await save_rule(tx, RestockRule(goods.sku_id, 5, 10, budget_fen))


async def looked(shop: Shop) -> dict[str, object]:
    """What came of the rule's look."""
    assert await restock(db=shop.db) == 1
    async with shop.db.reading() as connection:
        (line,) = await list_rules(connection)
    return dict(line.outcome)


def delivered(quantity: int, *, cost_fen: int | None = None) -> Delivered:
    return Delivered(
        codes=tuple(Code(f"AHEAD{next(serial):06d}") for _ in range(quantity)),
        cost_fen=900 * quantity if cost_fen is None else cost_fen,
    )


async def test_codes_are_bought_up_to_the_level_and_sold(shop: Shop) -> None:
    depot, goods = await ruled(shop)
    dispatcher = a_dispatcher(depot)
    assert (await looked(shop))["quantity"] == 8
    # The supplier takes one at a time, unless it says otherwise.
    depot["north"].will("place", *[delivered(1) for _ in range(8)])
    await worked(dispatcher)
    await waited(depot, dispatcher, seconds=10)
    assert await shop.rows(DELIVERIES) == [{"owed": 8, "delivered": 8, "state": "done"}]
    assert await shop.cards(goods.sku_id) == {"available": 10}
    assert {(row["cost_fen"], row["imported"]) for row in await shop.rows(COSTS)} == {(900, 1)}
    assert len(depot["north"].placed) == 8
    await a_paid_order(shop, goods, quantity=10)
    assert await shop.cards(goods.sku_id) == {"sold": 10}


async def test_enough_is_enough(shop: Shop) -> None:
    _, _ = await ruled(shop, cards=5)
    assert (await looked(shop))["verdict"] == Verdict.ENOUGH
    assert await restock(db=shop.db) == 0
    shop.clock.go_on(LOOK_EVERY)
    assert (await looked(shop))["verdict"] == Verdict.ENOUGH
    assert await shop.rows(DELIVERIES) == []


async def test_one_purchase_at_a_time(shop: Shop) -> None:
    depot, goods = await ruled(shop)
    await looked(shop)
    depot["north"].will("place", *[InDoubt("?")] * 8)
    await worked(a_dispatcher(depot))
    for _ in range(5):
        shop.clock.go_on(AFTER_BUYING)
        await sync_goods(db=shop.db, suppliers=depot.suppliers)
        assert (await looked(shop))["verdict"] == Verdict.UNDER_WAY
    assert len(await shop.rows(DELIVERIES)) == 1
    with pytest.raises(asyncpg.UniqueViolationError):
        async with shop.db.transaction() as tx:
            await open_delivery(tx, order_id=None, sku_id=goods.sku_id, owed=1)


async def test_workers_look_at_a_rule_once(shop: Shop) -> None:
    await ruled(shop)
    assert sum(await asyncio.gather(*(restock(db=shop.db) for _ in range(4)))) == 1
    assert len(await shop.rows(DELIVERIES)) == 1


async def test_the_budget_of_a_day_is_not_exceeded(shop: Shop) -> None:
    """Nineteen yuan pay for two codes at nine; the next day pays for two more."""
    depot, goods = await ruled(shop, budget_fen=1_900)
    dispatcher = a_dispatcher(depot)
    for bought in (2, 4):
        assert (await looked(shop))["quantity"] == 2
        depot["north"].will("place", delivered(1), delivered(1))
        await worked(dispatcher)
        await waited(depot, dispatcher, seconds=3)
        assert await shop.cards(goods.sku_id) == {"available": 2 + bought}
        shop.clock.go_on(AFTER_BUYING)
        await put_on_shelf(depot, "north", some_goods())
        if bought == 2:
            outcome = await looked(shop)
            assert (outcome["verdict"], outcome["spent_fen"]) == (Verdict.BUDGET_SPENT, 1_800)
            # It is half past two in the afternoon in Shanghai.
            shop.clock.go_on(timedelta(hours=9, minutes=30))
            await put_on_shelf(depot, "north", some_goods())


async def test_what_the_supplier_refused_costs_nothing_and_is_tried_again_later(shop: Shop) -> None:
    depot, goods = await ruled(shop, budget_fen=900)
    await looked(shop)
    depot["north"].will("place", Refused(Reason.BALANCE_LOW, "余额不足"))
    await worked(a_dispatcher(depot))
    assert await shop.rows(DELIVERIES) == [{"owed": 1, "delivered": 0, "state": "given_up"}]
    assert await shop.cards(goods.sku_id) == {"available": 2}
    shop.clock.go_on(LOOK_EVERY)
    assert await restock(db=shop.db) == 0
    shop.clock.go_on(AFTER_BUYING - LOOK_EVERY)
    assert (await looked(shop))["verdict"] == Verdict.BUY


async def test_nothing_is_bought_without_a_route_at_a_price_that_pays(shop: Shop) -> None:
    depot, _ = await ruled(shop)
    await put_on_shelf(depot, "north", some_goods(price_fen=1001))
    assert (await looked(shop))["verdict"] == Verdict.NO_ROUTE
    await put_on_shelf(depot, "north", some_goods(stock=0))
    shop.clock.go_on(LOOK_EVERY)
    assert (await looked(shop))["verdict"] == Verdict.NO_ROUTE
    await put_on_shelf(depot, "north", some_goods(stock=3))
    shop.clock.go_on(LOOK_EVERY)
    assert (await looked(shop))["quantity"] == 3
