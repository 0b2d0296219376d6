"""A buyer proves a held order theirs, and it goes out at once."""

from datetime import timedelta

import pytest

from kameng.fulfilment.end_holds import end_holds
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.risk.score_order import Stage
from kameng.risk.scorecard import Thresholds, Verdict
from kameng.risk.weights import save_thresholds
from kameng.tracking.guarded import ProofNeeded
from kameng.tracking.prove import NothingToProve, ProveAsk, prove
from kameng.tracking.reading import Action
from kameng.tracking.view import view_order
from kameng.tracking.whole_contact import ContactNeeded
from tests.builders.risk import a_held_order, scores
from tests.builders.shop import ADDRESS, PHONE, Shop, a_paid_order, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio


async def proved(shop: Shop, order_id: OrderId, contact: str = PHONE) -> OrderState:
    ask = ProveAsk(order_id, ADDRESS, contact)
    return await prove(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)


async def test_the_whole_contact_releases_it(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_held_order(shop, goods, Verdict.MIDDLE)
    assert await proved(shop, order.order_id, "+86 138-0000-1234") is OrderState.DELIVERED
    assert (await shop.events(order.order_id))[-3:] == ["proof_asked", "proof_given", "delivered"]
    assert await shop.cards(goods.sku_id) == {"sold": 1, "available": 4}
    newest = (await scores(shop, order.order_id))[-1]
    assert (newest.stage, newest.decide_by) == (Stage.PROVEN, None)
    assert await check_invariants(shop.db, now=shop.clock.now(), secrets=[PHONE, *goods.codes]) == []
    shop.clock.go_on(timedelta(days=3))
    assert await end_holds(db=shop.db) == 0


@pytest.mark.parametrize(
    ("contact", "refusal"),
    [("", ContactNeeded), ("1234", InvalidInput), ("13900001234", InvalidInput), ("li@example.com", InvalidInput)],
)
async def test_anything_else_releases_nothing(shop: Shop, contact: str, refusal: type[Exception]) -> None:
    order = await a_held_order(shop, await a_stocked_sku(shop), Verdict.MIDDLE)
    before = await shop.events(order.order_id)
    with pytest.raises(refusal):
        await proved(shop, order.order_id, contact)
    assert await shop.events(order.order_id) == before
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW


async def test_guessing_is_slowed_down(shop: Shop) -> None:
    order = await a_held_order(shop, await a_stocked_sku(shop), Verdict.MIDDLE)
    for n in range(3):
        with pytest.raises(InvalidInput):
            await proved(shop, order.order_id, f"1390000000{n}")
    with pytest.raises(ProofNeeded):
        await proved(shop, order.order_id)
    assert await shop.state(order.order_id) is OrderState.UNDER_REVIEW


async def test_there_is_nothing_to_prove_of_any_other_order(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=9)
    others = [
        (await an_order(shop, goods)).order_id,
        (await a_paid_order(shop, goods)).order_id,
        (await a_paid_order(shop, goods, fen=1)).order_id,
        (await a_held_order(shop, goods, Verdict.HIGH)).order_id,
    ]
    for order_id in others:
        before = await shop.events(order_id)
        with pytest.raises(NothingToProve):
            await proved(shop, order_id)
        assert await shop.events(order_id) == before
    with pytest.raises((OrderMissing, InvalidInput)):
        await proved(shop, OrderId(others[0] + 1))


async def test_twice_is_once(shop: Shop) -> None:
    order = await a_held_order(shop, await a_stocked_sku(shop), Verdict.MIDDLE)
    await proved(shop, order.order_id)
    with pytest.raises(NothingToProve):
        await proved(shop, order.order_id)


async def test_if_too_much_speaks_against_it_by_now_a_person_looks(shop: Shop) -> None:
    order = await a_held_order(shop, await a_stocked_sku(shop), Verdict.MIDDLE)
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(20, 50))
    assert await proved(shop, order.order_id) is OrderState.UNDER_REVIEW
    assert (await shop.events(order.order_id))[-2:] == ["proof_asked", "held_for_review"]
    assert await shop.alarms() == ["order_held"]
    with pytest.raises(NothingToProve):
        await proved(shop, order.order_id)
    assert await check_invariants(shop.db, now=shop.clock.now()) == []


async def test_what_the_page_says(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    asked = (await a_held_order(shop, goods, Verdict.MIDDLE)).order_id
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=asked)
    assert view.actions == (Action.PROVE,)
    assert view.prove_by == shop.clock.now() + timedelta(days=1)
    assert "再验证一次" in view.reading.chinese
    assert [step.name.chinese for step in view.steps] == ["下单", "支付", "审核中", "已发货"]
    held = (await a_held_order(shop, goods, Verdict.HIGH)).order_id
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=held)
    assert (view.actions, view.prove_by) == ((), None)
    assert "专人审核" in view.reading.chinese
    shop.clock.go_on(timedelta(days=1))
    await end_holds(db=shop.db)
    view = await view_order(db=shop.db, keyring=shop.keyring, order_id=asked)
    assert (view.state, view.actions) == (OrderState.REFUNDING, ())
    assert "超过时限" in view.reading.chinese
