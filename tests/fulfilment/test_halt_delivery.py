"""Money goes back only when nothing can come any more, and what came as a part is for sale again."""

from collections.abc import Awaitable, Callable

import pytest

from kameng.fulfilment.halt_delivery import DeliveryInDoubt
from kameng.fulfilment.route_again import NothingToRoute, PaidBack, route_again
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.payment.refund import NotNow
from kameng.supply.answer import Delivered, InDoubt, Partly, Reason, Refused
from tests.builders.dispatching import Bench, a_bench, codes, say
from tests.builders.refunds import request_refund
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "wang")


async def decide(verb: Callable[..., Awaitable[OrderState]], bench: Bench, *, reason: str = "买家等不及") -> OrderState:
    async with bench.shop.db.transaction() as tx:
        return await verb(tx, order_id=bench.order_id, actor=STAFF, reason=reason)


async def a_stuck_bench(shop: Shop, *, quantity: int = 1) -> Bench:
    bench = await a_bench(shop, quantity=quantity)
    bench["north"].will("place", InDoubt("HTTP 502"))
    bench["north"].will("query", *[InDoubt("HTTP 502")] * 99)
    for _ in range(100):
        await bench.skip(seconds=15)
    assert await bench.state() is OrderState.EXCEPTION
    return bench


async def a_bench_with_a_part(shop: Shop, *, top_up: bool = False) -> Bench:
    """Two of three are there, and nobody is left for the third."""
    bench = await a_bench(shop, quantity=3, top_up=top_up)
    bench["north"].will("place", Partly(2, "只有两张", codes=() if top_up else codes("A1", "A2")))
    await bench.work()
    assert await bench.state() is OrderState.EXCEPTION
    return bench


async def test_no_refund_while_a_supplier_may_still_deliver(shop: Shop) -> None:
    bench = await a_stuck_bench(shop)
    with pytest.raises(DeliveryInDoubt):
        await decide(request_refund, bench)
    assert (await bench.delivery())["state"] == "stuck"
    assert await shop.refunds() == []
    await say(bench, Delivered(codes=codes("A1")))
    assert await bench.state() is OrderState.DELIVERED


async def test_no_refund_while_it_is_being_delivered(shop: Shop) -> None:
    bench = await a_bench(shop)
    await bench.work()
    with pytest.raises(NotNow):
        await decide(request_refund, bench)
    assert await shop.refunds() == []


async def test_a_part_nobody_has_seen_is_for_sale_again(shop: Shop) -> None:
    bench = await a_bench_with_a_part(shop)
    assert await decide(request_refund, bench) is OrderState.REFUNDING
    assert (await bench.delivery())["state"] == "given_up"
    assert await shop.cards(bench.goods.sku_id) == {"available": 2}
    assert await bench.codes() == []
    assert await shop.refund_lines() == [("staff", 3000, "intended")]


async def test_a_person_sends_the_rest_on_its_way_again(shop: Shop) -> None:
    bench = await a_bench_with_a_part(shop)
    await bench.skip(seconds=1)
    assert await decide(route_again, bench) is OrderState.DELIVERING
    bench["north"].will("place", Delivered(codes=codes("A3")))
    await bench.work()
    assert await bench.codes() == ["A1", "A2", "A3"]
    assert [ask.quantity for ask in bench["north"].placed] == [3, 1]
    assert await bench.state() is OrderState.DELIVERED


async def test_once_more_and_again_in_vain_it_is_before_a_person_again(shop: Shop) -> None:
    bench = await a_bench_with_a_part(shop, top_up=True)
    bench["north"].will("place", *[Refused(Reason.BALANCE_LOW, "余额不足")] * 2)
    for _ in range(2):
        await bench.skip(seconds=1)
        await decide(route_again, bench)
        await bench.work()
        assert await bench.state() is OrderState.EXCEPTION
    assert len(bench["north"].placed) == 3
    assert await shop.rows("SELECT kind, times FROM alarms") == [{"kind": "delivery_stuck", "times": 3}]


async def test_what_is_in_doubt_is_not_routed_again(shop: Shop) -> None:
    bench = await a_stuck_bench(shop)
    with pytest.raises(NothingToRoute):
        await decide(route_again, bench)
    assert len(bench["north"].placed) == 1
    assert (await bench.delivery())["route_at"] is None


@pytest.mark.parametrize("reason", ["", "  ", "长" * 301])
async def test_a_reason_is_needed(shop: Shop, reason: str) -> None:
    bench = await a_bench_with_a_part(shop)
    with pytest.raises(InvalidInput):
        await decide(route_again, bench, reason=reason)
    assert await bench.state() is OrderState.EXCEPTION


async def test_what_was_never_stuck_is_not_routed_again(shop: Shop) -> None:
    bench = await a_bench(shop)
    with pytest.raises(NothingToRoute):
        await decide(route_again, bench)
    bench["north"].will("place", Refused(Reason.OTHER, "不卖"))
    await bench.work()
    with pytest.raises(PaidBack):
        await decide(route_again, bench)
    bench.order_id = OrderId(404)
    with pytest.raises(OrderMissing):
        await decide(route_again, bench)


AGAIN_WITH_STAFF = "UPDATE orders SET state = 'exception' WHERE id = $1"


async def test_codes_that_were_delivered_once_are_never_for_sale_again(shop: Shop) -> None:
    """Whatever led to the refund afterwards: somebody may have read them."""
    goods = await a_stocked_sku(shop, cards=2)
    order = await a_paid_order(shop, goods)
    async with shop.db.transaction() as tx:
        await tx.connection.execute(AGAIN_WITH_STAFF, order.order_id)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order.order_id, actor=STAFF, reason="换码没有成功")
    assert await shop.state(order.order_id) is OrderState.REFUNDING
    assert await shop.cards(goods.sku_id) == {"sold": 1, "available": 1}
