"""Each order once, through the verb that a single one uses, whatever becomes of the others."""

import asyncio
from datetime import timedelta

import pytest

from kameng.batches.agree import approve_batch, decline_batch
from kameng.batches.batch import Action, AgreedToBefore, BatchMoved, OwnBatch
from kameng.batches.carry_out import carry_out_batches
from kameng.batches.lapse import lapse_batches
from kameng.batches.look import show_batch
from kameng.batches.steer import break_off_batch, go_on_with_batch, stop_batch
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.request import RefundRules
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.staff.audit import read_audit
from kameng.staff.roles import NotPermitted, Role
from kameng.supply.answer import Delivered
from tests.builders.batching import Batches, delivered_orders, held_orders, stuck_orders
from tests.builders.dispatching import a_bench, codes
from tests.builders.refunds import request_refund
from tests.builders.resubmitting import a_part, an_expired_order, assert_sound
from tests.builders.shop import Shop, a_stocked_sku, stock_up

pytestmark = pytest.mark.anyio

REQUESTS = "SELECT state, amount_fen, asker_id, reference FROM refund_requests ORDER BY id"


async def sent_back(shop: Shop) -> int:
    while await sweep_refunds(db=shop.db, gateways=shop.gateways):
        pass
    return sum(trade.sent_back_fen for trade in shop.bank.trades.values())


async def test_many_refunds_each_once_with_its_line_in_the_audit(batches: Batches) -> None:
    shop = batches.shop
    orders = await delivered_orders(shop, orders=5)
    batch_id = await batches.started(Action.REFUND, orders)
    await batches.carried_out()
    assert await batches.counted(batch_id) == {"done": 5}
    assert await batches.state(batch_id) == "done"
    assert await sent_back(shop) == 5000
    assert {await shop.state(order) for order in orders} == {OrderState.REFUNDED}
    lines = [line for line in await read_audit(shop.db) if line.action == "order:refund_requested"]
    assert {line.facts["batch"] for line in lines} == {batch_id}
    assert {line.login for line in lines} == {"li"}
    assert len(lines) == 5
    assert [line.action for line in await read_audit(shop.db, subject="batch:")] == [
        "batch:confirmed",
        "batch:drawn_up",
    ]
    await assert_sound(shop)


async def test_above_the_limit_another_person_agrees_to_the_sum(batches: Batches) -> None:
    shop = batches.shop
    batches.refunds = RefundRules(approve_above_fen=1999)
    orders = await delivered_orders(shop, orders=2)
    batch_id = await batches.started(Action.REFUND, orders)
    assert await batches.state(batch_id) == "waiting"
    await batches.carried_out()
    assert await shop.rows(REQUESTS) == []
    with pytest.raises(OwnBatch):
        async with shop.db.transaction() as tx:
            await approve_batch(tx, batch_id=batch_id, word=await batches.word())
    with pytest.raises(NotPermitted):
        async with shop.db.transaction() as tx:
            await approve_batch(tx, batch_id=batch_id, word=await batches.word("amy", Role.CUSTOMER_SERVICE))
    async with shop.db.transaction() as tx:
        await approve_batch(tx, batch_id=batch_id, word=await batches.word("wang", Role.FINANCE))
    await batches.carried_out()
    assert [(row["state"], row["reference"]) for row in await shop.rows(REQUESTS)] == [
        ("approved", f"batch:{batch_id}")
    ] * 2
    assert await sent_back(shop) == 2000


async def test_two_people_agree_to_a_large_one_and_that_counts_for_each_order(batches: Batches) -> None:
    shop = batches.shop
    batches.refunds = RefundRules(approve_above_fen=500, two_above_fen=900)
    batch_id = await batches.started(Action.REFUND, await delivered_orders(shop, orders=2))
    for login, state in (("wang", "agreed_once"), ("zhao", "running")):
        async with shop.db.transaction() as tx:
            await approve_batch(tx, batch_id=batch_id, word=await batches.word(login, Role.FINANCE))
        assert await batches.state(batch_id) == state
        if state == "agreed_once":
            with pytest.raises(AgreedToBefore):
                async with shop.db.transaction() as tx:
                    await approve_batch(tx, batch_id=batch_id, word=await batches.word(login))
    await batches.carried_out()
    assert await batches.counted(batch_id) == {"done": 2}
    agreed = await shop.rows("SELECT login, count(*) AS n FROM refund_approvals GROUP BY login ORDER BY login")
    assert agreed == [{"login": "wang", "n": 2}, {"login": "zhao", "n": 2}]
    assert await sent_back(shop) == 2000


async def test_small_batches_of_one_person_are_added_up(batches: Batches) -> None:
    shop = batches.shop
    batches.refunds = RefundRules(approve_above_fen=1500)
    first = await batches.started(Action.REFUND, await delivered_orders(shop, orders=1))
    second = await batches.started(Action.REFUND, await delivered_orders(shop, orders=1))
    assert (await batches.state(first), await batches.state(second)) == ("running", "waiting")
    shop.clock.go_on(timedelta(days=1, minutes=1))
    third = await batches.started(Action.REFUND, await delivered_orders(shop, orders=1))
    assert await batches.state(third) == "running"


async def test_what_is_not_agreed_to_is_not_done(batches: Batches) -> None:
    shop = batches.shop
    batches.refunds = RefundRules(approve_above_fen=1)
    batch_id = await batches.started(Action.REFUND, await delivered_orders(shop, orders=2))
    async with shop.db.transaction() as tx:
        await decline_batch(tx, batch_id=batch_id, word=await batches.word("wang", Role.FINANCE))
    await batches.carried_out()
    assert await batches.state(batch_id) == "declined"
    other = await batches.started(Action.REFUND, await delivered_orders(shop, orders=1))
    shop.clock.go_on(timedelta(days=8))
    await lapse_batches(db=shop.db)
    assert await batches.state(other) == "lapsed"
    assert await batches.counted(other) == {"left": 1}
    assert await shop.rows(REQUESTS) == []


async def test_stuck_orders_are_resubmitted_together(batches: Batches) -> None:
    shop = batches.shop
    bench = await a_bench(shop, "north", quantity=2)
    orders = await stuck_orders(bench, orders=3)
    assert {await shop.state(order) for order in orders} == {OrderState.EXCEPTION}
    batch_id = await batches.started(Action.RESUBMIT, orders)
    for n in range(3):
        bench["north"].will("place", Delivered(codes=codes(f"B{n}"), cost_fen=900))
    await batches.carried_out()
    await bench.work()
    assert {await shop.state(order) for order in orders} == {OrderState.DELIVERED}
    lines = (await show_batch(shop.db, batch_id, rules=RefundRules())).lines
    assert [(line.state, line.result) for line in lines] == [("done", "done")] * 3
    await assert_sound(shop)


async def test_what_the_rules_left_to_a_person_is_allowed_by_asking_for_it(batches: Batches) -> None:
    shop = batches.shop
    bench = await a_part(shop)
    await shop.db.pool.execute(
        "INSERT INTO resubmissions (order_id, kind, state, actor_kind, applied_at, ended_at)"
        " SELECT $1, 'deliver_again', 'failed', 'buyer', $2, $2 FROM generate_series(1, 3)",
        bench.order_id, shop.clock.now() - timedelta(minutes=1),
    )  # fmt: skip
    await stock_up(shop, bench.goods.sku_id, ["OURS1"])
    batch_id = await batches.started(Action.RESUBMIT, [bench.order_id])
    await batches.carried_out()
    assert await batches.items(batch_id) == [("done", None)]
    assert await shop.state(bench.order_id) is OrderState.DELIVERED


async def test_a_payment_nobody_saw_is_looked_for(batches: Batches) -> None:
    shop = batches.shop
    order = await an_expired_order(shop, await a_stocked_sku(shop), with_payment=True)
    batch_id = await batches.started(Action.RESUBMIT, [order.order_id])
    await batches.carried_out()
    [line] = (await show_batch(shop.db, batch_id, rules=RefundRules())).lines
    assert (line.state, line.result) == ("done", "declined")


async def test_held_orders_are_released_but_the_one_that_somebody_has_just_sent_back(batches: Batches) -> None:
    shop = batches.shop
    orders = await held_orders(shop, orders=3)
    batch_id = await batches.started(Action.RELEASE, orders)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=orders[2], actor=Actor(ActorKind.STAFF, "wang"), reason="买家要求")
    await batches.carried_out()
    assert await batches.counted(batch_id) == {"done": 2, "changed": 1}
    states = [await shop.state(order) for order in orders]
    assert states == [OrderState.DELIVERED, OrderState.DELIVERED, OrderState.REFUNDING]


async def test_what_has_changed_since_the_preview_is_told_and_not_forced(batches: Batches) -> None:
    shop = batches.shop
    orders = await delivered_orders(shop, orders=3)
    batch_id = await batches.started(Action.REFUND, orders)
    asker = (await batches.person("wang")).login
    async with shop.db.transaction() as tx:
        wish = RefundWish(orders[1], RefundCause.GOODWILL, "协商", Actor(ActorKind.STAFF, asker), amount_fen=100)
        await ask_refund(tx, rules=RefundRules(), wish=wish)
    await batches.carried_out()
    assert await batches.items(batch_id) == [("done", None), ("changed", None), ("done", None)]
    assert await sent_back(shop) == 2100
    await assert_sound(shop)


async def test_an_error_in_one_does_not_stop_the_others(batches: Batches) -> None:
    """One whose row can't be written is tried three times and then says so."""
    shop = batches.shop
    orders = await delivered_orders(shop, orders=3)
    batch_id = await batches.started(Action.REFUND, orders)
    await shop.db.pool.execute(
        f"CREATE FUNCTION break_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NEW.order_id = {orders[1]} THEN RAISE EXCEPTION 'broken'; END IF; RETURN NEW; END $$"
    )
    await shop.db.pool.execute(
        "CREATE TRIGGER break_one BEFORE INSERT ON refund_requests FOR EACH ROW EXECUTE FUNCTION break_one()"
    )
    try:
        for _ in range(4):
            await batches.carried_out()
            shop.clock.go_on(timedelta(minutes=5))
    finally:
        await shop.db.pool.execute("DROP FUNCTION break_one CASCADE")
    assert await batches.items(batch_id) == [("done", None), ("failed", "RaiseError"), ("done", None)]
    assert await batches.state(batch_id) == "done"
    assert await sent_back(shop) == 2000


async def test_it_stops_and_goes_on_and_can_be_broken_off(batches: Batches) -> None:
    shop = batches.shop
    orders = await delivered_orders(shop, orders=6)
    batch_id = await batches.started(Action.REFUND, orders)
    await carry_out_batches(batches.bench(), of_each=2)
    async with shop.db.transaction() as tx:
        await stop_batch(tx, batch_id=batch_id, word=await batches.word())
    await batches.carried_out()
    assert await batches.counted(batch_id) == {"done": 2, "todo": 4}
    async with shop.db.transaction() as tx:
        await go_on_with_batch(tx, batch_id=batch_id, word=await batches.word())
    await carry_out_batches(batches.bench(), of_each=2)
    async with shop.db.transaction() as tx:
        await break_off_batch(tx, batch_id=batch_id, word=await batches.word())
    await batches.carried_out()
    assert await batches.counted(batch_id) == {"done": 4, "left": 2}
    assert await batches.state(batch_id) == "ended"
    with pytest.raises(BatchMoved):
        async with shop.db.transaction() as tx:
            await go_on_with_batch(tx, batch_id=batch_id, word=await batches.word())
    assert await sent_back(shop) == 4000


async def test_it_stops_by_itself_when_its_asker_may_not_do_it_any_more(batches: Batches) -> None:
    shop = batches.shop
    batch_id = await batches.started(Action.REFUND, await delivered_orders(shop, orders=2))
    await shop.db.pool.execute("UPDATE staff SET enabled = false")
    await batches.carried_out()
    [row] = await shop.rows("SELECT state, stopped_why FROM order_batches")
    assert row == {"state": "stopped", "stopped_why": "asker_gone"}
    assert await batches.counted(batch_id) == {"todo": 2}


async def test_two_workers_at_once_do_each_order_once(batches: Batches) -> None:
    shop = batches.shop
    orders = await delivered_orders(shop, orders=12)
    batch_id = await batches.started(Action.REFUND, orders)
    await asyncio.gather(*(carry_out_batches(batches.bench(), of_each=12) for _ in range(3)))
    # One that took items up in vain, as if it had died and come back late.
    await shop.db.pool.execute("UPDATE order_batch_items SET try_at = $1", shop.clock.now())
    await asyncio.gather(*(carry_out_batches(batches.bench(), of_each=12) for _ in range(3)))
    assert await batches.counted(batch_id) == {"done": 12}
    assert len(await shop.rows(REQUESTS)) == 12
    assert await sent_back(shop) == 12_000
    await assert_sound(shop)
