"""What suppliers say about attempts that are closed: nothing is undone, nothing that was paid for is thrown away."""

import pytest

from kameng.fulfilment.attempt import Answer, AttemptState
from kameng.orders.lifecycle import OrderState
from kameng.supply.answer import Delivered, Failed, Partly, Reason, Refused
from tests.builders.dispatching import a_bench, codes, say
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("late", [Failed(Reason.OTHER, "已退款", refund_fen=900), Refused(Reason.OTHER, "没有此商品")])
async def test_a_failure_after_delivery_is_somebodys_business_and_undoes_nothing(shop: Shop, late: Answer) -> None:
    bench = await a_bench(shop, "north", "south")
    await bench.work()
    await say(bench, Delivered(codes=codes("A1"), cost_fen=900))
    assert await say(bench, late) is AttemptState.DELIVERED
    await bench.wait(30)
    assert await bench.states() == ["delivered"]
    assert await bench.codes() == ["A1"]
    assert await shop.alarms() == ["supplier_contradicts"]
    [attempt] = await bench.attempts()
    assert attempt["refund_fen"] == (900 if isinstance(late, Failed) else None)


async def test_a_delivery_after_failure_is_kept_for_sale_and_somebody_told(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south")
    await bench.work()
    await say(bench, Failed(Reason.OTHER, "失败"))
    await bench.work()
    assert await bench.states() == ["failed", "placed"]
    assert await say(bench, Delivered(codes=codes("A1"), cost_fen=900)) is AttemptState.FAILED
    assert await shop.state(bench.order_id) is OrderState.DELIVERING
    assert await shop.cards(bench.goods.sku_id) == {"available": 1}
    assert await shop.alarms() == ["supplier_contradicts"]
    await say(bench, Delivered(codes=codes("B1")), n=2)
    assert await bench.codes() == ["B1"]


async def test_codes_whose_money_came_back_are_not_sold(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    await say(bench, Failed(Reason.OTHER, "失败", cost_fen=900, refund_fen=900))
    await say(bench, Delivered(codes=codes("A1")))
    assert await shop.cards(bench.goods.sku_id) == {}
    assert await shop.alarms() == ["supplier_contradicts"]


async def test_the_rest_of_a_part_that_comes_after_all_is_kept_for_sale(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", quantity=3)
    await bench.work()
    await say(bench, Partly(1, "只有一张", codes=codes("A1")))
    await bench.work()
    await say(bench, Delivered(codes=codes("A1", "A2", "A3")))
    assert await shop.cards(bench.goods.sku_id) == {"available": 2, "sold": 1}
    assert await shop.alarms() == ["supplier_contradicts"]
    await say(bench, Delivered(codes=codes("B1", "B2")), n=2)
    assert await bench.codes() == ["A1", "B1", "B2"]


async def test_a_repeat_of_a_part_is_no_contradiction(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", quantity=3)
    await bench.work()
    for _ in range(2):
        await say(bench, Partly(1, "只有一张", codes=codes("A1")))
    assert await shop.alarms() == []


async def test_money_that_comes_back_later_is_noted(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    await say(bench, Failed(Reason.OTHER, "失败", cost_fen=900))
    await say(bench, Failed(Reason.OTHER, "已退款", refund_fen=900))
    [attempt] = await bench.attempts()
    assert (attempt["cost_fen"], attempt["refund_fen"]) == (900, 900)
    assert await shop.alarms() == []


async def test_the_other_half_of_a_top_up_reported_too_late_is_a_contradiction(shop: Shop) -> None:
    bench = await a_bench(shop, "north", "south", top_up=True, face_fen=10000)
    await bench.work()
    await say(bench, Partly(5000, "到账一半"))
    await say(bench, Partly(5000, "到账一半"))
    assert await shop.alarms() == []
    await say(bench, Delivered())
    assert await shop.alarms() == ["supplier_contradicts"]
