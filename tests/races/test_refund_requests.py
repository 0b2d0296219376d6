"""Several people at the same refund: the money goes once, and never more than was paid."""

import asyncio
from collections.abc import Awaitable

import pytest

from kameng.invariants.check import check_invariants
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.approve_refund import approve_refund
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.decline_refund import decline_refund
from kameng.payment.request import RefundRequest, RefundRules
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

pytestmark = [pytest.mark.anyio, pytest.mark.races]

ASKER = Actor(ActorKind.STAFF, "li")
ROUNDS = 6


def person(n: int) -> Actor:
    return Actor(ActorKind.STAFF, f"approver-{n}")


async def ask(shop: Shop, order_id: OrderId, fen: int, rules: RefundRules) -> RefundRequest:
    wish = RefundWish(order_id, RefundCause.GOODWILL, "协商", ASKER, amount_fen=fen)
    async with shop.db.transaction() as tx:
        return await ask_refund(tx, rules=rules, wish=wish)


async def approve(shop: Shop, request_id: int, n: int) -> RefundRequest:
    async with shop.db.transaction() as tx:
        return await approve_refund(tx, request_id=request_id, approver=person(n), reason="核对过")


async def decline(shop: Shop, request_id: int, n: int) -> RefundRequest:
    async with shop.db.transaction() as tx:
        return await decline_refund(tx, request_id=request_id, decider=person(n), reason="不同意")


async def all_at_once(*doings: Awaitable[RefundRequest]) -> list[RefundRequest]:
    """Those that were not refused."""
    results = await asyncio.gather(*doings, return_exceptions=True)
    assert all(isinstance(result, RefundRequest | Refusal) for result in results), results
    return [result for result in results if isinstance(result, RefundRequest)]


async def settled(shop: Shop) -> int:
    """Fen that really went back."""
    while await sweep_refunds(db=shop.db, gateways=shop.gateways):
        pass
    assert await check_invariants(shop.db, now=shop.clock.now()) == []
    return sum(trade.sent_back_fen for trade in shop.bank.trades.values())


async def delivered(shop: Shop) -> OrderId:
    return (await a_paid_order(shop, await a_stocked_sku(shop))).order_id


@pytest.mark.parametrize("rules", [RefundRules(0, 5000), RefundRules(0, 0)])
async def test_five_approvers_at_once_send_it_once(shop: Shop, rules: RefundRules) -> None:
    order_id = await delivered(shop)
    request = await ask(shop, order_id, 700, rules)
    done = await all_at_once(*(approve(shop, request.id, n) for n in range(5)))
    assert len(done) == request.needs
    assert await settled(shop) == 700
    assert await shop.state(order_id) is OrderState.DELIVERED


async def test_one_person_who_taps_five_times_is_one_person(shop: Shop) -> None:
    request = await ask(shop, await delivered(shop), 700, RefundRules(0, 0))
    assert len(await all_at_once(*(approve(shop, request.id, 1) for _ in range(5)))) == 1
    assert await settled(shop) == 0


async def test_yes_and_no_at_once_is_one_of_them(shop: Shop) -> None:
    for _ in range(ROUNDS):
        before = await settled(shop)
        request = await ask(shop, await delivered(shop), 300, RefundRules(0, 5000))
        (decided,) = await all_at_once(approve(shop, request.id, 1), decline(shop, request.id, 2))
        assert await settled(shop) - before == (300 if decided.state == "approved" else 0)


async def test_many_who_ask_at_once_never_get_more_than_was_paid(shop: Shop) -> None:
    order_id = await delivered(shop)
    asked = await all_at_once(*(ask(shop, order_id, 300, RefundRules()) for _ in range(8)))
    assert len(asked) == 3
    assert await settled(shop) == 900


async def test_requests_that_fit_are_approved_at_once_and_what_does_not_fit_is_not(shop: Shop) -> None:
    order_id = await delivered(shop)
    rules = RefundRules(0, 5000)
    requests = [await ask(shop, order_id, fen, rules) for fen in (400, 600)]
    asking = (ask(shop, order_id, 1, rules) for _ in range(3))
    await all_at_once(*(approve(shop, r.id, n) for n, r in enumerate(requests)), *asking)
    assert await settled(shop) == 1000
    assert await shop.state(order_id) is OrderState.REFUNDED
    assert len(await shop.rows("SELECT id FROM refund_requests")) == 2


async def test_without_the_orders_lock_two_requests_get_more_than_was_paid(shop: Shop) -> None:
    """What the lock is for: both have looked before either has written."""
    await delivered(shop)
    both_have_looked = asyncio.Barrier(2)
    granted = []

    async def careless(fen: int) -> None:
        (row,) = await shop.rows("SELECT amount_fen - coalesce((SELECT sum(amount_fen) FROM refunds), 0) AS left_fen"
                                 " FROM receipts")  # fmt: skip
        await both_have_looked.wait()
        if fen <= int(str(row["left_fen"])):
            granted.append(fen)

    await asyncio.gather(careless(700), careless(700))
    assert sum(granted) > 1000
