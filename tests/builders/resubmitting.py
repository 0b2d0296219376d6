"""Orders that went wrong, and what becomes of them."""

from datetime import timedelta

from kameng.checkout.place_order import PlacedOrder
from kameng.invariants.check import check_invariants
from kameng.orders.number import OrderId
from kameng.payment.expire import expire_orders
from kameng.payment.poll import poll_payments
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.resubmission.apply import Application, apply
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind, Resubmission
from kameng.resubmission.show import Shown, show
from kameng.resubmission.tend import tend_resubmissions
from kameng.supply.answer import Delivered
from tests.builders.dispatching import Bench, a_bench, codes
from tests.builders.shop import Goods, Shop, a_started_payment, an_order

PAST_PAYING = timedelta(minutes=16)


async def tapped(desk: Desk, order_id: OrderId, kind: Kind, *, is_owner: bool = True, **more: object) -> Resubmission:
    return await apply(desk, Application(order_id, kind, is_owner=is_owner, **more))  # type: ignore[arg-type]


async def shown(desk: Desk, order_id: OrderId) -> Shown:
    return await show(db=desk.db, rules=desk.rules, order_id=order_id)


async def kinds_offered(desk: Desk, order_id: OrderId) -> list[Kind]:
    return [offer.kind for offer in (await shown(desk, order_id)).offers]


async def tended(desk: Desk, **passed: float) -> None:
    """Time passes, and what is due of resubmissions is done."""
    desk.db.clock.go_on(timedelta(**passed))  # type: ignore[attr-defined]
    while await tend_resubmissions(desk):
        pass


async def an_expired_order(shop: Shop, goods: Goods, *, with_payment: bool = False, **more: object) -> PlacedOrder:
    order = await an_order(shop, goods, **more)  # type: ignore[arg-type]
    if with_payment:
        await a_started_payment(shop, order.order_id)
    shop.clock.go_on(PAST_PAYING)
    await expire_orders(db=shop.db)
    return order


async def a_part(shop: Shop, code: str = "north") -> Bench:
    """Of two codes one came, and nobody is left who could deliver the other one: the order waits for a person."""
    bench = await a_bench(shop, code, quantity=2)
    came = "A1" if code == "north" else f"A1-{code}"
    bench[code].will("place", Delivered(codes=codes(came), cost_fen=900))
    await bench.work()
    shop.clock.go_on(timedelta(minutes=1))
    return bench


async def assert_sound(shop: Shop) -> None:
    await poll_payments(db=shop.db, gateways=shop.gateways)
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    violations = [str(one) for one in await check_invariants(shop.db, now=shop.clock.now())]
    assert violations == []
