"""Staff take cases, come back to them, solve them; the buyer has the last word."""

from datetime import timedelta

import pytest

from kameng.aftersales.answer_case import AnsweredMeanwhile
from kameng.aftersales.case import CaseMoved, CaseState, Outcome
from kameng.aftersales.pass_on import Complaint, SupplierSaid, pass_on
from kameng.aftersales.queue import Filter, count_cases, list_cases, list_handlers
from kameng.aftersales.set_follow_up import set_follow_up
from kameng.aftersales.solve_case import Solution, solve_case
from kameng.aftersales.take_case import TakenByAnother, Taking, take_case
from kameng.aftersales.withdraw_case import withdraw_case
from kameng.kernel.database import assert_no_transaction
from kameng.kernel.errors import InvalidInput
from kameng.staff.member import StaffMissing
from kameng.staff.roles import Role
from tests.builders.cases import CaseDesk, a_case_desk, somebody
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio

# What a refund leaves behind, whichever verb began it.
REFUNDED = """
INSERT INTO refunds (receipt_id, order_id, amount_fen, state, cause, requested_at)
SELECT r.id, $1, r.amount_fen - $2, $3, $4, $5
FROM receipts r JOIN payment_attempt_orders p USING (attempt_id) WHERE p.order_id = $1 RETURNING id
"""
REPLACED = """
INSERT INTO resubmissions (order_id, kind, state, actor_kind, applied_at, ended_at)
VALUES ($1, $2, $3, 'staff', $4, $4) RETURNING id
"""


async def take(desk: CaseDesk, by: str, *, instead_of: int | None = None) -> None:
    staff = {"an": desk.an, "bo": desk.bo}[by]
    await take_case(db=desk.shop.db, taking=Taking(desk.case.id, staff, staff.id, instead_of))


async def test_who_answers_first_has_it(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    assert (await desk.answer(by=desk.bo)).owner_id == desk.bo.id
    assert (await desk.answer(by=desk.an)).owner_id == desk.bo.id


async def test_what_a_colleague_has_taken_can_be_taken_over_knowingly(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await take(desk, "an")
    with pytest.raises(TakenByAnother) as refused:
        await take(desk, "bo")
    assert refused.value.values == {"login": "an"}
    assert (await desk.now()).owner_id == desk.an.id
    await take(desk, "bo", instead_of=desk.an.id)
    assert (await desk.now()).owner_id == desk.bo.id
    assert await desk.story() == ["opened", "taken", "taken"]


async def test_it_can_be_handed_back_and_given_to_nobody_who_has_left(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await take(desk, "an")
    await take_case(db=shop.db, taking=Taking(desk.case.id, desk.bo, None, desk.an.id))
    assert (await desk.now()).owner_id is None
    await shop.rows("UPDATE staff SET enabled = false WHERE login = 'bo'")
    with pytest.raises(StaffMissing):
        await take_case(db=shop.db, taking=Taking(desk.case.id, desk.an, desk.bo.id, None))
    assert (await desk.now()).owner_id is None


async def test_cases_go_to_those_who_may_handle_them(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    for login, role in (("money", Role.FINANCE), ("ops", Role.OPERATOR)):
        await somebody(shop, login, role)
    await shop.rows("UPDATE staff SET enabled = false WHERE login = 'bo'")
    assert [login for _, login in await list_handlers(desk.shop.db)] == ["an", "ops"]


async def test_a_follow_up_lies_ahead_and_puts_it_on_top_when_it_comes(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    at = shop.clock.now() + timedelta(hours=3)
    with pytest.raises(InvalidInput):
        await set_follow_up(db=shop.db, case_id=desk.case.id, by=desk.an, at=shop.clock.now())
    await set_follow_up(db=shop.db, case_id=desk.case.id, by=desk.an, at=at)
    assert await list_cases(shop.db, Filter.FOLLOW_UP, staff_id=desk.an.id) == []
    shop.clock.go_on(timedelta(hours=3))
    (line,) = await list_cases(shop.db, Filter.FOLLOW_UP, staff_id=desk.an.id)
    assert line.case.follow_up_at == at
    assert (await desk.solve()).follow_up_at is None


async def test_only_what_has_happened_can_be_an_outcome(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    assert list((await desk.file()).outcomes) == [Outcome.ANSWERED]
    for outcome in set(Outcome) - {Outcome.ANSWERED}:
        with pytest.raises(InvalidInput):
            await desk.solve(outcome)
    assert await desk.story() == ["opened"]


@pytest.mark.parametrize(("kept", "outcome"), [(0, Outcome.REFUNDED), (1, Outcome.REFUNDED_PART)])
async def test_a_refund_that_is_under_way_can_be_one_and_brings_its_number(
    shop: Shop, kept: int, outcome: Outcome
) -> None:
    desk = await a_case_desk(shop)
    (refund,) = await shop.rows(REFUNDED, desk.order_id, kept, "intended", "staff", shop.clock.now())
    assert list((await desk.file()).outcomes) == [Outcome.ANSWERED, outcome]
    case = await desk.solve(outcome, words="已原路退款")
    assert (case.outcome, case.reference) == (outcome, str(refund["id"]))


async def test_money_that_went_back_for_another_reason_or_not_at_all_proves_nothing(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    now, before = shop.clock.now(), shop.clock.now() - timedelta(seconds=1)
    for state, cause, at in (("refused", "staff", now), ("done", "paid_twice", now), ("done", "staff", before)):
        await shop.rows(REFUNDED, desk.order_id, 1, state, cause, at)
    assert list((await desk.file()).outcomes) == [Outcome.ANSWERED]


async def test_a_replacement_can_be_one_and_brings_its_number(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    now = shop.clock.now()
    for kind, state, at in (("replace_code", "failed", now), ("paid_not_seen", "done", now),
                            ("replace_code", "done", now - timedelta(seconds=1))):  # fmt: skip
        await shop.rows(REPLACED, desk.order_id, kind, state, at)
    assert list((await desk.file()).outcomes) == [Outcome.ANSWERED]
    (row,) = await shop.rows(REPLACED, desk.order_id, "replace_code", "done", now)
    case = await desk.solve(Outcome.REPLACED, words="已补发，请在订单页查看新卡密")
    assert (case.outcome, case.reference) == (Outcome.REPLACED, str(row["id"]))


async def test_a_complaint_goes_to_the_supplier_outside_any_transaction_and_can_be_one(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    handed: list[str] = []

    async def complain(words: str) -> SupplierSaid:
        assert_no_transaction()
        handed.append(words)
        return SupplierSaid(is_filed=True, number="TS-7", words="已受理")

    complaint = Complaint(desk.case.id, desk.an, "卡密无效，请核实")
    await pass_on(db=shop.db, keyring=shop.keyring, complain=complain, complaint=complaint)
    assert handed == ["卡密无效，请核实"]
    file = await desk.file()
    assert [(m.login, m.words) for m in file.messages] == [("an", "卡密无效，请核实"), (None, "TS-7 已受理")]
    assert file.outcomes == {Outcome.ANSWERED: None, Outcome.COMPLAINED: "TS-7"}
    case = await desk.solve(Outcome.COMPLAINED)
    assert (case.outcome, case.reference) == (Outcome.COMPLAINED, "TS-7")


async def test_a_complaint_that_was_not_taken_is_noted_and_proves_nothing(shop: Shop) -> None:
    desk = await a_case_desk(shop)

    async def complain(_: str) -> SupplierSaid:
        return SupplierSaid(is_filed=False, number="", words="超过售后期")

    complaint = Complaint(desk.case.id, desk.an, "请核实")
    await pass_on(db=shop.db, keyring=shop.keyring, complain=complain, complaint=complaint)
    file = await desk.file()
    assert [m.words for m in file.messages] == ["请核实", "超过售后期"]
    assert list(file.outcomes) == [Outcome.ANSWERED]


async def test_the_solution_counts_as_an_answer_and_asks_the_buyer(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    case = await desk.solve()
    assert (case.state, case.first_answered_at, case.solved_at) == (
        CaseState.SOLVED, shop.clock.now(), shop.clock.now(),
    )  # fmt: skip
    assert (case.due_at, case.close_at) == (None, shop.clock.now() + timedelta(hours=72))
    case = await desk.confirm(is_solved=True)
    assert (case.state, case.outcome) == (CaseState.CLOSED, Outcome.ANSWERED)


async def test_a_buyers_no_opens_it_again_with_a_new_promise(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.solve()
    shop.clock.go_on(timedelta(hours=30))
    with pytest.raises(InvalidInput):
        await desk.confirm(is_solved=False)
    case = await desk.confirm(is_solved=False, words="还是提示无效")
    assert (case.state, case.outcome, case.reopened) == (CaseState.REOPENED, None, 1)
    assert case.due_at == shop.clock.now() + timedelta(hours=2)
    assert [m.words for m in (await desk.file()).messages] == ["卡密可以使用了", "还是提示无效"]


async def test_who_solves_without_reading_a_colleagues_answer_is_told(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.answer(by=desk.bo)
    late = Solution(desk.case.id, desk.an, Outcome.ANSWERED, "好了", seen=0)
    with pytest.raises(AnsweredMeanwhile):
        await solve_case(**desk.tools(), solution=late)
    assert (await desk.now()).state is CaseState.ANSWERED


async def test_the_buyer_may_take_it_back_until_it_is_solved(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    case = await withdraw_case(db=shop.db, rules=desk.rules, order_id=desk.order_id)
    assert (case.state, case.outcome) == (CaseState.CLOSED, Outcome.WITHDRAWN)
    for act in (desk.buyer_writes, desk.answer, desk.solve, lambda: take(desk, "an")):
        with pytest.raises(CaseMoved):
            await act()
    with pytest.raises(CaseMoved):
        await set_follow_up(db=shop.db, case_id=desk.case.id, by=desk.an, at=None)


async def test_the_queue_has_what_ends_first_on_top(shop: Shop) -> None:
    first = await a_case_desk(shop)
    shop.clock.go_on(timedelta(minutes=10))
    await shop.rows("UPDATE staff SET login = login || '-before'")
    second = await a_case_desk(shop)
    await first.answer()
    listed = await list_cases(shop.db, Filter.UNDER_WAY, staff_id=second.an.id)
    assert [line.case.id for line in listed] == [second.case.id, first.case.id]
    assert [line.owner for line in listed] == [None, "an-before"]
    await second.wait(minutes=50)
    await second.solve()
    counts = await count_cases(shop.db, staff_id=second.an.id)
    assert counts == {
        Filter.UNDER_WAY: 2, Filter.MINE: 1, Filter.UNASSIGNED: 0, Filter.DUE: 0, Filter.WAITING: 1,
        Filter.FOLLOW_UP: 0,
    }  # fmt: skip
    await second.confirm(is_solved=True)
    (closed,) = await list_cases(shop.db, Filter.CLOSED, staff_id=0)
    assert closed.case.id == second.case.id
