"""One tap opens a case with the order's facts; a second tap leads to it."""

from datetime import timedelta

import pytest

from kameng.aftersales.case import CaseKind, CaseRules, CaseState, Clock, kinds_of
from kameng.aftersales.confirm_case import confirm_case
from kameng.aftersales.open_case import CASES_A_DAY, TooManyCases, open_case
from kameng.aftersales.queue import read_file
from kameng.aftersales.withdraw_case import withdraw_case
from kameng.catalogue.filling import Delivers
from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import ActorKind, OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.supply.answer import Accepted
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.cases import a_case_desk
from tests.builders.dispatching import a_bench, say
from tests.builders.shop import ADDRESS, PHONE, Shop, a_paid_order, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio

RULES = CaseRules()


async def test_a_case_promises_an_answer_and_a_solution(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    case, now = desk.case, shop.clock.now()
    assert (case.state, case.kind, case.opened_at) == (CaseState.OPEN, CaseKind.CODES_INVALID, now)
    assert (case.answer_by, case.solve_by) == (now + timedelta(hours=1), now + timedelta(hours=2))
    assert (case.due_for, case.due_at, case.look_at) == (Clock.ANSWER, case.answer_by, now + timedelta(minutes=45))
    assert await desk.story() == ["opened"]


async def test_where_the_solution_is_promised_before_the_answer_it_is_due_first(shop: Shop) -> None:
    rules = CaseRules(answer_within=timedelta(hours=3), solve_within=timedelta(hours=2))
    case = (await a_case_desk(shop, rules=rules)).case
    assert (case.due_for, case.due_at) == (Clock.SOLUTION, case.solve_by)


async def test_the_order_as_it_stands_is_kept_in_it(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods)
    ask = RevealAsk(order.order_id, Access.OWNER, ADDRESS)
    await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)
    opened = await open_case(db=shop.db, rules=RULES, order_id=order.order_id, kind=CaseKind.CODES_INVALID)
    async with shop.db.reading() as connection:
        facts = (await read_file(connection, shop.keyring, opened.case.id)).facts
    assert (facts.state, facts.product_name, facts.amount_fen) == (OrderState.DELIVERED, "点卡", goods.price_fen)
    assert [line.event for line in facts.timeline] == await shop.events(order.order_id)
    assert [(shown.actor, shown.at) for shown in facts.shown] == [(ActorKind.BUYER, shop.clock.now())]
    assert [(one.gateway, one.state) for one in facts.payments] == [("Bank", "confirmed")]
    assert await check_invariants(shop.db, now=shop.clock.now(), secrets=[*goods.codes, PHONE]) == []


async def test_what_a_supplier_said_is_kept_in_it(shop: Shop) -> None:
    bench = await a_bench(shop, top_up=True)
    await bench.work()
    await say(bench, Accepted(words="排队中"))
    opened = await open_case(db=shop.db, rules=RULES, order_id=bench.order_id, kind=CaseKind.NOT_ARRIVED)
    async with shop.db.reading() as connection:
        facts = (await read_file(connection, shop.keyring, opened.case.id)).facts
    (asked,) = facts.attempts
    assert (asked.number, asked.supplier) == (await bench.number(), "North")
    assert (asked.state, asked.words, asked.settled_at) == ("placed", "排队中", None)


async def test_resubmissions_that_failed_are_kept_in_it(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop))
    now = shop.clock.now()
    await shop.rows(
        "INSERT INTO resubmissions (order_id, kind, state, actor_kind, why, applied_at, ended_at)"
        " VALUES ($1, 'replace_code', 'failed', 'buyer', '{too_many_tries}', $2, $2)", order.order_id, now,
    )  # fmt: skip
    opened = await open_case(db=shop.db, rules=RULES, order_id=order.order_id, kind=CaseKind.CODES_INVALID)
    async with shop.db.reading() as connection:
        (tried,) = (await read_file(connection, shop.keyring, opened.case.id)).facts.resubmissions
    assert (tried.kind, tried.state, tried.why, tried.ended_at) == ("replace_code", "failed", ["too_many_tries"], now)


async def test_a_second_tap_leads_to_the_same_case(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    again = await open_case(db=shop.db, rules=RULES, order_id=desk.order_id, kind=CaseKind.OTHER)
    assert (again.case, again.is_new) == (desk.case, False)
    assert await desk.story() == ["opened"]


async def test_after_it_is_closed_another_can_be_opened_but_not_without_end(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    for n in range(1, CASES_A_DAY):
        await withdraw_case(db=shop.db, rules=RULES, order_id=desk.order_id)
        again = await open_case(db=shop.db, rules=RULES, order_id=desk.order_id, kind=CaseKind.OTHER)
        assert again.is_new, n
    await withdraw_case(db=shop.db, rules=RULES, order_id=desk.order_id)
    with pytest.raises(TooManyCases):
        await open_case(db=shop.db, rules=RULES, order_id=desk.order_id, kind=CaseKind.OTHER)
    assert len(await shop.rows("SELECT 1 FROM cases")) == CASES_A_DAY
    shop.clock.go_on(timedelta(days=1))
    assert (await open_case(db=shop.db, rules=RULES, order_id=desk.order_id, kind=CaseKind.OTHER)).is_new


async def test_an_order_that_is_not_there_has_no_case(shop: Shop) -> None:
    with pytest.raises(OrderMissing):
        await open_case(db=shop.db, rules=RULES, order_id=OrderId(261122143055000001), kind=CaseKind.OTHER)


async def test_an_unpaid_order_can_have_one_too(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop))
    opened = await open_case(db=shop.db, rules=RULES, order_id=order.order_id, kind=CaseKind.PAID_NOT_SHOWN)
    assert opened.is_new
    assert await shop.state(order.order_id) is OrderState.AWAITING_PAYMENT


async def test_confirming_what_nobody_has_solved_is_refused(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    with pytest.raises(Exception, match="case_moved"):
        await confirm_case(**desk.tools(), order_id=desk.order_id, is_solved=True)
    assert await desk.now() == desk.case


@pytest.mark.parametrize("delivers", Delivers)
@pytest.mark.parametrize("state", OrderState)
def test_every_state_of_an_order_has_something_to_ask_for(state: OrderState, delivers: Delivers) -> None:
    kinds = kinds_of(state, delivers)
    assert kinds[-1] is CaseKind.OTHER
    assert (CaseKind.CODES_INVALID in kinds) <= (delivers is Delivers.CODES)
    assert (CaseKind.WRONG_ACCOUNT in kinds) <= (delivers is Delivers.TOP_UP)


def test_what_can_be_wrong_follows_the_state() -> None:
    assert kinds_of(OrderState.AWAITING_PAYMENT, Delivers.CODES) == (CaseKind.PAID_NOT_SHOWN, CaseKind.OTHER)
    assert kinds_of(OrderState.DELIVERED, Delivers.CODES) == (CaseKind.CODES_INVALID, CaseKind.OTHER)
    assert kinds_of(OrderState.DELIVERED, Delivers.TOP_UP) == (
        CaseKind.NOT_ARRIVED,
        CaseKind.WRONG_ACCOUNT,
        CaseKind.OTHER,
    )
