"""A preview says what would be done, to how many, over how much; and does nothing."""

from datetime import timedelta

import pytest

from kameng.batches.batch import Action, BatchMissing, BatchMoved, NothingFits
from kameng.batches.choose import Filter, read_pasted
from kameng.batches.lapse import lapse_batches
from kameng.batches.look import show_batch
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId, grouped, printed
from kameng.payment.request import RefundRules
from kameng.staff.roles import NotPermitted, Role
from tests.builders.batching import Batches, delivered_orders, held_orders
from tests.builders.resubmitting import a_part, an_expired_order
from tests.builders.shop import Shop, a_stocked_sku

pytestmark = pytest.mark.anyio


def since_yesterday(shop: Shop, state: OrderState, **more: str) -> Filter:
    now = shop.clock.now()
    return Filter(state, now - timedelta(days=1), now + timedelta(minutes=1), **more)


async def test_what_fits_and_what_does_not_and_why_and_over_how_much(batches: Batches) -> None:
    shop = batches.shop
    delivered = await delivered_orders(shop, orders=3)
    unpaid = (await an_expired_order(shop, await a_stocked_sku(shop))).order_id
    nobodys = OrderId(260101000000000001)
    before = await shop.counts()
    batch_id = await batches.drawn(Action.REFUND, [*delivered, unpaid, nobodys])
    assert await shop.counts() == before
    shown = await show_batch(shop.db, batch_id, rules=RefundRules(approve_above_fen=2999))
    assert (shown.progress.fit.orders, shown.progress.fit.fen, shown.needs) == (3, 3000, 1)
    assert shown.whys == [("order_missing", 1), ("wrong_state", 1)]
    assert [line.state for line in shown.lines] == ["todo"] * 3 + ["unfit"] * 2
    assert (await batches.state(batch_id)) == "draft"


async def test_orders_are_chosen_by_state_time_product_supplier_and_reason(batches: Batches) -> None:
    shop = batches.shop
    stuck = await a_part(shop)
    held = await held_orders(shop, orders=2)
    product = stuck.goods.slug
    for wanted, action, expected in (
        (since_yesterday(shop, OrderState.EXCEPTION), Action.RESUBMIT, [stuck.order_id]),
        (since_yesterday(shop, OrderState.EXCEPTION, product=product), Action.RESUBMIT, [stuck.order_id]),
        (since_yesterday(shop, OrderState.EXCEPTION, supplier="north"), Action.RESUBMIT, [stuck.order_id]),
        (since_yesterday(shop, OrderState.EXCEPTION, why="delivery_stuck"), Action.RESUBMIT, [stuck.order_id]),
        (since_yesterday(shop, OrderState.EXCEPTION, why="refund_stuck"), Action.RESUBMIT, []),
        (since_yesterday(shop, OrderState.UNDER_REVIEW, why="paid_too_little"), Action.RELEASE, sorted(held)),
        (since_yesterday(shop, OrderState.UNDER_REVIEW, product=product), Action.RELEASE, []),
    ):
        batch_id = await batches.drawn(action, wanted)
        lines = (await show_batch(shop.db, batch_id, rules=RefundRules())).lines
        assert [line.order_id for line in lines] == expected, wanted
    for wrong in ({"product": "none"}, {"supplier": "none"}):
        with pytest.raises(InvalidInput):
            await batches.drawn(Action.RESUBMIT, since_yesterday(shop, OrderState.EXCEPTION, **wrong))
    with pytest.raises(InvalidInput):
        await batches.drawn(Action.RELEASE, since_yesterday(shop, OrderState.EXCEPTION))
    later = Filter(OrderState.EXCEPTION, shop.clock.now() - timedelta(days=93), shop.clock.now())
    with pytest.raises(InvalidInput):
        await batches.drawn(Action.RESUBMIT, later)


def test_pasted_numbers_are_read_once_each_and_nothing_else_is_kept() -> None:
    one, other = 260101000000000001, 260101000000000002
    text = f"{grouped(one)}\n13800138000\n\n{printed(other)}，{printed(one)}\nCARD-SECRET"
    pasted = read_pasted(text)
    assert pasted.order_ids == (one, other)
    assert pasted.unread == (2, 5)
    with pytest.raises(InvalidInput):
        read_pasted("13800138000")
    with pytest.raises(InvalidInput):
        read_pasted("\n".join(printed(one + n) for n in range(10_001)))


async def test_whoever_may_not_do_it_cannot_draw_it_up(batches: Batches) -> None:
    orders = await delivered_orders(batches.shop, orders=1)
    for action, role in (
        (Action.REFUND, Role.OPERATOR),
        (Action.RELEASE, Role.CUSTOMER_SERVICE),
        (Action.RESUBMIT, Role.FINANCE),
    ):
        with pytest.raises(NotPermitted):
            await batches.drawn(action, orders, login=str(role), role=role)
    assert await batches.shop.rows("SELECT id FROM order_batches") == []


async def test_only_whoever_drew_it_up_confirms_it_and_once(batches: Batches) -> None:
    orders = await delivered_orders(batches.shop, orders=1)
    batch_id = await batches.drawn(Action.REFUND, orders)
    await batches.person("wang", Role.OWNER)
    with pytest.raises(BatchMissing):
        await batches.confirmed(batch_id, login="wang")
    await batches.confirmed(batch_id)
    with pytest.raises(BatchMoved):
        await batches.confirmed(batch_id)


async def test_an_empty_one_cannot_be_confirmed(batches: Batches) -> None:
    batch_id = await batches.drawn(Action.REFUND, [OrderId(260101000000000001)])
    with pytest.raises(NothingFits):
        await batches.confirmed(batch_id)


async def test_a_preview_is_good_for_an_hour(batches: Batches) -> None:
    orders = await delivered_orders(batches.shop, orders=1)
    batch_id = await batches.drawn(Action.REFUND, orders)
    batches.shop.clock.go_on(timedelta(minutes=61))
    assert await lapse_batches(db=batches.shop.db) == 1
    assert await batches.state(batch_id) == "lapsed"
    with pytest.raises(BatchMoved):
        await batches.confirmed(batch_id)
