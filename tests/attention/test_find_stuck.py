"""Whatever stands too long is found before its buyer asks: once a stay, by whoever looks, until it moves."""

import asyncio
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from enum import StrEnum

import pytest

from kameng.aftersales.case import CaseState
from kameng.attention.bounds import BOUNDS, Place, PlaceUnknown, Thing, read_bounds, set_bound
from kameng.attention.claim import Item, Queue, Taking, set_follow_up, take
from kameng.attention.find_stuck import find_stuck
from kameng.attention.stuck import Stuck, count_stuck, list_stuck
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import SETTLED, Actor, ActorKind, OrderState
from kameng.orders.number import OrderId
from kameng.payment.attempt import RefundState
from kameng.payment.expire import expire_orders
from kameng.payment.refund import accept_payment
from kameng.payment.request import REQUEST_LIFECYCLE, RequestState
from kameng.resubmission.resubmission import OPEN
from kameng.risk.scorecard import Verdict
from kameng.staff.roles import Role
from kameng.supply.answer import Accepted, Delivered
from kameng.tracking.view import view_order
from tests.builders.bank import Call, Mood
from tests.builders.cases import somebody
from tests.builders.dispatching import Bench, a_bench
from tests.builders.refunds import request_refund
from tests.builders.risk import a_held_order
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio
STAFF = Actor(ActorKind.STAFF, "wang")
MINUTE = timedelta(minutes=1)


async def stuck(shop: Shop) -> list[Stuck]:
    async with shop.db.reading() as connection:
        return await list_stuck(connection)


async def looked(shop: Shop, **passed: float) -> list[Stuck]:
    """After so long somebody looks; what is stuck then."""
    shop.clock.go_on(timedelta(**passed))
    await find_stuck(db=shop.db)
    return await stuck(shop)


async def sound(shop: Shop) -> bool:
    """But for other sweeps, which sleep here."""
    broken = {violation.name for violation in await check_invariants(shop.db, now=shop.clock.now())}
    return broken <= {"sweeps_asleep"}


async def a_silent_bench(shop: Shop) -> Bench:
    """A supplier has taken the order and says no more."""
    bench = await a_bench(shop, "north", top_up=True)
    bench["north"].will("place", Accepted("S1"))
    await bench.work()
    assert await bench.state() is OrderState.DELIVERING
    return bench


async def arrives(bench: Bench) -> None:
    """The supplier says at last that it is there."""
    bench["north"].will("query", Delivered(receipt="R1"))
    await bench.work()


def test_every_state_that_somebody_waits_in_has_a_bound() -> None:
    by_thing: Mapping[Thing, AbstractSet[StrEnum]] = {
        Thing.ORDER: set(OrderState) - SETTLED,
        Thing.RESUBMISSION: set(OPEN),
        Thing.REFUND: set(RefundState) - {RefundState.DONE},
        Thing.REFUND_REQUEST: {state for state, _ in REQUEST_LIFECYCLE.moves},
        Thing.CASE: set(CaseState) - {CaseState.CLOSED},
    }
    for thing, states in by_thing.items():
        bounded = {place.state for place in BOUNDS if place.thing is thing and not place.event}
        assert bounded == {str(state) for state in states}, thing
    assert RequestState.WAITING in by_thing[Thing.REFUND_REQUEST]


async def test_a_delivery_that_takes_too_long_gets_a_queue_a_person_and_an_end(shop: Shop) -> None:
    bench = await a_silent_bench(shop)
    assert await looked(shop, minutes=29) == []
    [one] = await looked(shop, minutes=2)
    assert (one.thing, one.state, one.role, one.owner) == (Thing.ORDER, "delivering", Role.CUSTOMER_SERVICE, None)
    assert one.promise_at == shop.clock.now() + 30 * MINUTE
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=bench.order_id)
    assert view.attention is not None
    assert view.attention.taken_at is None
    assert await looked(shop, minutes=5) == [one], "once a stay"
    li = await somebody(shop, "li")
    await take(db=shop.db, taking=Taking(Item(Queue.STUCK, one.id, one.since), li, li.id, None))
    [taken] = await stuck(shop)
    assert (taken.owner, taken.taken_at, taken.promise_at) == ("li", shop.clock.now(), shop.clock.now() + 30 * MINUTE)
    assert (await shop.events(bench.order_id))[-2:] == ["stood_too_long", "taken_in_hand"]
    await arrives(bench)
    assert await bench.state() is OrderState.DELIVERED
    assert await stuck(shop) == [], "nobody sees it from the moment it has moved"
    assert await looked(shop, seconds=1) == []
    assert await shop.rows("SELECT id FROM stuck WHERE ended_at IS NULL") == []
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=bench.order_id)
    assert view.attention is None
    assert await sound(shop)


async def test_what_nobody_takes_goes_to_the_owner_and_alarms(shop: Shop) -> None:
    await a_silent_bench(shop)
    [one] = await looked(shop, minutes=31)
    assert await shop.alarms() == []
    [late] = await looked(shop, minutes=30)
    assert (late.role, late.escalations, late.id) == (Role.OWNER, 1, one.id)
    assert late.promise_at == shop.clock.now() + 30 * MINUTE
    assert await shop.alarms() == ["order_stuck"]
    li = await somebody(shop, "li")
    item = Item(Queue.STUCK, one.id, one.since)
    await take(db=shop.db, taking=Taking(item, li, li.id, None))
    until = shop.clock.now() + timedelta(hours=2)
    await set_follow_up(db=shop.db, item=item, at=until)
    [planned] = await looked(shop, minutes=59)
    assert (planned.promise_at, planned.follow_up_at, planned.escalations) == (until, until, 1)
    with pytest.raises(InvalidInput):
        await set_follow_up(db=shop.db, item=item, at=shop.clock.now())
    [again] = await looked(shop, minutes=62)
    assert (again.owner, again.role, again.escalations) == ("li", Role.OWNER, 2)


async def test_many_who_look_at_once_find_it_once(shop: Shop) -> None:
    bench = await a_silent_bench(shop)
    shop.clock.go_on(31 * MINUTE)
    await asyncio.gather(*(find_stuck(db=shop.db) for _ in range(6)))
    assert len(await stuck(shop)) == 1
    assert (await shop.events(bench.order_id)).count("stood_too_long") == 1
    shop.clock.go_on(31 * MINUTE)
    await asyncio.gather(*(find_stuck(db=shop.db) for _ in range(6)))
    assert [one.escalations for one in await stuck(shop)] == [1]
    assert (await shop.rows("SELECT times FROM alarms")) == [{"times": 1}]


async def test_looking_while_it_moves_leaves_nothing_behind(shop: Shop) -> None:
    bench = await a_silent_bench(shop)
    shop.clock.go_on(31 * MINUTE)
    await asyncio.gather(find_stuck(db=shop.db), arrives(bench), find_stuck(db=shop.db))
    assert await bench.state() is OrderState.DELIVERED
    assert await looked(shop, seconds=1) == []
    assert await sound(shop)


async def test_what_is_learned_of_such_deliveries_holds_in_place_of_the_bound(shop: Shop) -> None:
    await a_silent_bench(shop)
    due = "INSERT INTO radar_watched (attempt_id, due_at) SELECT id, called_at + $1 FROM delivery_attempts"
    await shop.db.pool.execute("DELETE FROM radar_watched")
    await shop.db.pool.execute(due, timedelta(seconds=40))
    assert await looked(shop, minutes=9) == [], "nobody is called for less than ten minutes"
    await shop.db.pool.execute("UPDATE radar_watched SET due_at = due_at + interval '1 hour'")
    assert await looked(shop, minutes=50) == []
    assert await looked(shop, minutes=3) != []


async def test_an_operator_sets_how_long_it_may_take_at_most(shop: Shop) -> None:
    await a_silent_bench(shop)
    await shop.db.pool.execute("DELETE FROM radar_watched")
    due = "INSERT INTO radar_watched (attempt_id, due_at) SELECT id, called_at + $1 FROM delivery_attempts"
    await shop.db.pool.execute(due, timedelta(hours=9))
    delivering = Place(Thing.ORDER, "delivering")
    async with shop.db.transaction() as tx:
        await set_bound(tx, delivering, 20 * MINUTE, at_most=45 * MINUTE)
        for wrong in (timedelta(), 50 * MINUTE):
            with pytest.raises(InvalidInput):
                await set_bound(tx, delivering, wrong, at_most=45 * MINUTE)
        with pytest.raises(InvalidInput):
            await set_bound(tx, Place(Thing.ORDER, "paid"), MINUTE, at_most=2 * MINUTE)
        with pytest.raises(PlaceUnknown):
            await set_bound(tx, Place(Thing.ORDER, "delivered"), MINUTE)
    assert await looked(shop, minutes=44) == []
    assert len(await looked(shop, minutes=2)) == 1
    async with shop.db.transaction() as tx:
        await set_bound(tx, delivering, None)
        assert await read_bounds(tx.connection) == BOUNDS


async def test_of_what_its_buyer_is_waited_for_the_clock_begins_later(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await a_held_order(shop, goods, Verdict.MIDDLE)
    assert await looked(shop, hours=24, minutes=30) == []
    [one] = await looked(shop, hours=1)
    assert (one.state, one.role) == ("under_review", Role.FINANCE)


async def test_what_a_person_must_decide_is_found_after_an_hour_and_ends_with_the_decision(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_held_order(shop, goods, Verdict.HIGH)
    assert await looked(shop, minutes=59) == []
    assert len(await looked(shop, minutes=2)) == 1
    async with shop.db.transaction() as tx:
        await accept_payment(tx, order_id=order.order_id, actor=STAFF, reason="核对过")
    assert await looked(shop, seconds=1) == []
    assert await sound(shop)


async def test_an_order_nobody_expires_and_a_refund_that_does_not_go_out(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    unpaid = await an_order(shop, goods)
    await a_started_payment(shop, unpaid.order_id)
    assert [one.state for one in await looked(shop, minutes=26)] == ["awaiting_payment"]
    await expire_orders(db=shop.db)
    assert await looked(shop, seconds=1) == []
    shop.bank.will(Call.REFUND, Mood.REFUSES)
    order = await a_paid_order(shop, goods, fen=900)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=order.order_id, actor=STAFF, reason="核对过")
    states = [(one.thing, one.state) for one in await looked(shop, hours=2, minutes=1)]
    assert states == [(Thing.ORDER, "refunding")], "of one order there is one exception, whatever stands still with it"


async def test_a_refund_beside_a_delivered_order_is_found_by_itself(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods, fen=1500)
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    [one] = await looked(shop, minutes=61)
    assert (one.thing, one.state, one.order_id) == (Thing.REFUND, "intended", OrderId(order.order_id))
    assert await shop.state(order.order_id) is OrderState.DELIVERED


async def test_the_same_state_entered_anew_is_another_stay(shop: Shop) -> None:
    bench = await a_silent_bench(shop)
    assert len(await looked(shop, minutes=31)) == 1
    event = (
        "INSERT INTO order_events (order_id, event, from_state, to_state, actor_kind, at)"
        " VALUES ($1, 'delivery_started', 'exception', 'delivering', 'system', $2)"
    )
    await shop.db.pool.execute(event, bench.order_id, shop.clock.now())
    assert await looked(shop, minutes=1) == []
    assert len(await looked(shop, minutes=31)) == 1
    async with shop.db.reading() as connection:
        assert await count_stuck(connection) == 1
    assert len(await shop.rows("SELECT id FROM stuck")) == 2
