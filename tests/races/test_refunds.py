"""Two workers at the same refunds."""

import asyncio
from datetime import timedelta

import pytest

from kameng.orders.lifecycle import OrderState
from kameng.payment.gateway import RefundAsk, RefundDone
from kameng.payment.send_refund import send_refund
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.bank import Bank, Call, Trade
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = [pytest.mark.anyio, pytest.mark.races]


async def overpaid(shop: Shop, orders: int) -> list[Trade]:
    """So many refunds are owed, each a third of what was paid: the bank would send each three times."""
    goods = await a_stocked_sku(shop, cards=orders)
    for number in range(orders):
        await a_paid_order(shop, goods, contact=f"139{number:08d}", fen=1500)
    return list(shop.bank.trades.values())


async def test_without_the_claim_two_workers_send_twice(shop: Shop) -> None:
    (trade,) = await overpaid(shop, 1)
    both_have_looked = asyncio.Barrier(2)

    async def worker() -> None:
        (refund,) = await shop.refunds()
        await both_have_looked.wait()
        if refund["state"] == "intended":
            ask = RefundAsk("R1", trade.reference, trade.trade_no, 500, trade.amount_fen)
            assert isinstance(await shop.bank.refund(ask), RefundDone)

    await asyncio.gather(worker(), worker())
    assert trade.parts_sent_back == [500, 500]


async def test_workers_polling_the_same_refunds_send_each_once(shop: Shop) -> None:
    trades = await overpaid(shop, 20)
    sweeps = [sweep_refunds(db=shop.db, gateways=shop.gateways) for _ in range(3)]
    jobs = [send_refund(db=shop.db, gateways=shop.gateways, refund_id=n) for n in range(1, 21)]
    await asyncio.gather(*sweeps, *jobs)
    assert [trade.parts_sent_back for trade in trades] == [[500]] * 20
    assert shop.bank.called(Call.REFUND) == 20
    assert set(await shop.refund_lines()) == {("paid_too_much", 500, "done")}
    (told,) = await shop.rows("SELECT count(*) AS times FROM order_events WHERE event = 'surplus_returned'")
    assert told["times"] == 20


class SlowBank(Bank):
    """Takes a refund and answers long after everybody has given it up."""

    arrived: asyncio.Event
    may_answer: asyncio.Event

    async def refund(self, ask: RefundAsk):  # type: ignore[no-untyped-def] # noqa: ANN201
        answer = await super().refund(ask)
        self.arrived.set()
        await self.may_answer.wait()
        return answer


@pytest.fixture
def slow_bank(shop: Shop) -> SlowBank:
    slow = SlowBank(shop.bank.name, shop.clock)
    slow.arrived, slow.may_answer = asyncio.Event(), asyncio.Event()
    shop.bank.__class__ = SlowBank
    shop.bank.__dict__.update(arrived=slow.arrived, may_answer=slow.may_answer)
    return slow


async def test_an_answer_that_comes_after_another_worker_has_asked_changes_nothing(
    shop: Shop, slow_bank: SlowBank
) -> None:
    """The first worker hangs in its call; another asks meanwhile and learns that the money is back."""
    order = await an_order(shop, await a_stocked_sku(shop, cards=1))
    attempt = await a_started_payment(shop, order.order_id)
    await paid(shop, attempt)
    trade = await paid(shop, attempt)
    hanging = asyncio.create_task(send_refund(db=shop.db, gateways=shop.gateways, refund_id=1))
    await slow_bank.arrived.wait()
    assert await sweep_refunds(db=shop.db, gateways=shop.gateways) == 0
    shop.clock.go_on(timedelta(minutes=3))
    assert await sweep_refunds(db=shop.db, gateways=shop.gateways) == 1
    assert await shop.refund_lines() == [("paid_twice", 1000, "done")]
    slow_bank.may_answer.set()
    await hanging
    assert trade.parts_sent_back == [1000]
    assert (await shop.events(order.order_id)).count("surplus_returned") == 1
    assert await shop.state(order.order_id) is OrderState.DELIVERED
