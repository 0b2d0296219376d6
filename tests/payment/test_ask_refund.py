"""A person sends money back: a part, parts, or all of it; never more than was paid and is not back yet."""

from datetime import timedelta

import pytest

from kameng.attention.find_stuck import find_stuck
from kameng.fulfilment.halt_delivery import DeliveryInDoubt
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.payment.ask_refund import NothingLeft, RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.decide_refund import Finding, Verdict, decide_refund
from kameng.payment.grant_refund import WholeOnly
from kameng.payment.refund import NotNow
from kameng.payment.request import RefundRequest, RefundRules, RequestState
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.supply.answer import InDoubt, Partly
from tests.builders.bank import Call, Mood
from tests.builders.dispatching import a_bench, codes
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = pytest.mark.anyio

LI = Actor(ActorKind.STAFF, "li")
RULES = RefundRules()


async def ask(
    shop: Shop, order_id: OrderId, fen: int | None = None, *, left: int | None = None, reason: str = "三张里一张无效",
    cause: RefundCause = RefundCause.GOODS_FAULTY,
) -> RefundRequest:  # fmt: skip
    wish = RefundWish(order_id, cause, reason, LI, amount_fen=fen, left_fen=left)
    async with shop.db.transaction() as tx:
        return await ask_refund(tx, rules=RULES, wish=wish)


async def sweep(shop: Shop) -> int:
    return await sweep_refunds(db=shop.db, gateways=shop.gateways)


async def assert_sound(shop: Shop) -> None:
    found = await check_invariants(shop.db, now=shop.clock.now())
    assert [violation for violation in found if violation.name != "sweeps_asleep"] == []


async def delivered(shop: Shop, *, fen: int | None = None) -> OrderId:
    return (await a_paid_order(shop, await a_stocked_sku(shop), fen=fen)).order_id


async def test_a_part_goes_back_and_the_order_stays_delivered(shop: Shop) -> None:
    order_id = await delivered(shop)
    request = await ask(shop, order_id, 300)
    assert (request.state, request.needs, request.amount_fen) == (RequestState.APPROVED, 0, 300)
    await assert_sound(shop)
    await sweep(shop)
    (trade,) = shop.bank.trades.values()
    assert trade.parts_sent_back == [300]
    assert await shop.state(order_id) is OrderState.DELIVERED
    assert (await shop.events(order_id))[-2:] == ["refund_promised", "part_refunded"]
    assert await shop.refund_lines() == [("goods_faulty", 300, "done")]
    await assert_sound(shop)


async def test_parts_go_back_until_all_is_back(shop: Shop) -> None:
    order_id = await delivered(shop)
    for fen in (300, 300):
        await ask(shop, order_id, fen)
        await sweep(shop)
    with pytest.raises(InvalidInput):
        await ask(shop, order_id, 401)
    await ask(shop, order_id, 400)
    assert await shop.state(order_id) is OrderState.REFUNDING
    await assert_sound(shop)
    await sweep(shop)
    assert await shop.state(order_id) is OrderState.REFUNDED
    assert (await shop.events(order_id))[-2:] == ["refund_after_delivery", "refunded"]
    (trade,) = shop.bank.trades.values()
    assert trade.parts_sent_back == [300, 300, 400]
    with pytest.raises(NotNow):
        await ask(shop, order_id)
    await assert_sound(shop)


async def test_what_was_delivered_stays_the_buyers_and_is_not_sold_again(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order_id = (await a_paid_order(shop, goods)).order_id
    await ask(shop, order_id)
    await sweep(shop)
    assert await shop.state(order_id) is OrderState.REFUNDED
    assert await shop.cards(goods.sku_id) == {"available": 4, "sold": 1}
    await assert_sound(shop)


async def test_a_surplus_is_nobodys_to_ask_for(shop: Shop) -> None:
    order_id = await delivered(shop, fen=1500)
    with pytest.raises(InvalidInput):
        await ask(shop, order_id, 1001)
    await ask(shop, order_id, 1000)
    await sweep(shop)
    assert sorted(await shop.refund_lines()) == [("goods_faulty", 1000, "done"), ("paid_too_much", 500, "done")]
    assert await shop.state(order_id) is OrderState.REFUNDED
    await assert_sound(shop)


async def test_what_is_under_review_goes_back_whole_or_not_at_all(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order_id = (await a_paid_order(shop, goods, fen=900)).order_id
    with pytest.raises(WholeOnly):
        await ask(shop, order_id, 100)
    assert (await ask(shop, order_id)).amount_fen == 900
    assert await shop.state(order_id) is OrderState.REFUNDING
    assert await shop.cards(goods.sku_id) == {"available": 5}
    await sweep(shop)
    assert await shop.state(order_id) is OrderState.REFUNDED
    await assert_sound(shop)


async def test_a_second_click_finds_that_less_is_left(shop: Shop) -> None:
    order_id = await delivered(shop)
    await ask(shop, order_id, 300, left=1000)
    with pytest.raises(NotNow):
        await ask(shop, order_id, 300, left=1000)
    assert len(await shop.refunds()) == 1
    await ask(shop, order_id, 700, left=700)
    with pytest.raises(NotNow):
        await ask(shop, order_id, 1, left=700)


@pytest.mark.parametrize("fen", [0, -1, 1001, 10**12])
async def test_an_amount_is_more_than_nothing_and_no_more_than_was_paid(shop: Shop, fen: int) -> None:
    order_id = await delivered(shop)
    before = await shop.counts()
    with pytest.raises(InvalidInput) as told:
        await ask(shop, order_id, fen)
    assert "amount" in told.value.fields
    assert await shop.counts() == before


@pytest.mark.parametrize(("reason", "cause"), [(" ", RefundCause.GOODWILL), ("x", RefundCause.PAID_TWICE)])
async def test_a_cause_and_a_reason_are_needed(shop: Shop, reason: str, cause: RefundCause) -> None:
    order_id = await delivered(shop)
    with pytest.raises(InvalidInput):
        await ask(shop, order_id, 1, reason=reason, cause=cause)
    assert await shop.refunds() == []


async def test_a_contact_in_a_reason_is_struck_out(shop: Shop) -> None:
    order_id = await delivered(shop)
    request = await ask(shop, order_id, 1, reason="买家 13800001234 来电")
    assert request.reason == "买家 *** 来电"
    await assert_sound(shop)


async def test_what_is_not_paid_or_on_its_way_is_not_refunded(shop: Shop) -> None:
    order_id = (await an_order(shop, await a_stocked_sku(shop))).order_id
    with pytest.raises(NotNow):
        await ask(shop, order_id)
    with pytest.raises(OrderMissing):
        await ask(shop, OrderId(1))


async def test_what_waits_to_be_agreed_to_is_kept_for_it(shop: Shop) -> None:
    order_id = await delivered(shop)
    async with shop.db.transaction() as tx:
        wish = RefundWish(order_id, RefundCause.GOODWILL, "协商", LI, amount_fen=1000)
        request = await ask_refund(tx, rules=RefundRules(999, 5000), wish=wish)
    assert (request.state, request.needs) == (RequestState.WAITING, 1)
    assert await shop.refunds() == []
    with pytest.raises(NothingLeft):
        await ask(shop, order_id, 1)
    assert await shop.state(order_id) is OrderState.DELIVERED


async def test_small_steps_do_not_get_under_the_limit(shop: Shop) -> None:
    order_id = await delivered(shop)
    rules = RefundRules(500, 700)
    needs = []
    for fen in (300, 200, 200, 100):
        async with shop.db.transaction() as tx:
            wish = RefundWish(order_id, RefundCause.GOODWILL, "协商", LI, amount_fen=fen)
            needs.append((await ask_refund(tx, rules=rules, wish=wish)).needs)
    assert needs == [0, 0, 1, 2]
    await assert_sound(shop)


async def test_a_stuck_part_calls_a_person_and_leaves_the_order_alone(shop: Shop) -> None:
    order_id = await delivered(shop)
    await ask(shop, order_id, 300)
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    await sweep(shop)
    assert await shop.state(order_id) is OrderState.DELIVERED
    assert await shop.alarms() == ["refund_stuck"]
    await assert_sound(shop)
    async with shop.db.transaction() as tx:
        await decide_refund(tx, refund_id=1, finding=Finding(Verdict.NOT_SENT, "已充值", 0), actor=LI)
    await sweep(shop)
    assert await shop.refund_lines() == [("goods_faulty", 300, "done")]
    assert await shop.state(order_id) is OrderState.DELIVERED
    await assert_sound(shop)


async def test_all_of_a_delivered_order_stuck_never_puts_its_goods_up_for_sale(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order_id = (await a_paid_order(shop, goods)).order_id
    await ask(shop, order_id)
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    await sweep(shop)
    assert await shop.state(order_id) is OrderState.REFUNDING
    shop.clock.go_on(timedelta(days=3))
    await find_stuck(db=shop.db)
    await assert_sound(shop)
    async with shop.db.transaction() as tx:
        await decide_refund(tx, refund_id=1, finding=Finding(Verdict.BY_HAND, "手工退了", 0), actor=LI)
    assert await shop.state(order_id) is OrderState.REFUNDED
    assert await shop.cards(goods.sku_id) == {"available": 4, "sold": 1}
    await assert_sound(shop)


async def test_a_receipt_of_several_orders_gives_each_its_share(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    orders = [(await an_order(shop, goods, contact=f"1390000{n:04d}")).order_id for n in range(2)]
    await paid(shop, await a_started_payment(shop, *orders), fen=2300)
    await sweep(shop)
    with pytest.raises(InvalidInput):
        await ask(shop, orders[1], 1001)
    await ask(shop, orders[1])
    await ask(shop, orders[0], 400)
    await sweep(shop)
    assert [await shop.state(order_id) for order_id in orders] == [OrderState.DELIVERED, OrderState.REFUNDED]
    (trade,) = shop.bank.trades.values()
    assert sorted(trade.parts_sent_back) == [300, 400, 1000]
    await assert_sound(shop)


async def test_a_supplier_that_may_still_deliver_refuses_it(shop: Shop) -> None:
    bench = await a_bench(shop)
    bench["north"].will("place", InDoubt("HTTP 502"))
    bench["north"].will("query", *[InDoubt("HTTP 502")] * 99)
    for _ in range(100):
        await bench.skip(seconds=15)
    assert await bench.state() is OrderState.EXCEPTION
    before = await shop.counts()
    with pytest.raises(DeliveryInDoubt):
        await ask(shop, bench.order_id)
    assert await shop.counts() == before
    assert await shop.rows("SELECT id FROM refund_requests") == []
    with pytest.raises(DeliveryInDoubt):
        await ask(shop, bench.order_id, 100)
    assert await shop.counts() == before
    # Nobody can say yet what is missing, but a part may be given back as a kindness.
    await ask(shop, bench.order_id, 100, cause=RefundCause.GOODWILL)
    await sweep(shop)
    assert await bench.state() is OrderState.EXCEPTION
    assert (await shop.events(bench.order_id))[-2:] == ["refund_promised", "part_refunded"]
    await assert_sound(shop)


async def test_what_is_missing_of_a_part_goes_back_and_then_the_rest(shop: Shop) -> None:
    bench = await a_bench(shop, quantity=3)
    bench["north"].will("place", Partly(2, "只有两张", codes=codes("A1", "A2")))
    await bench.work()
    order_id, price_fen = bench.order_id, bench.goods.price_fen
    await ask(shop, order_id, price_fen)
    await sweep(shop)
    assert await bench.state() is OrderState.EXCEPTION
    await assert_sound(shop)
    await ask(shop, order_id)
    assert await bench.state() is OrderState.REFUNDING
    await sweep(shop)
    assert await bench.state() is OrderState.REFUNDED
    (trade,) = shop.bank.trades.values()
    assert trade.parts_sent_back == [price_fen, 2 * price_fen]
    await assert_sound(shop)
