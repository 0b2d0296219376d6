"""Before anything was sent a buyer takes another face value: delivered at once, the difference back, never both."""

import asyncio
from datetime import timedelta

import pytest

from kameng.catalogue.edit import SkuDraft, save_sku
from kameng.catalogue.filling import FilledBy
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.request import RefundRules
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.resubmission.apply import OwnerNeeded
from kameng.resubmission.decide import decide_resubmission
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind, ResubmissionState, Why
from kameng.supply.answer import Accepted, Delivered
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.dispatching import a_bench
from tests.builders.resubmitting import assert_sound, kinds_offered, shown, tapped
from tests.builders.shop import ADDRESS, Goods, Shop, a_paid_order, a_stocked_sku, stock_up
from tests.builders.supplier import a_route, some_goods

pytestmark = pytest.mark.anyio

AMY = Actor(ActorKind.STAFF, "amy")


async def a_sibling(shop: Shop, goods: Goods, *, price_fen: int = 600, cards: int = 3, **more: object) -> int:
    """Another face value of the same product, with cards."""
    async with shop.db.transaction() as tx:
        sku_id = await save_sku(tx, SkuDraft(goods.slug, "5元", price_fen, **more))  # type: ignore[arg-type]
    await stock_up(shop, sku_id, [f"SMALL{sku_id}X{n:04d}" for n in range(cards)])
    return sku_id


async def read(shop: Shop, order_id: object) -> list[str]:
    ask = RevealAsk(order_id, Access.OWNER, ADDRESS)  # type: ignore[arg-type]
    return await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)


async def test_a_cheaper_one_is_delivered_at_once_and_the_difference_goes_back(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    other = await a_sibling(shop, goods)
    order = await a_paid_order(shop, goods, quantity=2)
    (offered,) = (await shown(desk, order.order_id)).alternatives
    assert (offered.sku_id, offered.back_fen) == (other, 800)
    one = await tapped(desk, order.order_id, Kind.CHANGE_GOODS, wanted_sku_id=other)
    assert one.state is ResubmissionState.DONE
    assert await shop.cards(goods.sku_id) == {"available": 5}
    assert await shop.cards(other) == {"sold": 2, "available": 1}
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert await shop.refund_lines() == [("cheaper", 800, "done")]
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert all(code.startswith("SMALL") for code in await read(shop, order.order_id))
    assert await kinds_offered(desk, order.order_id) == [Kind.REPLACE_CODE]
    await assert_sound(shop)


async def test_all_of_it_can_still_go_back_afterwards_and_no_more(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods)
    await tapped(desk, order.order_id, Kind.CHANGE_GOODS, wanted_sku_id=await a_sibling(shop, goods))
    async with shop.db.transaction() as tx:
        wish = RefundWish(order.order_id, RefundCause.GOODS_FAULTY, "坏了", AMY)
        assert (await ask_refund(tx, rules=RefundRules(), wish=wish)).amount_fen == 600
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    assert await shop.state(order.order_id) is OrderState.REFUNDED
    await assert_sound(shop)


async def test_nothing_changes_when_there_is_not_enough_or_it_is_dearer_or_no_sibling(shop: Shop, desk: Desk) -> None:
    goods, stranger = await a_stocked_sku(shop), await a_stocked_sku(shop, price_fen=100)
    few, dear = await a_sibling(shop, goods, cards=1), await _dear(shop, goods)
    order = await a_paid_order(shop, goods, quantity=2)
    for wanted, why in (
        (few, Why.SOLD_OUT), (dear, Why.DEARER), (stranger.sku_id, Why.NOT_ON_SALE), (None, Why.NOT_ON_SALE),
    ):  # fmt: skip
        shop.clock.go_on(timedelta(seconds=11))
        one = await tapped(desk, order.order_id, Kind.CHANGE_GOODS, wanted_sku_id=wanted)
        assert (one.state, one.why) in {
            (ResubmissionState.DECLINED, (why,)), (ResubmissionState.WITH_STAFF, (Why.TOO_MANY_TRIES,)),
        }  # fmt: skip
    assert await shop.cards(goods.sku_id) == {"sold": 2, "available": 3}
    assert await shop.cards(few) == {"available": 1}
    assert await shop.refunds() == []
    await assert_sound(shop)


async def _dear(shop: Shop, goods: Goods) -> int:
    async with shop.db.transaction() as tx:
        sku_id = await save_sku(tx, SkuDraft(goods.slug, "50元", 5000))
    await stock_up(shop, sku_id, ["DEAR0001", "DEAR0002"])
    return sku_id


async def test_what_was_read_is_not_changed_nor_by_who_only_has_the_number(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    other = await a_sibling(shop, goods)
    order = await a_paid_order(shop, goods)
    with pytest.raises(OwnerNeeded):
        await tapped(desk, order.order_id, Kind.CHANGE_GOODS, is_owner=False, wanted_sku_id=other)
    await read(shop, order.order_id)
    one = await tapped(desk, order.order_id, Kind.CHANGE_GOODS, wanted_sku_id=other)
    assert one.why == (Why.NOT_NOW,)
    assert await shop.cards(other) == {"available": 3}


async def test_what_a_supplier_was_not_asked_for_goes_out_as_the_other(shop: Shop, desk: Desk) -> None:
    bench = await a_bench(shop, top_up=True)
    async with shop.db.transaction() as tx:
        draft = SkuDraft(bench.goods.slug, "5 元", 600, filled_by=FilledBy.SUPPLIER)
        other = await save_sku(tx, draft)
    await a_route(bench.depot, other, "north", some_goods("G5", price_fen=500))
    one = await tapped(desk, bench.order_id, Kind.CHANGE_GOODS, wanted_sku_id=other)
    assert one.state is ResubmissionState.DONE
    bench["north"].will("place", Delivered(cost_fen=500))
    await bench.work()
    (attempt,) = await bench.attempts()
    assert (attempt["sku_id"], await bench.state()) == (other, OrderState.DELIVERED)
    await assert_sound(shop)


async def test_once_it_is_on_its_way_it_stays(shop: Shop, desk: Desk) -> None:
    bench = await a_bench(shop, top_up=True)
    bench["north"].will("place", Accepted("N1"))
    await bench.work()
    one = await tapped(desk, bench.order_id, Kind.CHANGE_GOODS, wanted_sku_id=bench.goods.sku_id)
    assert one.why == (Why.NOT_NOW,)


async def test_staff_make_the_change_that_was_left_to_them(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    other = await a_sibling(shop, goods)
    order = await a_paid_order(shop, goods)
    await shop.rows("UPDATE resubmissions SET state = 'declined'")
    await shop.rows(
        "INSERT INTO resubmissions (order_id, kind, state, actor_kind, wanted_sku_id, applied_at, look_at)"
        " VALUES ($1, 'change_goods', 'with_staff', 'buyer', $2, $3, $3)",
        order.order_id, other, shop.clock.now(),
    )  # fmt: skip
    async with shop.db.transaction() as tx:
        one = await decide_resubmission(tx, order_id=order.order_id, allow=True, actor=AMY, reason="可以换")
    assert one.state is ResubmissionState.DONE
    assert await shop.cards(other) == {"sold": 1, "available": 2}


@pytest.mark.races
async def test_changed_or_read_but_never_both(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=9)
    other = await a_sibling(shop, goods, cards=9)
    for _ in range(6):
        order = await a_paid_order(shop, goods)
        codes, one, *_ = await asyncio.gather(
            read(shop, order.order_id),
            *(tapped(desk, order.order_id, Kind.CHANGE_GOODS, wanted_sku_id=other) for _ in range(3)),
            return_exceptions=True,
        )
        assert isinstance(codes, list)
        assert not isinstance(one, BaseException)
        now = await read(shop, order.order_id)
        if codes[0].startswith("CARD"):
            assert now == codes
    await assert_sound(shop)


@pytest.mark.races
async def test_changed_or_sent_to_a_supplier_but_never_both(shop: Shop, desk: Desk) -> None:
    for n in range(6):
        bench = await a_bench(shop, f"north-{n}", top_up=True)
        async with shop.db.transaction() as tx:
            draft = SkuDraft(bench.goods.slug, "5 元", 600, filled_by=FilledBy.SUPPLIER)
            other = await save_sku(tx, draft)
        await a_route(bench.depot, other, f"north-{n}", some_goods("G5", price_fen=500))
        bench[f"north-{n}"].will("place", Delivered(cost_fen=500))
        change = tapped(desk, bench.order_id, Kind.CHANGE_GOODS, wanted_sku_id=other)
        one, worked = await asyncio.gather(change, bench.work(), return_exceptions=True)
        assert not isinstance(worked, BaseException)
        await bench.work()
        attempts = await shop.rows("SELECT sku_id FROM delivery_attempts WHERE order_id = $1", bench.order_id)
        assert len(attempts) == 1
        was_changed = not isinstance(one, BaseException) and one.state is ResubmissionState.DONE
        assert (attempts[0]["sku_id"] == other) == was_changed
        await assert_sound(shop)
