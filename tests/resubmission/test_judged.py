"""What speaks against a buyer decides how an order is put right: at once, after a second proof, or by a person."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.resubmission.correct_account import Correction, correct_account
from kameng.resubmission.decide import decide_resubmission
from kameng.resubmission.desk import Desk
from kameng.resubmission.judge import SecondProofNeeded
from kameng.resubmission.resubmission import Kind, ResubmissionState, Why
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import Listed, Rule, Thresholds, Verdict
from kameng.risk.signals import local_hour
from kameng.risk.weights import save_thresholds
from kameng.supply.answer import Delivered, Reason, Refused
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.dispatching import a_bench
from tests.builders.resubmitting import a_part, assert_sound, kinds_offered, tapped
from tests.builders.risk import listed, scores
from tests.builders.shop import ADDRESS, Shop, a_paid_order, a_stocked_sku, stock_up

pytestmark = pytest.mark.anyio

AMY = Actor(ActorKind.STAFF, "amy")


async def with_subjects(shop: Shop) -> None:
    """Something small was kept of it when it was placed, and with it whom it is about."""
    await listed(shop, Listed.WATCH)
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(200, 200))


async def test_low_goes_on_and_nothing_is_kept_of_what_nothing_speaks_against(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    await stock_up(shop, bench.goods.sku_id, ["OURS1"])
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert one.state is ResubmissionState.DONE
    assert await scores(shop, bench.order_id) == []


async def test_middle_gives_a_second_proof_and_the_verdict_is_kept_with_its_reasons(shop: Shop, desk: Desk) -> None:
    await with_subjects(shop)
    bench = await a_part(shop)
    await stock_up(shop, bench.goods.sku_id, ["OURS1"])
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, 100))
    with pytest.raises(SecondProofNeeded):
        await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert await shop.rows("SELECT id FROM resubmissions") == []
    kept = (await scores(shop, bench.order_id))[-1]
    assert (kept.stage, kept.verdict, kept.decide_by) == (Stage.RESUBMITTED, Verdict.MIDDLE, None)
    assert Rule.WATCHED in {reason.rule for reason in kept.reasons}
    assert await bench.state() is OrderState.EXCEPTION
    assert Kind.DELIVER_AGAIN in await kinds_offered(desk, bench.order_id)
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN, has_proved=True)
    assert one.state is ResubmissionState.DONE
    await assert_sound(shop)


async def test_high_goes_to_a_person_with_the_verdict_kept(shop: Shop, desk: Desk) -> None:
    await with_subjects(shop)
    bench = await a_part(shop)
    await stock_up(shop, bench.goods.sku_id, ["OURS1"])
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, 50))
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN, has_proved=True)
    assert (one.state, one.why) == (ResubmissionState.WITH_STAFF, (Why.RISKY,))
    assert (await scores(shop, bench.order_id))[-1].verdict is Verdict.HIGH
    assert await shop.cards(bench.goods.sku_id) == {"sold": 1, "available": 1}
    async with shop.db.transaction() as tx:
        one = await decide_resubmission(tx, order_id=bench.order_id, allow=True, actor=AMY, reason="老客户")
    assert one.state is ResubmissionState.DONE


async def read(shop: Shop, order_id: OrderId) -> None:
    await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=RevealAsk(order_id, Access.OWNER, ADDRESS))


async def test_by_night_codes_are_exchanged_without_a_person_as_by_day(shop: Shop, desk: Desk) -> None:
    shop.clock.go_on(timedelta(hours=(27 - local_hour(shop.clock.now())) % 24))
    order = await a_paid_order(shop, await a_stocked_sku(shop, cards=2))
    await read(shop, order.order_id)
    assert (await tapped(desk, order.order_id, Kind.REPLACE_CODE)).state is ResubmissionState.DONE
    kept = (await scores(shop, order.order_id))[-1]
    assert [reason.rule for reason in kept.reasons] == [Rule.NIGHT]


async def test_an_exchange_goes_to_a_person_where_others_need_a_proof(shop: Shop, desk: Desk) -> None:
    await with_subjects(shop)
    order = await a_paid_order(shop, await a_stocked_sku(shop, cards=2))
    await read(shop, order.order_id)
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, 100))
    one = await tapped(desk, order.order_id, Kind.REPLACE_CODE, has_proved=True)
    assert (one.state, one.why) == (ResubmissionState.WITH_STAFF, (Why.RISKY,))
    assert (await scores(shop, order.order_id))[-1].verdict is Verdict.MIDDLE


async def test_whoever_exchanges_often_is_looked_at_though_it_be_all_at_once(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=20)
    orders = [await a_paid_order(shop, goods) for _ in range(6)]
    other = await a_paid_order(shop, goods, contact="13700002222")
    for order in (*orders, other):
        await read(shop, order.order_id)
    made = await asyncio.gather(*(tapped(desk, order.order_id, Kind.REPLACE_CODE) for order in orders))
    assert Counter((one.state, one.why) for one in made) == {
        (ResubmissionState.DONE, ()): 3,
        (ResubmissionState.WITH_STAFF, (Why.EXCHANGED_OFTEN,)): 3,
    }
    assert (await tapped(desk, other.order_id, Kind.REPLACE_CODE)).state is ResubmissionState.DONE
    await assert_sound(shop)
    shop.clock.go_on(timedelta(days=31))
    late = await a_paid_order(shop, goods)
    await read(shop, late.order_id)
    assert (await tapped(desk, late.order_id, Kind.REPLACE_CODE)).state is ResubmissionState.DONE


async def test_old_orders_exchanged_together_count_as_much(shop: Shop, desk: Desk) -> None:
    goods = await a_stocked_sku(shop, cards=20)
    await shop.rows("UPDATE products SET resubmit_within_hours = 2000")
    orders = [await a_paid_order(shop, goods) for _ in range(4)]
    for order in orders:
        await read(shop, order.order_id)
    shop.clock.go_on(timedelta(days=40))
    made = [await tapped(desk, order.order_id, Kind.REPLACE_CODE) for order in orders]
    assert [one.state for one in made] == [ResubmissionState.DONE] * 3 + [ResubmissionState.WITH_STAFF]


async def test_the_shop_itself_is_not_judged_nor_is_looking_for_money(shop: Shop, desk: Desk) -> None:
    await with_subjects(shop)
    bench = await a_part(shop)
    await stock_up(shop, bench.goods.sku_id, ["OURS1"])
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, 50))
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN, actor=Actor(ActorKind.SYSTEM))
    assert one.state is ResubmissionState.DONE


async def test_a_correction_that_is_high_is_left_to_a_person_unmade(shop: Shop, desk: Desk) -> None:
    await with_subjects(shop)
    bench = await a_bench(shop, top_up=True)
    bench["north"].will("place", Refused(Reason.WRONG_ACCOUNT, "号码不存在"))
    await bench.work()
    shop.clock.go_on(timedelta(minutes=1))
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, 50))
    correction = Correction(bench.order_id, is_owner=True, answers={"account": "13700001111"})
    one = await correct_account(desk, correction)
    assert (one.state, one.why) == (ResubmissionState.WITH_STAFF, (Why.RISKY,))
    assert await shop.rows("SELECT id FROM account_changes") == []
    async with shop.db.transaction() as tx:
        one = await decide_resubmission(tx, order_id=bench.order_id, allow=True, actor=AMY, reason="本人来电")
    assert one.state is ResubmissionState.ASKED
    assert (await correct_account(desk, correction)).state is ResubmissionState.UNDER_WAY
    bench["north"].will("place", Delivered(cost_fen=900))
    await bench.skip(seconds=1)
    assert await bench.state() is OrderState.DELIVERED


async def test_a_correction_that_is_middle_needs_a_second_proof(shop: Shop, desk: Desk) -> None:
    await with_subjects(shop)
    bench = await a_bench(shop, top_up=True)
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, 100))
    answers = {"account": "13700001111"}
    with pytest.raises(SecondProofNeeded):
        await correct_account(desk, Correction(bench.order_id, is_owner=True, answers=answers))
    assert await shop.rows("SELECT id FROM resubmissions") == []
    await correct_account(desk, Correction(bench.order_id, is_owner=True, answers=answers, has_proved=True))
    assert len(await shop.rows("SELECT id FROM account_changes")) == 1


async def test_a_product_has_its_own_window(shop: Shop, desk: Desk) -> None:
    bench = await a_part(shop)
    await stock_up(shop, bench.goods.sku_id, ["OURS1"])
    await shop.rows("UPDATE products SET resubmit_within_hours = 2")
    shop.clock.go_on(timedelta(hours=2))
    one = await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)
    assert (one.state, one.why) == (ResubmissionState.DECLINED, (Why.TOO_LATE,))
    await shop.rows("UPDATE products SET resubmit_within_hours = 48")
    shop.clock.go_on(timedelta(hours=40))
    assert (await tapped(desk, bench.order_id, Kind.DELIVER_AGAIN)).state is ResubmissionState.DONE


async def test_refunds_that_were_asked_for_count_whatever_their_cause(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=9)
    for cause in ("goods_faulty", "not_arrived"):
        order = await a_paid_order(shop, goods)
        await shop.rows(
            "INSERT INTO refunds (receipt_id, order_id, amount_fen, state, cause, requested_at)"
            " SELECT r.id, $1, 1, 'done', $2, $3 FROM receipts r JOIN payment_attempt_orders p USING (attempt_id)"
            " WHERE p.order_id = $1",
            order.order_id, cause, shop.clock.now(),
        )  # fmt: skip
    shop.clock.go_on(timedelta(days=2))
    order = await a_paid_order(shop, goods)
    (kept,) = [one for one in await scores(shop, order.order_id) if one.stage is Stage.PLACED]
    assert kept.signals.refunded == 2
