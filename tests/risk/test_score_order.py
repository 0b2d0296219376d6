"""What is counted of an order when it is placed, and what is looked at again when it is paid."""

from datetime import timedelta

import pytest

from kameng.checkout.place_order import CheckoutRules
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.weigh import learn_usual_amounts
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import Rule, Thresholds, Verdict, Weight
from kameng.risk.weights import read_card, save_thresholds, save_weight
from tests.builders.refunds import request_refund
from tests.builders.risk import PUBLIC, placed_from, scores
from tests.builders.shop import (
    PHONE,
    Shop,
    a_paid_order,
    a_started_payment,
    a_stocked_sku,
    an_order,
    paid,
)

pytestmark = pytest.mark.anyio
STAFF = Actor(ActorKind.STAFF, "wang")
VELOCITY = "SELECT orders, newcomers, fen FROM risk_velocity ORDER BY orders, newcomers"
SUBJECTS = "SELECT count(*) AS n FROM risk_velocity"
RISK = "SELECT risk FROM orders WHERE id = $1"


async def risk_of(shop: Shop, order_id: int) -> int:
    return int(str((await shop.rows(RISK, order_id))[0]["risk"]))


def rules_of(found: object) -> dict[Rule, int]:
    return {reason.rule: reason.seen for reason in found.reasons}  # type: ignore[attr-defined]


async def test_an_ordinary_order_leaves_counts_and_no_verdict(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await placed_from(shop, goods, PUBLIC.format(1), PHONE)
    assert await risk_of(shop, order.order_id) == 0
    assert await scores(shop, order.order_id) == []
    # One of the contact, one of the network.
    assert await shop.rows(VELOCITY) == [{"orders": 1, "newcomers": 1, "fen": 1000}] * 2


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "203.0.113.7", "::1", "::ffff:10.0.0.1"])
async def test_addresses_that_are_not_everybodys_are_not_counted(shop: Shop, address: str) -> None:
    goods = await a_stocked_sku(shop, cards=2)
    await placed_from(shop, goods, address, PHONE)
    assert await shop.rows(SUBJECTS) == [{"n": 1}]


async def test_new_contacts_of_a_network_are_counted_whoever_they_are(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=20, price_fen=5000)
    orders = [await placed_from(shop, goods, PUBLIC.format(n), f"1380000{n:04d}") for n in range(12)]
    points = [await risk_of(shop, order.order_id) for order in orders]
    assert points == [0] * 5 + [25] * 6 + [50]
    last = (await scores(shop, orders[-1].order_id))[0]
    assert (last.stage, last.verdict, rules_of(last)) == (
        Stage.PLACED, Verdict.MIDDLE, {Rule.NEWCOMERS_OF_NETWORK: 12},
    )  # fmt: skip
    # A neighbouring network is another one.
    other = await placed_from(shop, goods, "8.8.9.1", "13800009999")
    assert await risk_of(shop, other.order_id) == 0


async def test_who_comes_again_is_no_newcomer_but_still_new(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=20, price_fen=5000)
    for n in range(12):
        await placed_from(shop, goods, PUBLIC.format(n), f"1380000{n % 6:04d}")
    # Six contacts, two orders each: the second ones count no one twice and are weighed all the same.
    last = await placed_from(shop, goods, PUBLIC.format(99), "13800000000")
    assert await risk_of(shop, last.order_id) == 25


async def test_who_paid_before_yesterday_is_not_new(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=30, price_fen=5000)
    await a_paid_order(shop, goods)
    shop.clock.go_on(timedelta(days=2))
    for n in range(12):
        await placed_from(shop, goods, PUBLIC.format(n), f"1390000{n:04d}")
    assert await risk_of(shop, (await placed_from(shop, goods, PUBLIC.format(50), PHONE)).order_id) == 0


async def test_the_hour_slides(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=30, price_fen=5000)
    for n in range(12):
        await placed_from(shop, goods, PUBLIC.format(n), f"1380000{n:04d}")
    shop.clock.go_on(timedelta(minutes=45))
    late = await placed_from(shop, goods, PUBLIC.format(20), "13900000001")
    shop.clock.go_on(timedelta(hours=1))
    later = await placed_from(shop, goods, PUBLIC.format(21), "13900000002")
    assert await risk_of(shop, late.order_id) == 25
    assert await risk_of(shop, later.order_id) == 0


async def test_many_contacts_of_one_browser_are_seen(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=20, price_fen=5000)
    orders = [await placed_from(shop, goods, "127.0.0.1", f"1380000{n:04d}", device="A" * 22) for n in range(4)]
    assert [await risk_of(shop, order.order_id) for order in orders] == [0, 0, 0, 25]


async def test_a_history_of_refunds_and_of_good_orders_is_known(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=40)
    for _ in range(2):
        order = await a_paid_order(shop, goods, fen=1)
        async with shop.db.transaction() as tx:
            await request_refund(tx, order_id=order.order_id, actor=STAFF, reason="买家要求")
    found = (await scores(shop, (await an_order(shop, goods)).order_id))[0]
    assert rules_of(found) == {Rule.REFUNDED: 2}
    for _ in range(3):
        await a_paid_order(shop, goods)
    shop.clock.go_on(timedelta(days=2))
    found = (await scores(shop, (await an_order(shop, goods)).order_id))[0]
    assert rules_of(found) == {Rule.REFUNDED: 2, Rule.SETTLED: 3}
    assert found.points == 10


async def test_an_unusual_amount_is_seen_once_it_is_known_what_is_usual(shop: Shop) -> None:
    shop.checkout = CheckoutRules(open_orders_max=50)
    goods = await a_stocked_sku(shop, cards=60)
    for n in range(20):
        await a_paid_order(shop, goods, contact=f"1380000{n:04d}")
    assert await risk_of(shop, (await an_order(shop, goods, quantity=7)).order_id) == 0
    await learn_usual_amounts(shop.db)
    order = await an_order(shop, goods, quantity=7)
    assert rules_of((await scores(shop, order.order_id))[0]) == {Rule.UNUSUAL_AMOUNT: 70}


async def test_counts_are_forgotten_after_a_day(shop: Shop) -> None:
    await placed_from(shop, await a_stocked_sku(shop), PUBLIC.format(1), PHONE)
    shop.clock.go_on(timedelta(hours=25))
    await learn_usual_amounts(shop.db)
    assert await shop.rows(SUBJECTS) == [{"n": 2}]
    shop.clock.go_on(timedelta(days=1))
    await learn_usual_amounts(shop.db)
    assert await shop.rows(SUBJECTS) == [{"n": 0}]


async def test_when_it_is_paid_it_is_weighed_again_by_what_has_been_counted_since(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=40, price_fen=5000)
    orders = [await placed_from(shop, goods, PUBLIC.format(n), f"1380000{n:04d}") for n in range(24)]
    early, first_seen = orders[0], orders[5]
    assert await risk_of(shop, first_seen.order_id) == 25
    await paid(shop, await a_started_payment(shop, first_seen.order_id))
    assert [score.stage for score in await scores(shop, first_seen.order_id)] == [Stage.PLACED, Stage.PAID]
    newest = (await scores(shop, first_seen.order_id))[-1]
    assert (newest.verdict, newest.points) == (Verdict.HIGH, 100)
    assert await risk_of(shop, first_seen.order_id) == 100
    # Nothing spoke against the earliest ones, and so nothing is asked about them again.
    await paid(shop, await a_started_payment(shop, early.order_id))
    assert await shop.events(early.order_id) == ["placed", "payment_started", "payment_confirmed", "delivered"]


async def test_odd_payments_are_weighed_too(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    await paid(shop, await a_started_payment(shop, order.order_id), fen=1007)
    kept = await scores(shop, order.order_id)
    assert [(one.stage, one.points, one.verdict) for one in kept] == [(Stage.PAID, 10, Verdict.LOW)]
    assert "delivered" in await shop.events(order.order_id)


async def test_a_site_may_weigh_otherwise(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=9, price_fen=5000)
    async with shop.db.transaction() as tx:
        await save_weight(tx, Rule.NEWCOMERS_OF_NETWORK, Weight(2, 30), site_id=1)
        await save_weight(tx, Rule.NEWCOMERS_OF_NETWORK, Weight(1, 1), site_id=2)
        await save_thresholds(tx, Thresholds(30, 60, timedelta(hours=2)), site_id=1)
    orders = [await placed_from(shop, goods, PUBLIC.format(n), f"1380000{n:04d}") for n in range(2)]
    assert [await risk_of(shop, order.order_id) for order in orders] == [0, 30]
    assert (await scores(shop, orders[1].order_id))[0].verdict is Verdict.MIDDLE
    async with shop.db.transaction() as tx:
        await save_weight(tx, Rule.NEWCOMERS_OF_NETWORK, None, site_id=1)
        await save_thresholds(tx, None, site_id=1)
    async with shop.db.reading() as connection:
        card = await read_card(connection, 1)
    assert card.weights[Rule.NEWCOMERS_OF_NETWORK] == Weight(6, 25, 4)
    assert card.thresholds == Thresholds()
