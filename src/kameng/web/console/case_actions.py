"""What a person does to a case: each in one transaction with its line in the log, which never holds what was said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency

from kameng.aftersales.answer_case import AnsweredMeanwhile, StaffAnswer, Then, answer_case
from kameng.aftersales.case import CaseMoved, Outcome, case_subject
from kameng.aftersales.pass_on import Complain, Complaint, SupplierSaid, pass_on
from kameng.aftersales.set_follow_up import set_follow_up
from kameng.aftersales.solve_case import Solution, solve_case
from kameng.aftersales.take_case import TakenByAnother, Taking, take_case
from kameng.aftersales.write_note import write_note
from kameng.fulfilment.complain import NothingOrderedYet, TakesNoComplaints, complain
from kameng.fulfilment.told import WORDS_MAX
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.member import StaffMissing
from kameng.staff.roles import Permission
from kameng.supply.answer import ComplaintFiled
from kameng.supply.suppliers import SupplierUnknown
from kameng.web.console.case_in_hand import CaseInHand
from kameng.web.console.cases import HANDLE, complainable
from kameng.web.console.door import needs
from kameng.web.console.fields import moment_typed

COMPLAIN = [needs(Permission.DELIVERY_HANDLE)]
_SHOWN: tuple[type[Refusal], ...] = (
    InvalidInput, CaseMoved, AnsweredMeanwhile, TakenByAnother, StaffMissing, TakesNoComplaints, NothingOrderedYet,
    SupplierUnknown,
)  # fmt: skip


@post("/cases/{case_id:int}/answer", guards=HANDLE, status_code=200)
async def answer(hand: NamedDependency[CaseInHand]) -> Response[Any]:
    then = Then(hand.form.get("then", "")) if hand.form.get("then") in set(Then) else Then.US
    said = StaffAnswer(hand.case_id, hand.staff, hand.words, hand.seen, then)

    async def act() -> str:
        noted = hand.noted("answered", then=then)
        await answer_case(db=noted, keyring=hand.keyring, rules=hand.rules, answer=said)
        return "case_answered"

    return await hand.does(act, *_SHOWN)


@post("/cases/{case_id:int}/note", guards=HANDLE, status_code=200)
async def write_down(hand: NamedDependency[CaseInHand]) -> Response[Any]:
    async def act() -> str:
        await write_note(
            db=hand.noted("noted"), keyring=hand.keyring, case_id=hand.case_id, staff=hand.staff,
            words=hand.words,
        )  # fmt: skip
        return "case_noted"

    return await hand.does(act, *_SHOWN)


@post("/cases/{case_id:int}/take", guards=HANDLE, status_code=200)
async def take(hand: NamedDependency[CaseInHand]) -> Response[Any]:
    """`to` nobody hands it back."""
    to = hand.number("to")

    async def act() -> str:
        taking = Taking(hand.case_id, hand.staff, to, hand.number("instead_of"))
        await take_case(db=hand.noted("taken", to=to), taking=taking)
        return "case_taken"

    return await hand.does(act, *_SHOWN)


@post("/cases/{case_id:int}/follow-up", guards=HANDLE, status_code=200)
async def follow_up(hand: NamedDependency[CaseInHand]) -> Response[Any]:
    async def act() -> str:
        at: datetime | None = moment_typed(hand.form, "follow_up")
        noted = hand.noted("follow_up_set", at=at.isoformat() if at else None)
        await set_follow_up(db=noted, case_id=hand.case_id, by=hand.staff, at=at)
        return "case_follow_up"

    return await hand.does(act, *_SHOWN)


@post("/cases/{case_id:int}/solve", guards=HANDLE, status_code=200)
async def solve(hand: NamedDependency[CaseInHand]) -> Response[Any]:
    async def act() -> str:
        outcome = _outcome(hand.form)
        solution = Solution(
            hand.case_id, hand.staff, outcome, hand.words, hand.seen,
            hand.form.get("reference") or None,
        )  # fmt: skip
        noted = hand.noted("solved", outcome=outcome)
        await solve_case(db=noted, keyring=hand.keyring, rules=hand.rules, solution=solution)
        return "case_solved"

    return await hand.does(act, *_SHOWN)


@post("/cases/{case_id:int}/complain", guards=COMPLAIN, status_code=200)
async def complain_of(hand: NamedDependency[CaseInHand]) -> Response[Any]:
    async def act() -> str:
        words = hand.form.get("complaint", "")
        if not 1 <= len(words) <= WORDS_MAX:
            raise InvalidInput(fields={"complaint": Words("请写明投诉内容，300 字以内")})
        hand_on = await _to_supplier(hand, hand.number("attempt"))
        complaint = Complaint(hand.case_id, hand.staff, words)
        noted = hand.noted("complained")
        said = await pass_on(db=noted, keyring=hand.keyring, complain=hand_on, complaint=complaint)
        return "case_complained" if said.is_filed else "case_complaint_failed"

    return await hand.does(act, *_SHOWN)


async def _to_supplier(hand: CaseInHand, attempt_id: int | None) -> Complain:
    """The hand that complains of this attempt, one of the case's order. Raises InvalidInput, CaseMissing."""
    attempts = await complainable(hand.desk, hand.suppliers, hand.case_id)
    attempt = next((one for one in attempts if one.id == attempt_id), None)
    if attempt is None:
        raise InvalidInput(fields={"attempt": Words("请选择要投诉的发货尝试")})

    async def hand_on(words: str) -> SupplierSaid:
        noted = hand.desk.noted("attempt:complained", case_subject(hand.case_id), number=attempt.number)
        answer = await complain(
            db=noted, keyring=hand.keyring, suppliers=hand.suppliers, attempt_id=attempt.id, words=words
        )
        number = (answer.number or "") if isinstance(answer, ComplaintFiled) else ""
        return SupplierSaid(isinstance(answer, ComplaintFiled), number, answer.words)

    return hand_on


def _outcome(form: Mapping[str, str]) -> Outcome:
    """Raises InvalidInput."""
    if form.get("outcome") not in set(Outcome):
        raise InvalidInput(fields={"outcome": Words("请选择处理结果")})
    return Outcome(form["outcome"])
