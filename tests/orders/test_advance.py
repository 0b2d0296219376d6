"""The one writer: state, story and what follows, all in the caller's transaction, or not at all."""

import asyncpg
import msgspec
import pytest

from kameng.kernel.database import Database, Following, Transaction
from kameng.kernel.jobs import Job
from kameng.kernel.lifecycle import IllegalTransition
from kameng.orders.advance import advance
from kameng.orders.lifecycle import (
    BUYER,
    SYSTEM,
    CancelledByBuyer,
    Delivered,
    Expired,
    OrderEvent,
    OrderState,
    PaymentConfirmed,
    PaymentStarted,
    SoldOut,
)
from kameng.orders.lock import OrderMissing, lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from tests.builders.shop import Shop, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio

STORY = (
    "SELECT event, from_state, to_state, actor_kind, reason, facts FROM order_events WHERE order_id = $1 ORDER BY id"
)


class Interrupted(Exception):
    """Something went wrong in a follower."""


@pytest.fixture
async def order_id(shop: Shop) -> OrderId:
    return (await an_order(shop, await a_stocked_sku(shop))).order_id


def followed_by(shop: Shop, following: Following) -> Database:
    return Database(shop.db.pool, following=following, clock=shop.clock)


async def move(db: Database, order_id: OrderId, event: OrderEvent) -> OrderState:
    async with db.transaction() as tx:
        return await advance(tx, await lock_order(tx, order_id), event)


async def test_state_and_story_move_together(shop: Shop, order_id: OrderId) -> None:
    event = PaymentStarted(BUYER, reason="because", facts={"reference": "P1"})
    assert await move(shop.db, order_id, event) is OrderState.AWAITING_PAYMENT
    assert (await shop.rows(STORY, order_id))[1:] == [
        {"event": "payment_started", "from_state": "awaiting_payment", "to_state": "awaiting_payment",
         "actor_kind": "buyer", "reason": "because", "facts": {"reference": "P1"}},
    ]  # fmt: skip


async def test_what_can_not_happen_does_not(shop: Shop, order_id: OrderId) -> None:
    before = await shop.counts()
    with pytest.raises(IllegalTransition):
        await move(shop.db, order_id, Delivered(SYSTEM))
    assert await shop.state(order_id) is OrderState.AWAITING_PAYMENT
    assert await shop.counts() == before


async def test_a_follower_answers_with_the_next_event(shop: Shop, order_id: OrderId) -> None:
    async def deliver(_tx: Transaction, _order: Order, event: OrderEvent) -> OrderEvent:
        return Delivered(SYSTEM, facts={"after": event.name})

    db = followed_by(shop, Following(at_once={PaymentConfirmed: (deliver,)}))
    assert await move(db, order_id, PaymentConfirmed(BUYER)) is OrderState.DELIVERED
    story = [(row["event"], row["from_state"], row["to_state"]) for row in await shop.rows(STORY, order_id)]
    assert story[1:] == [
        ("payment_confirmed", "awaiting_payment", "paid"), ("delivered", "paid", "delivered"),
    ]  # fmt: skip


async def test_what_a_follower_can_not_do_undoes_everything(shop: Shop, order_id: OrderId) -> None:
    async def break_down(tx: Transaction, order: Order, _event: OrderEvent) -> None:
        await tx.connection.execute("UPDATE cards SET state = 'sold' WHERE order_id = $1", order.id)
        raise Interrupted

    db = followed_by(shop, Following(at_once={Expired: (break_down,)}))
    before = await shop.counts()
    with pytest.raises(Interrupted):
        await move(db, order_id, Expired(SYSTEM))
    assert await shop.state(order_id) is OrderState.AWAITING_PAYMENT
    assert await shop.counts() == before
    assert await shop.rows("SELECT state FROM cards WHERE order_id = $1", order_id) == [{"state": "reserved"}]


async def test_two_followers_that_both_answer_are_a_mistake(shop: Shop, order_id: OrderId) -> None:
    async def sold_out(*_: object) -> OrderEvent:
        return SoldOut(SYSTEM)

    db = followed_by(shop, Following(at_once={PaymentConfirmed: (sold_out, sold_out)}))
    with pytest.raises(AssertionError, match="more than one event"):
        await move(db, order_id, PaymentConfirmed(BUYER))
    assert await shop.state(order_id) is OrderState.AWAITING_PAYMENT


async def test_jobs_are_left_behind_with_the_event(shop: Shop, order_id: OrderId) -> None:
    db = followed_by(shop, Following(later={Expired: (Job("wash"), Job("dry"))}))
    await move(db, order_id, Expired(SYSTEM))
    jobs = await shop.rows("SELECT entrypoint, payload FROM pgqueuer ORDER BY id")
    assert [job["entrypoint"] for job in jobs] == ["wash", "dry"]
    assert [job["payload"] for job in jobs] == [msgspec.json.encode({"order_id": order_id})] * 2


async def test_an_order_that_moved_on_is_not_overwritten(shop: Shop, order_id: OrderId) -> None:
    """Whoever forgets to lock is stopped by the compare-and-set."""
    async with shop.db.transaction() as tx:
        stale = await lock_order(tx, order_id)
    await move(shop.db, order_id, CancelledByBuyer(BUYER))
    before = await shop.counts()
    with pytest.raises(AssertionError, match="lock it first"):
        async with shop.db.transaction() as tx:
            await advance(tx, stale, Expired(SYSTEM))
    assert await shop.counts() == before


async def test_an_unknown_order_is_missing(shop: Shop) -> None:
    with pytest.raises(OrderMissing):
        await move(shop.db, OrderId(261122143055123456), Expired(SYSTEM))


@pytest.mark.parametrize("statement", ["UPDATE order_events SET event = 'x'", "DELETE FROM order_events"])
async def test_a_story_is_not_rewritten(shop: Shop, order_id: OrderId, statement: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        async with shop.db.transaction() as tx:
            await tx.connection.execute(statement)
    assert await shop.events(order_id) == ["placed"]
