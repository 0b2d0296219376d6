"""What a person does to a case: each in one transaction with its line in the log, which never holds what was said."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.aftersales.answer_case import AnsweredMeanwhile, StaffAnswer, Then, answer_case
from kameng.aftersales.case import CaseMoved, CaseRules, Outcome, case_subject
from kameng.aftersales.pass_on import Complain, Complaint, SupplierSaid, pass_on
from kameng.aftersales.set_follow_up import set_follow_up
from kameng.aftersales.solve_case import Solution, solve_case
from kameng.aftersales.take_case import TakenByAnother, Taking, take_case
from kameng.aftersales.write_note import write_note
from kameng.fulfilment.complain import NothingOrderedYet, TakesNoComplaints, complain
from kameng.fulfilment.told import WORDS_MAX
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.audit import NotedDatabase
from kameng.staff.member import StaffMissing
from kameng.staff.roles import Permission
from kameng.supply.answer import ComplaintFiled
from kameng.supply.suppliers import Suppliers, SupplierUnknown
from kameng.web.console.cases import CASE_ID_MAX, HANDLE, complainable, show_case, to_case
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import moment_typed, whole_number
from kameng.web.console.pages import back_to, typed

COMPLAIN = [needs(Permission.DELIVERY_HANDLE)]
_SHOWN: tuple[type[Refusal], ...] = (
    InvalidInput, CaseMoved, AnsweredMeanwhile, TakenByAnother, StaffMissing, TakesNoComplaints, NothingOrderedYet,
    SupplierUnknown,
)  # fmt: skip


@post("/cases/{case_id:int}/answer", guards=HANDLE, status_code=200)
async def answer(
    desk: NamedDependency[Desk],
    suppliers: NamedDependency[Suppliers],
    case_rules: NamedDependency[CaseRules],
    case_id: FromPath[int],
) -> Response[Any]:
    form = await typed(desk.request)
    then = Then(form.get("then", "")) if form.get("then") in set(Then) else Then.US
    said = StaffAnswer(case_id, desk.looker.staff, form.get("words", ""), whole_number(form.get("seen", "")) or 0, then)

    async def act() -> str:
        noted = _noted(desk, case_id, "answered", then=then)
        await answer_case(db=noted, keyring=desk.keyring, rules=case_rules, answer=said)
        return "case_answered"

    return await _done(desk, suppliers, case_id, form, act)


@post("/cases/{case_id:int}/note", guards=HANDLE, status_code=200)
async def write_down(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], case_id: FromPath[int]
) -> Response[Any]:
    form = await typed(desk.request)

    async def act() -> str:
        await write_note(
            db=_noted(desk, case_id, "noted"), keyring=desk.keyring, case_id=case_id, staff=desk.looker.staff,
            words=form.get("words", ""),
        )  # fmt: skip
        return "case_noted"

    return await _done(desk, suppliers, case_id, form, act)


@post("/cases/{case_id:int}/take", guards=HANDLE, status_code=200)
async def take(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], case_id: FromPath[int]
) -> Response[Any]:
    """`to` nobody hands it back."""
    form = await typed(desk.request)
    to = whole_number(form.get("to", ""))

    async def act() -> str:
        taking = Taking(case_id, desk.looker.staff, to, whole_number(form.get("instead_of", "")))
        await take_case(db=_noted(desk, case_id, "taken", to=to), taking=taking)
        return "case_taken"

    return await _done(desk, suppliers, case_id, form, act)


@post("/cases/{case_id:int}/follow-up", guards=HANDLE, status_code=200)
async def follow_up(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], case_id: FromPath[int]
) -> Response[Any]:
    form = await typed(desk.request)

    async def act() -> str:
        at: datetime | None = moment_typed(form, "follow_up")
        noted = _noted(desk, case_id, "follow_up_set", at=at.isoformat() if at else None)
        await set_follow_up(db=noted, case_id=case_id, by=desk.looker.staff, at=at)
        return "case_follow_up"

    return await _done(desk, suppliers, case_id, form, act)


@post("/cases/{case_id:int}/solve", guards=HANDLE, status_code=200)
async def solve(
    desk: NamedDependency[Desk],
    suppliers: NamedDependency[Suppliers],
    case_rules: NamedDependency[CaseRules],
    case_id: FromPath[int],
) -> Response[Any]:
    form = await typed(desk.request)

    async def act() -> str:
        outcome = _outcome(form)
        solution = Solution(
            case_id, desk.looker.staff, outcome, form.get("words", ""), whole_number(form.get("seen", "")) or 0,
            form.get("reference") or None,
        )  # fmt: skip
        noted = _noted(desk, case_id, "solved", outcome=outcome)
        await solve_case(db=noted, keyring=desk.keyring, rules=case_rules, solution=solution)
        return "case_solved"

    return await _done(desk, suppliers, case_id, form, act)


@post("/cases/{case_id:int}/complain", guards=COMPLAIN, status_code=200)
async def complain_of(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], case_id: FromPath[int]
) -> Response[Any]:
    form = await typed(desk.request)

    async def act() -> str:
        words = form.get("complaint", "")
        if not 1 <= len(words) <= WORDS_MAX:
            raise InvalidInput(fields={"complaint": Words("请写明投诉内容，300 字以内")})
        hand_on = await _to_supplier(desk, suppliers, case_id, whole_number(form.get("attempt", "")))
        complaint = Complaint(case_id, desk.looker.staff, words)
        noted = _noted(desk, case_id, "complained")
        said = await pass_on(db=noted, keyring=desk.keyring, complain=hand_on, complaint=complaint)
        return "case_complained" if said.is_filed else "case_complaint_failed"

    return await _done(desk, suppliers, case_id, form, act)


async def _to_supplier(desk: Desk, suppliers: Suppliers, case_id: int, attempt_id: int | None) -> Complain:
    """The hand that complains of this attempt, one of the case's order. Raises InvalidInput, CaseMissing."""
    attempt = next((one for one in await complainable(desk, suppliers, case_id) if one.id == attempt_id), None)
    if attempt is None:
        raise InvalidInput(fields={"attempt": Words("请选择要投诉的发货尝试")})

    async def hand_on(words: str) -> SupplierSaid:
        noted = desk.noted("attempt:complained", case_subject(case_id), number=attempt.number)
        answer = await complain(
            db=noted, keyring=desk.keyring, suppliers=suppliers, attempt_id=attempt.id, words=words
        )  # fmt: skip
        number = (answer.number or "") if isinstance(answer, ComplaintFiled) else ""
        return SupplierSaid(isinstance(answer, ComplaintFiled), number, answer.words)

    return hand_on


async def _done(
    desk: Desk, suppliers: Suppliers, case_id: int, form: dict[str, str], act: Callable[[], Awaitable[str]]
) -> Response[Any]:
    """What was typed stays on the page that says why it could not be done."""
    if case_id > CASE_ID_MAX:
        return await show_case(desk, suppliers, case_id)
    try:
        done = await act()
    except _SHOWN as refusal:
        return await show_case(desk, suppliers, case_id, refusal=refusal, form=form)
    return back_to(to_case(case_id), done=done)


def _noted(desk: Desk, case_id: int, what: str, **facts: object) -> NotedDatabase:
    return desk.noted(f"case:{what}", case_subject(case_id), **facts)


def _outcome(form: Mapping[str, str]) -> Outcome:
    """Raises InvalidInput."""
    if form.get("outcome") not in set(Outcome):
        raise InvalidInput(fields={"outcome": Words("请选择处理结果")})
    return Outcome(form["outcome"])
