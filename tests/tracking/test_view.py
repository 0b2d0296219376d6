"""Whatever became of an order, its page can be read: state, words, progress, what to do next."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from kameng.checkout.cancel_order import cancel_order
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.payment.expire import expire_orders
from kameng.payment.refund import accept_payment
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.tracking.reading import Action
from kameng.tracking.view import OrderView, view_order
from tests.builders.bank import Call, Mood
from tests.builders.refunds import request_refund
from tests.builders.shop import PHONE, Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "wang")
Story = Callable[[Shop], Awaitable[OrderId]]


async def view(shop: Shop, order_id: OrderId) -> OrderView:
    return await view_order(db=shop.db, keyring=shop.keyring, order_id=order_id)


async def waiting(shop: Shop) -> OrderId:
    return (await an_order(shop, await a_stocked_sku(shop))).order_id


async def cancelled(shop: Shop) -> OrderId:
    order_id = await waiting(shop)
    await cancel_order(db=shop.db, order_id=order_id)
    return order_id


async def expired(shop: Shop) -> OrderId:
    order_id = await waiting(shop)
    shop.clock.go_on(timedelta(minutes=15))
    await expire_orders(db=shop.db)
    return order_id


async def delivered(shop: Shop) -> OrderId:
    return (await a_paid_order(shop, await a_stocked_sku(shop))).order_id


async def delivered_late(shop: Shop) -> OrderId:
    order_id = await waiting(shop)
    attempt = await a_started_payment(shop, order_id)
    shop.clock.go_on(timedelta(minutes=15))
    await expire_orders(db=shop.db)
    await paid(shop, attempt)
    return order_id


async def under_review(shop: Shop) -> OrderId:
    return (await a_paid_order(shop, await a_stocked_sku(shop), fen=999)).order_id


async def accepted(shop: Shop) -> OrderId:
    order_id = await under_review(shop)
    async with shop.db.transaction() as tx:
        await accept_payment(tx, order_id=order_id, actor=STAFF, reason="差一分")
    return order_id


async def refunding(shop: Shop) -> OrderId:
    order_id = await under_review(shop)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order_id, actor=STAFF, reason="秘密的理由")
    return order_id


async def refunded(shop: Shop) -> OrderId:
    order_id = await refunding(shop)
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    return order_id


async def stuck(shop: Shop) -> OrderId:
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    return await refunded(shop)


STORIES: list[tuple[Story, OrderState, str, tuple[Action, ...], list[str]]] = [
    (waiting, OrderState.AWAITING_PAYMENT, "等待支付", (Action.PAY, Action.CANCEL), ["下单*", "支付", "已发货"]),
    (cancelled, OrderState.CANCELLED, "订单已取消", (), ["下单", "已取消*"]),
    (expired, OrderState.CANCELLED, "超过支付时间", (), ["下单", "已取消*"]),
    (delivered, OrderState.DELIVERED, "已发货", (Action.REVEAL,), ["下单", "支付", "已发货*"]),
    (delivered_late, OrderState.DELIVERED, "付款到得晚了", (Action.REVEAL,), ["下单", "已取消", "支付", "已发货*"]),
    (under_review, OrderState.UNDER_REVIEW, "收到的金额少于", (), ["下单", "审核中*", "支付", "已发货"]),
    (accepted, OrderState.DELIVERED, "已发货", (Action.REVEAL,), ["下单", "审核中", "支付", "已发货*"]),
    (refunding, OrderState.REFUNDING, "正在原路退款", (), ["下单", "审核中", "退款中*", "已退款"]),
    (refunded, OrderState.REFUNDED, "退款已原路退回", (), ["下单", "审核中", "退款中", "已退款*"]),
    (stuck, OrderState.EXCEPTION, "退款遇到问题", (), ["下单", "审核中", "异常*", "已退款"]),
]


@pytest.mark.parametrize(("story", "state", "words", "actions", "steps"), STORIES)
async def test_every_story_can_be_read(
    shop: Shop, story: Story, state: OrderState, words: str, actions: tuple[Action, ...], steps: list[str]
) -> None:
    seen = await view(shop, await story(shop))
    assert seen.state is state
    assert seen.reading.chinese.startswith(words)
    assert seen.actions == actions
    assert [step.name.chinese + "*" * step.current for step in seen.steps] == steps
    assert [moment.at for moment in seen.timeline] == sorted(moment.at for moment in seen.timeline)


@pytest.mark.parametrize("story", [story for story, *_ in STORIES])
async def test_neither_contact_nor_staffs_words_are_shown(shop: Shop, story: Story) -> None:
    seen = repr(await view(shop, await story(shop)))
    assert PHONE not in seen
    assert "wang" not in seen
    assert "秘密的理由" not in seen


async def test_past_its_time_an_order_can_not_be_paid_even_before_the_sweep(shop: Shop) -> None:
    order_id = await waiting(shop)
    shop.clock.go_on(timedelta(minutes=15))
    assert (await view(shop, order_id)).actions == (Action.CANCEL,)


async def test_a_surplus_is_shown(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop), fen=1234)
    assert (await view(shop, order.order_id)).surplus_fen == 234


async def test_an_unknown_order_is_missing(shop: Shop) -> None:
    with pytest.raises(OrderMissing):
        await view(shop, OrderId(261122143055123456))
