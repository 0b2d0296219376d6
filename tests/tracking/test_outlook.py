"""What the buyer of an order on its way is told: when it should be there, and what stands in its way."""

import random
from datetime import timedelta

import pytest

from kameng.arrivals.learn_arrivals import learn_arrivals
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.supply.answer import Failed, InDoubt, Reason
from kameng.supply.declare_trouble import TroubleDraft, declare_trouble
from kameng.supply.troubles import Place, TroubleKind
from kameng.tracking.outlook import Effect, Outlook
from kameng.tracking.view import view_order
from tests.builders.attempts import Attempts, Ending
from tests.builders.dispatching import a_dispatcher, worked
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid
from tests.builders.supplier import Depot, a_depot, a_route, a_supplied_sku, some_goods

pytestmark = pytest.mark.anyio


async def _outlook(shop: Shop, order_id: OrderId) -> Outlook:
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=order_id)
    assert view.outlook is not None
    return view.outlook


async def _history(depot: Depot, sku_id: int, code: str = "north", *, median_s: float = 120) -> None:
    attempts, draw = Attempts(depot.shop.db), random.Random(1)
    now = depot.shop.clock.now()
    for n in range(80):
        ending = Ending(after=timedelta(seconds=median_s * draw.lognormvariate(0, 0.3)))
        await attempts.attempt(
            sku_id, depot.ids[code], now - timedelta(minutes=30 + n), ending=ending, place=(None, None)
        )
    assert await learn_arrivals(db=depot.shop.db) > 0


async def _sent(shop: Shop, *codes: str) -> tuple[Depot, OrderId, int]:
    """An order with the first of these suppliers, all of which could fill it."""
    depot = await a_depot(shop, *codes)
    goods = await a_supplied_sku(shop)
    for priority, code in enumerate(codes):
        await a_route(depot, goods.sku_id, code, some_goods(), priority=priority)
    await _history(depot, goods.sku_id)
    order = await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    return depot, order.order_id, goods.sku_id


async def test_it_moves_as_time_passes_and_owns_up_when_it_is_late(shop: Shop) -> None:
    _, order_id, _ = await _sent(shop, "north")
    at_first = await _outlook(shop, order_id)
    assert at_first.words.chinese == "预计 %(about)s内到账，最迟 %(latest)s"
    assert at_first.about is not None
    assert at_first.latest is not None
    assert timedelta(minutes=1) < at_first.about <= timedelta(minutes=3)
    shop.clock.go_on(timedelta(seconds=100))
    later = await _outlook(shop, order_id)
    assert later.about is not None
    assert later.about < at_first.about
    shop.clock.go_on(timedelta(minutes=8))
    late = await _outlook(shop, order_id)
    assert late.is_late
    assert late.words.chinese.startswith("比平时慢")
    assert late.latest is None or late.latest > shop.clock.now()
    shop.clock.go_on(timedelta(days=3))
    lost = await _outlook(shop, order_id)
    assert (lost.about, lost.latest) == (None, None)


async def test_of_a_new_line_and_of_a_doubtful_answer_little_is_promised(shop: Shop) -> None:
    depot = await a_depot(shop)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    new = await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    assert (await _outlook(shop, new.order_id)).words.chinese.startswith("新线路，暂无足够数据")
    depot["north"].will("place", InDoubt("time-out"))
    doubtful = await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    outlook = await _outlook(shop, doubtful.order_id)
    assert (outlook.about, outlook.latest, outlook.is_known) == (None, None, False)


async def test_trouble_where_it_runs_is_told_and_trouble_elsewhere_is_not(shop: Shop) -> None:
    depot, order_id, _ = await _sent(shop, "north", "south")
    await declare_trouble(db=shop.db, draft=TroubleDraft(Place(depot.ids["south"]), TroubleKind.FAILING, "wang"))
    assert (await _outlook(shop, order_id)).troubles == (), "it would not have gone there"
    await declare_trouble(db=shop.db, draft=TroubleDraft(Place(depot.ids["north"]), TroubleKind.SLOW, "wang"))
    (trouble,) = (await _outlook(shop, order_id)).troubles
    assert (trouble.kind, trouble.effect, trouble.line.product_name) == (TroubleKind.SLOW, Effect.HERE, "直充")
    assert trouble.until is not None
    shop.clock.go_on(timedelta(days=2))
    (trouble,) = (await _outlook(shop, order_id)).troubles
    assert trouble.until is None, "a time that has passed is not promised"


async def test_an_order_that_was_led_around_a_trouble_says_so(shop: Shop) -> None:
    depot, _, sku_id = await _sent(shop, "north", "south")
    await declare_trouble(db=shop.db, draft=TroubleDraft(Place(depot.ids["north"]), TroubleKind.FAILING, "wang"))
    before = len(depot["north"].placed)
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id, "north", some_goods("7"), priority=0)
    await a_route(depot, goods.sku_id, "south", some_goods("7"), priority=1)
    order = await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    assert len(depot["north"].placed) == before
    (trouble,) = (await _outlook(shop, order.order_id)).troubles
    assert trouble.effect is Effect.MOVED
    assert sku_id != goods.sku_id


async def test_an_order_that_waits_for_its_only_line_says_so(shop: Shop) -> None:
    depot = await a_depot(shop, "north")
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id, "north", some_goods("7"))
    order = await an_order(shop, goods)
    await declare_trouble(db=shop.db, draft=TroubleDraft(Place(depot.ids["north"]), TroubleKind.SILENT, "wang"))
    await paid(shop, await a_started_payment(shop, order.order_id))
    await worked(a_dispatcher(depot))
    shop.clock.go_on(timedelta(seconds=20))
    outlook = await _outlook(shop, order.order_id)
    assert outlook.latest is None
    (trouble,) = outlook.troubles
    assert trouble.effect is Effect.WAITING


async def test_after_a_failure_the_next_line_starts_from_the_beginning(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id, "north", some_goods(), priority=0)
    await a_route(depot, goods.sku_id, "south", some_goods(), priority=1)
    depot["north"].will("place", Failed(Reason.OTHER, "失败"))
    order = await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    outlook = await _outlook(shop, order.order_id)
    assert outlook.about is not None
    assert not outlook.is_late


async def test_an_order_that_nobody_has_to_deliver_has_none(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop))
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=order.order_id)
    assert view.state is OrderState.DELIVERED
    assert view.outlook is None
