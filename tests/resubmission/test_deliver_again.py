"""What is missing of an order that is stuck is delivered, once, by a tap or by itself."""

from datetime import timedelta

import pytest

from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.payment.refund import NotNow
from kameng.resubmission.desk import Desk
from kameng.resubmission.repair import repair_orders
from kameng.resubmission.resubmission import Kind, ResubmissionState, Why
from kameng.supply.answer import Delivered, Failed, InDoubt, Reason, Refused
from tests.builders.dispatching import a_bench, codes
from tests.builders.refunds import request_refund
from tests.builders.resubmitting import a_part, assert_sound, kinds_offered, shown, tapped, tended
from tests.builders.shop import Shop, stock_up

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "amy")


async def test_the_rest_of_a_part_is_delivered_by_one_tap(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    assert await bench.state() is OrderState.EXCEPTION
    assert await kinds_offered(desk, bench.order_id) == [Kind.DELIVER_AGAIN]
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert one.state is ResubmissionState.UNDER_WAY
    assert await bench.state() is OrderState.RESUBMITTING
    assert await kinds_offered(desk, bench.order_id) == []
    await assert_sound(shop)

    bench["north"].will("place", Delivered(codes=codes("A2"), cost_fen=900))
    await bench.work()
    assert await bench.state() is OrderState.DELIVERED
    assert await bench.codes() == ["A1", "A2"]
    told = await shown(desk, bench.order_id)
    assert told.newest is not None
    assert told.newest.state is ResubmissionState.DONE
    assert [step.at is not None for step in told.steps] == [True] * 5
    await assert_sound(shop)


async def test_our_own_stock_completes_a_part_in_the_same_moment(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    await stock_up(shop, bench.goods.sku_id, ["OURS1"])
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert one.state is ResubmissionState.DONE
    assert await bench.state() is OrderState.DELIVERED
    assert await bench.codes() == ["A1", "OURS1"]
    assert (await shop.events(bench.order_id))[-2:] == ["resubmitted", "delivered"]
    assert await shop.cards(bench.goods.sku_id) == {"sold": 2}
    await assert_sound(shop)


async def test_while_it_is_put_right_no_money_goes_back(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    with pytest.raises(NotNow):
        async with shop.db.transaction() as tx:
            await request_refund(tx, order_id=bench.order_id, actor=STAFF, reason="buyer insists")
    assert await shop.refunds() == []
    assert await bench.state() is OrderState.RESUBMITTING


async def test_while_money_goes_back_nothing_is_put_right(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=bench.order_id, actor=STAFF, reason="buyer insists")
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert (one.state, one.why) == (ResubmissionState.DECLINED, (Why.NOT_NOW,))
    assert await bench.state() is OrderState.REFUNDING
    await bench.work()
    assert len(bench["north"].placed) == 1


async def test_one_that_does_not_help_may_be_tried_again_until_a_person_takes_over(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    for _ in range(desk.rules.tries_max):
        bench["north"].will("place", Refused(Reason.OUT_OF_STOCK, "售罄"))
        await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
        await bench.work()
        assert await bench.state() is OrderState.EXCEPTION
        newest = (await shown(desk, bench.order_id)).newest
        assert newest is not None
        assert (newest.state, newest.why) == (ResubmissionState.FAILED, (Why.STUCK_AGAIN,))
        shop.clock.go_on(timedelta(seconds=20))
        await shop.db.pool.execute("UPDATE supplier_goods SET stock = NULL, on_sale = true")
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert (one.state, one.why) == (ResubmissionState.WITH_STAFF, (Why.TOO_MANY_TRIES,))
    assert "resubmission_left" in await shop.alarms()
    assert len(bench["north"].placed) == 1 + desk.rules.tries_max


async def test_what_a_supplier_may_still_deliver_is_asked_about_first(shop: Shop, desk: Desk) -> None:
    bench = await a_bench(shop, "north", "south")
    bench["north"].will("place", InDoubt("HTTP 502"))
    bench["north"].will("query", *[InDoubt("HTTP 502")] * 60)
    await bench.work()
    await bench.wait(30 * 60)
    assert await bench.state() is OrderState.EXCEPTION
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert (one.state, one.why) == (ResubmissionState.WAITING, (Why.SUPPLIER_IN_DOUBT,))
    assert bench["south"].placed == []

    bench["north"].script["query"].clear()
    bench["north"].will("query", Failed(Reason.OTHER, "失败"))
    bench["south"].will("place", Delivered(codes=codes("S1"), cost_fen=900))
    await bench.wait(2)
    await tended(desk, seconds=20)
    assert await bench.state() is OrderState.DELIVERED
    assert await bench.codes() == ["S1"]
    newest = (await shown(desk, bench.order_id)).newest
    assert newest is not None
    assert newest.state is ResubmissionState.DONE
    await assert_sound(shop)


async def test_the_shop_resubmits_by_itself_once_there_are_goods(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    await shop.db.pool.execute("UPDATE routes SET enabled = false")
    shop.clock.go_on(timedelta(minutes=11))
    assert await repair_orders(desk, bench.depot.suppliers) == 0
    assert await bench.state() is OrderState.EXCEPTION

    await shop.db.pool.execute("UPDATE routes SET enabled = true")
    bench["north"].will("place", Delivered(codes=codes("A2"), cost_fen=900))
    assert await repair_orders(desk, bench.depot.suppliers) == 1
    assert await repair_orders(desk, bench.depot.suppliers) == 0
    await bench.work()
    assert await bench.state() is OrderState.DELIVERED
    newest = (await shown(desk, bench.order_id)).newest
    assert newest is not None
    assert (newest.actor_kind, newest.state) == (ActorKind.SYSTEM, ResubmissionState.DONE)
    await assert_sound(shop)


async def test_nothing_is_offered_or_done_where_it_would_not_help(shop: Shop, desk: Desk) -> None:
    bench = await a_bench(shop)
    await bench.work()
    assert await kinds_offered(desk, bench.order_id) == []
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert (one.state, one.why) == (ResubmissionState.DECLINED, (Why.NOT_NOW,))
    assert len(bench["north"].placed) == 1
    assert await bench.state() is OrderState.DELIVERING


async def test_after_a_day_a_person_is_needed(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    shop.clock.go_on(timedelta(hours=25))
    assert await kinds_offered(desk, bench.order_id) == []
    assert (await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)).why == (Why.TOO_LATE,)
