"""Everybody puts the same order right at once, and it is delivered, paid back or corrected once."""

import asyncio
from collections import Counter

import pytest

from kameng.checkout.cancel_paid import NoLongerCancellable, cancel_paid
from kameng.checkout.place_order import CheckoutRules
from kameng.fulfilment.ask_correction import NothingToCorrect
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.payment.refund import NotNow
from kameng.resubmission.correct_account import Correction, correct_account
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind, Resubmission, ResubmissionRules
from kameng.supply.answer import Delivered, Reason, Refused
from kameng.tracking.access import Access
from kameng.tracking.reveal import NothingToReveal, RevealAsk, reveal
from tests.builders.dispatching import a_bench, codes
from tests.builders.refunds import request_refund
from tests.builders.resubmitting import a_part, an_expired_order, assert_sound, tapped
from tests.builders.shop import ADDRESS, Shop, a_paid_order, a_stocked_sku, stock_up

pytestmark = [pytest.mark.anyio, pytest.mark.races]

ROUNDS = 6
STAFF = Actor(ActorKind.STAFF, "amy")


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop.db, shop.keyring, shop.gateways, ResubmissionRules(), CheckoutRules(open_orders_max=None))


async def five_taps(desk: Desk, order_id: int, kind: Kind) -> list[Resubmission]:
    return list(await asyncio.gather(*(tapped(desk, order_id, kind) for _ in range(5))))  # type: ignore[arg-type]


async def test_five_taps_are_one_new_order(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=3)
    order = await an_expired_order(shop, goods, with_payment=True)
    taps = await five_taps(desk, order.order_id, Kind.PAY_AGAIN)
    assert len({one.id for one in taps}) == 1
    assert {one.new_order_id for one in taps if one.new_order_id} == {taps[0].new_order_id or taps[-1].new_order_id}
    assert len(await shop.rows("SELECT id FROM orders")) == 2
    assert await shop.cards(goods.sku_id) == {"available": 2, "reserved": 1}
    await assert_sound(shop)


async def test_five_taps_deliver_the_rest_once(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    await stock_up(shop, bench.goods.sku_id, ["OURS1", "OURS2"])
    taps = await five_taps(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert len({one.id for one in taps}) == 1
    assert await shop.cards(bench.goods.sku_id) == {"sold": 2, "available": 1}
    assert (await shop.events(bench.order_id)).count("resubmitted") == 1
    await assert_sound(shop)


async def test_five_taps_exchange_a_code_once(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=5)
    order = await a_paid_order(shop, goods)
    ask = RevealAsk(order.order_id, Access.OWNER, ADDRESS)
    await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)
    taps = await five_taps(desk, order.order_id, Kind.REPLACE_CODE)
    assert len({one.id for one in taps}) == 1
    assert await shop.cards(goods.sku_id) == {"sold": 1, "replaced": 1, "available": 3}
    await assert_sound(shop)


async def test_cancelled_or_sent_to_a_supplier_but_never_both(shop: Shop, desk: Desk) -> None:
    outcomes: Counter[str] = Counter()
    for n in range(ROUNDS):
        bench = await a_bench(shop, f"north-{n}", top_up=True)
        answers = await asyncio.gather(
            cancel_paid(db=shop.db, order_id=bench.order_id), bench.work(), return_exceptions=True
        )
        was_cancelled = not isinstance(answers[0], NoLongerCancellable)
        assert not isinstance(answers[1], BaseException)
        assert bool(bench[f"north-{n}"].placed) != was_cancelled
        outcomes["cancelled" if was_cancelled else "sent"] += 1
    assert sum(outcomes.values()) == ROUNDS
    await assert_sound(shop)


async def test_read_or_taken_back_but_never_both(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=ROUNDS)
    for _ in range(ROUNDS):
        order = await a_paid_order(shop, goods)
        ask = RevealAsk(order.order_id, Access.OWNER, ADDRESS)
        read, taken_back = await asyncio.gather(
            reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask),
            cancel_paid(db=shop.db, order_id=order.order_id),
            return_exceptions=True,
        )
        assert isinstance(read, NothingToReveal) != isinstance(taken_back, NoLongerCancellable)
    await assert_sound(shop)


async def test_refunded_or_put_right_but_never_both(shop: Shop, desk: Desk) -> None:
    async def refund(order_id: int) -> OrderState:
        async with shop.db.transaction() as tx:
            return await request_refund(tx, order_id=order_id, actor=STAFF, reason="buyer insists")  # type: ignore[arg-type]

    for n in range(ROUNDS):
        bench = await a_part(shop, f"north-{n}")
        refunded, _ = await asyncio.gather(
            refund(bench.order_id), tapped(desk, bench.order_id, Kind.DELIVER_AGAIN), return_exceptions=True
        )
        bench[f"north-{n}"].will("place", Delivered(codes=codes(f"LATE{n}"), cost_fen=900))
        await bench.work()
        if isinstance(refunded, NotNow):
            assert await bench.state() is OrderState.DELIVERED
        else:
            assert len(bench[f"north-{n}"].placed) == 1
        await assert_sound(shop)


async def test_a_buyers_correction_and_a_suppliers_late_word(shop: Shop, desk: Desk) -> None:
    for n in range(ROUNDS):
        code = f"north-{n}"
        bench = await a_bench(shop, code, top_up=True)
        bench[code].will("place", Refused(Reason.WRONG_ACCOUNT, "号码不存在"))
        await bench.work()
        number = str((await bench.attempts())[-1]["number"])
        corrections = [
            correct_account(desk, Correction(bench.order_id, is_owner=True, answers={"account": f"1370000111{last}"}))
            for last in (1, 2)
        ]
        answers = await asyncio.gather(
            *corrections, bench.hear(Delivered(cost_fen=900), code=code, number=number), return_exceptions=True
        )
        assert sum(isinstance(answer, Resubmission) for answer in answers) == 1
        assert sum(isinstance(answer, NothingToCorrect) for answer in answers) == 1
        assert await bench.state() is OrderState.DELIVERING
        assert len(await shop.rows("SELECT id FROM account_changes")) == n + 1
        await assert_sound(shop)
