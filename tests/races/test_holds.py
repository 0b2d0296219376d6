"""The buyer's proof, staff's decision and the sweep, all at the same moment: one of them wins, and only one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random

import pytest

from kameng.fulfilment.end_holds import end_holds
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.refund import accept_payment
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.risk.scorecard import Listed, Verdict
from kameng.tracking.prove import ProveAsk, prove
from tests.builders.refunds import request_refund
from tests.builders.risk import PUBLIC, a_held_order, listed, placed_from
from tests.builders.shop import ADDRESS, PHONE, Shop, a_started_payment, a_stocked_sku, an_order, hear

pytestmark = [pytest.mark.anyio, pytest.mark.races]
STAFF = Actor(ActorKind.STAFF, "wang")


async def decided(shop: Shop, verb: Callable[..., Awaitable[OrderState]], order_id: OrderId) -> None:
    async with shop.db.transaction() as tx:
        await verb(tx, order_id=order_id, actor=STAFF, reason="核对过")


async def proved(shop: Shop, order_id: OrderId) -> None:
    await prove(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ProveAsk(order_id, ADDRESS, PHONE))


@pytest.mark.parametrize("seed", range(8))
async def test_only_one_of_them_decides(shop: Shop, seed: int) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_held_order(shop, goods, Verdict.MIDDLE)
    shop.clock.go_on(timedelta(days=1))
    order_id = order.order_id
    everybody: list[Callable[[], Awaitable[object]]] = [
        lambda: proved(shop, order_id),
        lambda: proved(shop, order_id),
        lambda: decided(shop, accept_payment, order_id),
        lambda: decided(shop, request_refund, order_id),
        lambda: end_holds(db=shop.db),
        lambda: end_holds(db=shop.db),
    ]
    Random(seed).shuffle(everybody)
    results = await asyncio.gather(*(act() for act in everybody), return_exceptions=True)
    assert all(isinstance(result, Refusal | int | None) for result in results), results
    told = [event for event in await shop.events(order_id) if event not in ("placed", "payment_started")]
    assert told[:2] == ["payment_confirmed", "proof_asked"]
    if await shop.state(order_id) is OrderState.DELIVERED:
        assert told[2:] in (["proof_given", "delivered"], ["accepted_by_staff", "delivered"])
        assert await shop.refunds() == []
        assert (await shop.cards(goods.sku_id))["sold"] == 1
    else:
        assert told[2:] in (["refund_requested"], ["hold_expired"])
        assert [line[1:] for line in await shop.refund_lines()] == [(1000, "intended")]
        assert await shop.cards(goods.sku_id) == {"available": 5}
        await sweep_refunds(db=shop.db, gateways=shop.gateways)
        assert await shop.state(order_id) is OrderState.REFUNDED


async def test_a_proof_and_a_second_payment(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await listed(shop, Listed.WATCH)
    order = await an_order(shop, goods)
    first = await a_started_payment(shop, order.order_id)
    second = await a_started_payment(shop, order.order_id, bank=shop.other_bank)
    trades = [shop.bank.pay(first.reference), shop.other_bank.pay(second.reference)]
    await hear(shop, trades[0])
    await asyncio.gather(proved(shop, order.order_id), hear(shop, trades[1], bank=shop.other_bank))
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await shop.receipts() == [(1000, "applied"), (1000, "surplus")]
    assert await shop.refund_lines() == [("paid_twice", 1000, "intended")]
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_two_payments_at_once_pay_it_once_and_release_nothing(shop: Shop) -> None:
    """The one that waits for the order's row must see that it is paid by now, though its snapshot is older."""
    goods = await a_stocked_sku(shop, cards=40)
    await listed(shop, Listed.WATCH)
    for _ in range(10):
        order = await an_order(shop, goods)
        banks = (shop.bank, shop.other_bank)
        attempts = [await a_started_payment(shop, order.order_id, bank=bank) for bank in banks]
        trades = [bank.pay(attempt.reference) for bank, attempt in zip(banks, attempts, strict=True)]
        await asyncio.gather(*(hear(shop, trade, bank=bank) for bank, trade in zip(banks, trades, strict=True)))
        assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW
    assert sorted(await shop.receipts()) == [(1000, "applied")] * 10 + [(1000, "surplus")] * 10
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_orders_of_one_network_are_all_counted(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=30, price_fen=5000)
    await asyncio.gather(*(placed_from(shop, goods, PUBLIC.format(n), f"1380000{n:04d}") for n in range(24)))
    (network,) = await shop.rows("SELECT orders, newcomers, fen FROM risk_velocity WHERE orders > 1")
    assert network == {"orders": 24, "newcomers": 24, "fen": 120_000}
    points = sorted(int(str(row["risk"])) for row in await shop.rows("SELECT risk FROM orders"))
    assert points == [0] * 5 + [25] * 6 + [50] * 6 + [75] * 6 + [100]
