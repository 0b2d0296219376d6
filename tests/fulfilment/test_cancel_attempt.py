"""Withdrawing an attempt and complaining of it: written down before the call, known afterwards whatever comes of it."""

from dataclasses import replace

import pytest

from kameng.fulfilment.cancel_attempt import CantBeCancelled, cancel_attempt
from kameng.fulfilment.complain import NothingOrderedYet, TakesNoComplaints, complain
from kameng.fulfilment.decide_attempt import AttemptMissing, AttemptNotInDoubt
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import OrderState
from kameng.supply.answer import CancelAsked, Cancelled, Code, ComplaintFiled, Delivered, InDoubt, Reason, Refused
from tests.builders.dispatching import a_dispatcher, worked
from tests.builders.shop import Shop, a_paid_order
from tests.builders.supplier import ABILITIES, Depot, a_depot, a_route, a_supplied_sku

pytestmark = pytest.mark.anyio

ATTEMPT = "SELECT id, state, refund_fen, ask_at FROM delivery_attempts ORDER BY id DESC LIMIT 1"
ANSWERS = "SELECT asked_by, said, words FROM attempt_answers WHERE asked_by IN ('cancel', 'complaint') ORDER BY id"
ABLE = replace(ABILITIES, cancels=True, complains=True)


async def a_placed_order(shop: Shop, *, able: bool = True) -> Depot:
    depot = await a_depot(shop)
    depot["north"].abilities = ABLE if able else ABILITIES
    goods = await a_supplied_sku(shop)
    await a_route(depot, goods.sku_id)
    await a_paid_order(shop, goods)
    await worked(a_dispatcher(depot))
    return depot


async def attempt(shop: Shop) -> dict[str, object]:
    (row,) = await shop.rows(ATTEMPT)
    return row


async def answers(shop: Shop) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in await shop.rows(ANSWERS)]


async def withdraw(shop: Shop, depot: Depot, attempt_id: int = 1) -> object:
    return await cancel_attempt(
        db=shop.db, keyring=shop.keyring, suppliers=depot.suppliers, attempt_id=attempt_id, why="买家不要了"
    )


async def tell(shop: Shop, depot: Depot, words: str = "未到账") -> object:
    return await complain(db=shop.db, keyring=shop.keyring, suppliers=depot.suppliers, attempt_id=1, words=words)


async def test_withdrawn_is_a_known_failure_and_the_money_goes_back(shop: Shop) -> None:
    depot = await a_placed_order(shop)
    depot["north"].will("cancel", Cancelled(refund_fen=900))
    assert await withdraw(shop, depot) == Cancelled(refund_fen=900)
    assert (await attempt(shop))["state"] == "failed"
    assert (await attempt(shop))["refund_fen"] == 900
    await worked(a_dispatcher(depot))
    assert [row["state"] for row in await shop.rows("SELECT state FROM orders")] == [OrderState.REFUNDING]
    assert [said for _, said, _ in await answers(shop)] == ["intended", "failed"]


@pytest.mark.parametrize("answer", [CancelAsked("排队"), InDoubt("HTTP 502"), RuntimeError("a bug"), TimeoutError()])
async def test_what_is_not_known_is_asked_about_at_once(shop: Shop, answer: object) -> None:
    depot = await a_placed_order(shop)
    depot["north"].will("cancel", answer)
    await withdraw(shop, depot)
    assert (await attempt(shop))["state"] == "placed"
    assert (await attempt(shop))["ask_at"] == shop.clock.now()
    assert len(await answers(shop)) == 2


async def test_a_no_changes_nothing(shop: Shop) -> None:
    depot = await a_placed_order(shop)
    before = await attempt(shop)
    depot["north"].will("cancel", Refused(Reason.NOT_ALLOWED, "充值中"))
    await withdraw(shop, depot)
    assert await attempt(shop) == before
    assert await answers(shop) == [("cancel", "intended", "买家不要了"), ("cancel", "refused", "充值中")]


async def test_it_is_withdrawn_where_that_can_be_done_and_while_it_runs(shop: Shop) -> None:
    depot = await a_placed_order(shop, able=False)
    with pytest.raises(CantBeCancelled):
        await withdraw(shop, depot)
    with pytest.raises(AttemptMissing):
        await withdraw(shop, depot, 99)
    depot["north"].abilities = ABLE
    depot["north"].will("query", Delivered(codes=(Code("A1"),)))
    await shop.db.pool.execute("UPDATE delivery_attempts SET ask_at = called_at")
    await worked(a_dispatcher(depot))
    with pytest.raises(AttemptNotInDoubt):
        await withdraw(shop, depot)
    assert "cancel" not in depot["north"].calls
    assert await answers(shop) == []


async def test_delivered_meanwhile_stays_delivered(shop: Shop) -> None:
    """The supplier says withdrawn of what it has delivered: somebody has to look."""
    depot = await a_placed_order(shop)
    depot["north"].will("query", Delivered(codes=(Code("A1"),)))
    await shop.db.pool.execute("UPDATE delivery_attempts SET ask_at = called_at")
    depot["north"].will("cancel", Cancelled())
    original = depot["north"].cancel

    async def cancel_late(*args: object, **named: object) -> object:
        await worked(a_dispatcher(depot))
        return await original(*args, **named)  # type: ignore[arg-type]

    depot["north"].cancel = cancel_late  # type: ignore[method-assign, assignment]
    await withdraw(shop, depot)
    assert (await attempt(shop))["state"] == "delivered"
    assert "supplier_contradicts" in await shop.alarms()


async def test_a_complaint_stands_with_its_answer_and_changes_nothing(shop: Shop) -> None:
    depot = await a_placed_order(shop)
    before = await attempt(shop)
    depot["north"].will("complain", ComplaintFiled("C7", "三日内"))
    assert await tell(shop, depot, "13800001234 未到账") == ComplaintFiled("C7", "三日内")
    said = await answers(shop)
    assert [one[1] for one in said] == ["intended", "complaintfiled"]
    assert said[1][2] == "C7 三日内"
    assert "13800001234" not in str(said)
    assert await attempt(shop) == before


async def test_nothing_is_said_where_nothing_can_be(shop: Shop) -> None:
    depot = await a_placed_order(shop, able=False)
    with pytest.raises(TakesNoComplaints):
        await tell(shop, depot)
    depot["north"].abilities = ABLE
    for words in ("", " ", "长" * 301):
        with pytest.raises(InvalidInput):
            await tell(shop, depot, words)
    await shop.db.pool.execute("UPDATE delivery_attempts SET state = 'calling'")
    with pytest.raises(NothingOrderedYet):
        await tell(shop, depot)
    assert "complain" not in depot["north"].calls
    assert await answers(shop) == []
