"""A code that doesn't work is exchanged, once, from stock."""

import pytest

from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.resubmission.apply import OwnerNeeded
from kameng.resubmission.decide import decide_resubmission
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind, ResubmissionState, Why
from kameng.stock.reveal import read_codes
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.resubmitting import assert_sound, kinds_offered, shown, tapped, tended
from tests.builders.shop import ADDRESS, Shop, a_paid_order, a_stocked_sku, stock_up

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "amy")


async def read(shop: Shop, order_id: object) -> list[str]:
    ask = RevealAsk(order_id, Access.OWNER, ADDRESS)  # type: ignore[arg-type]
    return await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)


async def test_the_one_that_does_not_work_is_exchanged_at_once(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=3)
    order = await a_paid_order(shop, goods, quantity=2)
    assert await kinds_offered(desk, order.order_id) == []
    before = await read(shop, order.order_id)
    assert await kinds_offered(desk, order.order_id) == [Kind.REPLACE_CODE]
    one = await tapped(desk, order.order_id, Kind.REPLACE_CODE, places=(1,))
    assert one.state is ResubmissionState.DONE
    after = await read(shop, order.order_id)
    assert len(after) == 2
    assert before[0] in after
    assert before[1] not in after
    assert await shop.cards(goods.sku_id) == {"sold": 2, "replaced": 1}
    assert (await shop.events(order.order_id))[-3:] == ["resubmitted", "delivered", "revealed"]
    await assert_sound(shop)


async def test_number_and_tail_are_not_enough(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods)
    await read(shop, order.order_id)
    with pytest.raises(OwnerNeeded):
        await tapped(desk, order.order_id, Kind.REPLACE_CODE, is_owner=False)
    assert await shop.cards(goods.sku_id) == {"sold": 1, "available": 4}


async def test_what_nobody_has_read_works(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods)
    assert (await tapped(desk, order.order_id, Kind.REPLACE_CODE)).why == (Why.NOT_NOW,)
    assert await shop.cards(goods.sku_id) == {"sold": 1, "available": 4}


async def test_a_second_time_a_person_decides(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=3)
    order = await a_paid_order(shop, goods)
    await read(shop, order.order_id)
    await tapped(desk, order.order_id, Kind.REPLACE_CODE)
    await tended(desk, seconds=20)
    again = await tapped(desk, order.order_id, Kind.REPLACE_CODE)
    assert (again.state, again.why) == (ResubmissionState.WITH_STAFF, (Why.REPLACED_BEFORE,))
    assert await shop.cards(goods.sku_id) == {"sold": 1, "replaced": 1, "available": 1}
    async with shop.db.transaction() as tx:
        await decide_resubmission(tx, order_id=order.order_id, allow=True, actor=STAFF, reason="supplier admits it")
    assert await shop.cards(goods.sku_id) == {"sold": 1, "replaced": 2}
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    await assert_sound(shop)


async def test_without_stock_a_person_decides_and_nothing_is_taken_away(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    order = await a_paid_order(shop, goods)
    codes = await read(shop, order.order_id)
    one = await tapped(desk, order.order_id, Kind.REPLACE_CODE)
    assert (one.state, one.why) == (ResubmissionState.WITH_STAFF, (Why.NOT_FROM_STOCK,))
    async with shop.db.reading() as connection:
        assert await read_codes(connection, shop.keyring, order.order_id) == codes
    await stock_up(shop, goods.sku_id, ["LATER1"])
    async with shop.db.transaction() as tx:
        await decide_resubmission(tx, order_id=order.order_id, allow=False, actor=STAFF, reason="it was used by them")
    newest = (await shown(desk, order.order_id)).newest
    assert newest is not None
    assert newest.state is ResubmissionState.FAILED
    assert await shop.cards(goods.sku_id) == {"sold": 1, "available": 1}
    await assert_sound(shop)
