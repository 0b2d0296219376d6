"""An account that a supplier refuses is put right by its buyer, in time or not."""

from datetime import timedelta

import pytest

from kameng.fulfilment.ask_correction import NothingToCorrect, ask_correction
from kameng.kernel.errors import InvalidInput
from kameng.orders.account import account_of, unseal_account
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.resubmission.apply import CorrectionNeeded, OwnerNeeded
from kameng.resubmission.correct_account import Correction, correct_account
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind, Resubmission, ResubmissionState, Why
from kameng.supply.answer import Delivered, Failed, InDoubt, Reason, Refused
from tests.builders.dispatching import Bench, a_bench
from tests.builders.resubmitting import assert_sound, kinds_offered, shown, tapped, tended
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio

RIGHT = "13700001111"
STAFF = Actor(ActorKind.STAFF, "amy")


async def corrected(desk: Desk, bench: Bench, number: str = RIGHT, *, is_owner: bool = True) -> Resubmission:
    return await correct_account(desk, Correction(bench.order_id, is_owner, {"account": number}))


async def refused(shop: Shop, *suppliers: str) -> Bench:
    bench = await a_bench(shop, *(suppliers or ("north", "south")), top_up=True)
    bench["north"].will("place", Refused(Reason.WRONG_ACCOUNT, "号码不存在"))
    await bench.work()
    shop.clock.go_on(timedelta(minutes=1))
    return bench


async def test_a_wrong_account_goes_to_its_buyer_and_not_to_the_next_supplier(shop: Shop, desk: Desk) -> None:
    bench = await refused(shop)
    assert await bench.state() is OrderState.EXCEPTION
    assert bench["south"].placed == []
    told = await shown(desk, bench.order_id)
    assert told.newest is not None
    assert (told.newest.state, told.newest.reason) == (ResubmissionState.ASKED, "号码不存在")
    assert [field.name for field in told.form] == ["account"]
    assert told.correct_until == told.newest.applied_at + desk.rules.correct_within
    await assert_sound(shop)

    bench["north"].will("place", Delivered(cost_fen=900))
    assert (await corrected(desk, bench)).state is ResubmissionState.UNDER_WAY
    assert await bench.state() is OrderState.DELIVERING
    await bench.work()
    assert await bench.state() is OrderState.DELIVERED
    assert [ask.account for ask in bench["north"].placed][-1] == RIGHT
    newest = (await shown(desk, bench.order_id)).newest
    assert newest is not None
    assert newest.state is ResubmissionState.DONE
    await assert_sound(shop)


async def test_what_was_changed_is_kept_sealed(shop: Shop, desk: Desk) -> None:
    bench = await refused(shop)
    async with shop.db.reading() as connection:
        before = await account_of(connection, shop.keyring, bench.order_id)
    await corrected(desk, bench)
    [change] = await shop.rows("SELECT * FROM account_changes")
    assert change["fields"] == ["account"]
    sealed = bytes(change["before_sealed"]), bytes(change["after_sealed"])  # type: ignore[call-overload]
    opened = [unseal_account(shop.keyring, bench.order_id, s, operator=None, province=None) for s in sealed]
    assert before is not None
    assert [one.main for one in opened] == [before.main, RIGHT]


async def test_only_the_owner_changes_where_goods_go(shop: Shop, desk: Desk) -> None:
    bench = await refused(shop)
    with pytest.raises(OwnerNeeded):
        await corrected(desk, bench, is_owner=False)
    assert await shop.rows("SELECT * FROM account_changes") == []
    assert await bench.state() is OrderState.EXCEPTION


@pytest.mark.parametrize("number", ["1370000", "13912345678"])
async def test_nonsense_and_the_same_again_are_refused(shop: Shop, desk: Desk, number: str) -> None:
    bench = await refused(shop)
    with pytest.raises(InvalidInput) as wrong:
        await corrected(desk, bench, number)
    assert list(wrong.value.fields) == ["account.account"]
    assert await bench.state() is OrderState.EXCEPTION


async def test_nobody_answers_and_the_money_goes_back(shop: Shop, desk: Desk) -> None:
    bench = await refused(shop)
    await tended(desk, hours=23)
    assert await bench.state() is OrderState.EXCEPTION
    await tended(desk, hours=1, minutes=1)
    assert await bench.state() is OrderState.REFUNDING
    assert await shop.refund_lines() == [("undeliverable", bench.goods.price_fen, "intended")]
    newest = (await shown(desk, bench.order_id)).newest
    assert newest is not None
    assert (newest.state, newest.why) == (ResubmissionState.FAILED, (Why.NO_ANSWER,))
    with pytest.raises(NothingToCorrect):
        await corrected(desk, bench)
    await assert_sound(shop)


async def test_a_buyer_is_asked_twice_and_then_others_are_tried(shop: Shop, desk: Desk) -> None:
    bench = await refused(shop, "north")
    for number in (RIGHT, "13700002222"):
        bench["north"].will("place", Refused(Reason.WRONG_ACCOUNT, "号码不存在"))
        await corrected(desk, bench, number)
        await bench.work()
        shop.clock.go_on(timedelta(minutes=1))
    assert await bench.state() is OrderState.REFUNDING
    await assert_sound(shop)


async def test_before_anything_was_sent_it_may_simply_be_changed(shop: Shop, desk: Desk) -> None:
    bench = await a_bench(shop, top_up=True)
    assert await kinds_offered(desk, bench.order_id) == [Kind.CORRECT_ACCOUNT]
    with pytest.raises(CorrectionNeeded):
        await tapped(desk, bench.order_id, Kind.CORRECT_ACCOUNT)
    await corrected(desk, bench)
    await bench.work()
    assert [ask.account for ask in bench["north"].placed] == [RIGHT]
    assert await kinds_offered(desk, bench.order_id) == []
    with pytest.raises(NothingToCorrect):
        await corrected(desk, bench, "13700002222")
    await assert_sound(shop)


async def test_staff_send_it_back_and_only_when_nothing_is_on_its_way(shop: Shop, desk: Desk) -> None:
    bench = await a_bench(shop, top_up=True)
    bench["north"].will("place", InDoubt("HTTP 502"))
    await bench.work()
    with pytest.raises(NothingToCorrect):
        async with shop.db.transaction() as tx:
            await ask_correction(tx, order_id=bench.order_id, actor=STAFF, reason="请核对号码")
    bench["north"].will("query", Failed(Reason.OTHER, "失败"))
    await bench.wait(30)
    other = await a_bench(shop, "west", top_up=True)
    async with shop.db.transaction() as tx:
        await ask_correction(tx, order_id=other.order_id, actor=STAFF, reason="请核对 13800001234")
    told = await shown(desk, other.order_id)
    assert told.newest is not None
    assert (told.newest.state, told.newest.reason) == (ResubmissionState.ASKED, "请核对 ***")
    await other.work()
    assert other["west"].placed == []
