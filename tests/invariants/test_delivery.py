"""What is promised of deliveries by suppliers: right data is silent, and whatever is planted is found."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.fulfilment.attempt import Answer
from kameng.fulfilment.open_delivery import open_delivery
from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.payment.sweep_refunds import sweep_refunds
from kameng.supply.answer import Accepted, Delivered, InDoubt, Partly, Reason, Refused
from tests.builders.dispatching import a_dispatcher, a_top_up_order, a_top_up_sku, codes, worked
from tests.builders.refunds import request_refund
from tests.builders.shop import Shop, a_paid_order, a_started_payment, an_order, paid
from tests.builders.supplier import a_depot, a_route, a_supplied_sku, some_goods

pytestmark = pytest.mark.anyio

STAFF = Actor(ActorKind.STAFF, "wang")


async def a_supplied_shop(shop: Shop) -> Shop:
    """Every state a delivery can be in, as the verbs leave it behind."""
    depot = await a_depot(shop, "north")
    north = depot["north"]
    north.abilities = replace(north.abilities, asks_by_number=False, quantity_max=10)
    card, top_up = await a_supplied_sku(shop), await a_top_up_sku(shop, face_fen=10000)
    for number, goods in (("1", card), ("2", top_up)):
        await a_route(depot, goods.sku_id, "north", some_goods(number))
    dispatcher = a_dispatcher(depot)
    serial = iter(range(100))

    async def ordered(*answers: Answer, quantity: int = 1) -> None:
        north.will("place", *answers)
        order = await a_paid_order(shop, card, quantity=quantity, contact=f"138{next(serial):08d}")
        await worked(dispatcher)
        assert not north.script["place"], await shop.events(order.order_id)

    await ordered(Delivered(codes=codes("A1")))
    await ordered(Accepted("N1"))
    await ordered(InDoubt("HTTP 502"))
    await ordered(Partly(2, "两张", codes=codes("P1", "P2")), quantity=3)
    await ordered(Refused(Reason.BALANCE_LOW, "余额不足"))
    await ordered(Partly(1, "一张", codes=codes("Q1")), quantity=3)
    north.will("place", Delivered(receipt="流水 1"), Partly(15000, "到账一半"))
    for quantity in (1, 2):
        order = await a_top_up_order(shop, top_up, quantity=quantity, contact=f"138{next(serial):08d}")
        await paid(shop, await a_started_payment(shop, order.order_id))
        await worked(dispatcher)
    await refund_the_last_stuck(shop, card.sku_id)
    await an_order(shop, card, quantity=2, contact=f"138{next(serial):08d}")
    async with shop.db.transaction() as tx:
        await open_delivery(tx, order_id=None, sku_id=card.sku_id, owed=5)
    await worked(dispatcher)
    waiting = await an_order(shop, card, quantity=2, contact=f"138{next(serial):08d}")
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE routes SET open_from = 0, open_to = 1")
    await paid(shop, await a_started_payment(shop, waiting.order_id))
    await worked(dispatcher)
    return shop


async def refund_the_last_stuck(shop: Shop, sku_id: int) -> None:
    of_sku = "SELECT order_id FROM deliveries WHERE state = 'stuck' AND sku_id = $1 ORDER BY id DESC LIMIT 1"
    [row] = await shop.rows(of_sku, sku_id)
    async with shop.db.transaction() as tx:
        await request_refund(tx, order_id=row["order_id"], actor=STAFF, reason="核对过")  # type: ignore[arg-type]
    await sweep_refunds(db=shop.db, gateways=shop.gateways)


async def test_a_sound_shop_has_no_violation(shop: Shop) -> None:
    await a_supplied_shop(shop)
    states = {row["state"] for row in await shop.rows("SELECT state FROM orders")}
    assert states == {"delivered", "delivering", "exception", "refunded", "awaiting_payment"}
    states = {row["state"] for row in await shop.rows("SELECT state FROM deliveries")}
    assert states == {"open", "done", "stuck", "given_up"}
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_a_slow_top_up_is_no_forgotten_one(shop: Shop) -> None:
    await a_supplied_shop(shop)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE deliveries SET route_at = route_at + interval '25 hours'")
        await tx.connection.execute("UPDATE delivery_attempts SET ask_at = ask_at + interval '25 hours'")
    later = shop.clock.now() + timedelta(hours=25)
    found = {violation.name for violation in await check_invariants(shop.db, now=later)}
    assert not found & {"paid_and_forgotten", "attempts_forgotten", "deliveries_forgotten"}


LIVE = "state = 'placed' AND order_id IS NOT NULL"
ORDER = "(SELECT min(order_id) FROM deliveries WHERE state = '{}')"
DONE, STUCK, OPEN, OVER = (ORDER.format(state) for state in ("done", "stuck", "open", "given_up"))
AGAIN = """
INSERT INTO delivery_attempts (delivery_id, order_id, n, sku_id, route_id, supplier_id, goods, number, quantity,
                               asked_for, state, cost_max_fen, called_at, ask_at, settled_at)
SELECT delivery_id, order_id, n + 1, sku_id, route_id, supplier_id, goods, number || 'b', quantity, asked_for, state,
       cost_max_fen, called_at, ask_at, settled_at FROM delivery_attempts WHERE {} LIMIT 1
"""

PLANTED = [
    ("deliveries_oversold", [AGAIN.format("state = 'placed'")]),
    ("deliveries_oversold", [AGAIN.format("state = 'in_doubt'")]),
    ("deliveries_oversold", ["UPDATE delivery_attempts SET delivered = 0 WHERE state = 'delivered'"]),
    ("deliveries_oversold", [f"UPDATE deliveries SET owed = 1, delivered = 1 WHERE order_id = {STUCK}"]),
    ("deliveries_disagree", [f"UPDATE orders SET state = 'delivered' WHERE id = {OPEN}"]),
    ("deliveries_disagree", [f"UPDATE orders SET state = 'exception' WHERE id = {OPEN}"]),
    ("deliveries_disagree", [f"UPDATE orders SET state = 'refunding' WHERE id = {STUCK}"]),
    ("deliveries_disagree", [f"UPDATE orders SET state = 'delivering' WHERE id = {DONE}"]),
    ("deliveries_disagree", [f"UPDATE orders SET state = 'delivered' WHERE id = {OVER}"]),
    ("deliveries_disagree", [f"UPDATE deliveries SET delivered = 0 WHERE order_id = {DONE}"]),
    ("deliveries_disagree", [f"UPDATE deliveries SET closed_at = NULL WHERE order_id = {DONE}"]),
    ("deliveries_disagree", [f"DELETE FROM deliveries WHERE order_id = {OPEN}"]),
    (
        "deliveries_disagree",
        [f"UPDATE deliveries SET state = 'given_up', closed_at = opened_at WHERE order_id = {OPEN}"],
    ),
    (
        "deliveries_disagree",
        [
            (
                "DELETE FROM deliveries WHERE order_id = (SELECT min(o.id) FROM orders o JOIN sku_versions v"
                " ON v.id = o.sku_version_id WHERE v.delivers = 'top_up' AND o.state = 'delivered')"
            )
        ],
    ),
    ("deliveries_forgotten", ["UPDATE deliveries SET route_at = NULL WHERE route_at IS NOT NULL"]),
    ("deliveries_forgotten", ["UPDATE deliveries SET route_at = route_at - interval '2 hours'"]),
    ("deliveries_forgotten", ["DELETE FROM alarms WHERE kind = 'delivery_stuck'"]),
    ("attempts_forgotten", [f"UPDATE delivery_attempts SET ask_at = NULL WHERE {LIVE}"]),
    ("attempts_forgotten", [f"UPDATE delivery_attempts SET ask_at = ask_at - interval '2 hours' WHERE {LIVE}"]),
    ("attempts_forgotten", [f"UPDATE delivery_attempts SET called_at = called_at - interval '27 hours' WHERE {LIVE}"]),
    (
        "attempts_forgotten",
        [f"UPDATE delivery_attempts SET state = 'in_doubt', doubted_at = called_at - interval '4 hours' WHERE {LIVE}"],
    ),
    # And what was promised before there were suppliers holds for them too.
    ("cards_miscounted", ["UPDATE cards SET order_id = NULL, state = 'available' WHERE state = 'sold'"]),
    ("cards_astray", [f"UPDATE cards SET order_id = {OVER} WHERE state = 'sold'"]),
    ("nobody_told", ["DELETE FROM alarms WHERE kind = 'delivery_stuck'"]),
    ("refunds_disagree", [f"UPDATE deliveries SET state = 'given_up' WHERE order_id = {STUCK}"]),
    ("not_all_refunded", [f"DELETE FROM refunds WHERE order_id = {OVER}"]),
    (
        "paid_and_forgotten",
        [f"UPDATE orders SET changed_at = changed_at - interval '27 hours' WHERE id = {OPEN}"],
    ),
    ("in_clear", ["UPDATE delivery_attempts SET words = '请联系13800001234'"]),
    ("in_clear", ["UPDATE attempt_answers SET words = 'li.lei@example.com'"]),
]


@pytest.mark.parametrize(("name", "statements"), PLANTED)
async def test_what_is_planted_is_found(shop: Shop, name: str, statements: Sequence[str]) -> None:
    await a_supplied_shop(shop)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            assert not (await tx.connection.execute(statement)).endswith(" 0"), "nothing was planted"
    found = [violation.name for violation in await check_invariants(shop.db, now=shop.clock.now())]
    assert name in found
