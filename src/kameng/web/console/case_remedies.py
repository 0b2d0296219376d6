"""Money back, or goods once more, for a case: begun here, agreed to where all refunds are, followed by the case."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.aftersales.answer_case import AnsweredMeanwhile
from kameng.aftersales.case import CaseMoved, CaseRules, case_subject
from kameng.aftersales.refund_for_case import CaseRefund, refund_for_case
from kameng.aftersales.remedy import RemedyStage, RemedyUnderWay
from kameng.aftersales.replace_for_case import CaseReplacement, Replaced, replace_for_case
from kameng.fulfilment.halt_delivery import DeliveryInDoubt
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.payment.ask_refund import NothingLeft, ReplacedBefore
from kameng.payment.attempt import RefundCause
from kameng.payment.grant_refund import WholeOnly
from kameng.payment.refund import NotNow
from kameng.payment.request import RefundRules
from kameng.resubmission.put_right import MoneyGoesBack, NothingToPutRight, put_right
from kameng.staff.roles import Permission
from kameng.supply.suppliers import Suppliers
from kameng.web.console.cases import CASE_ID_MAX, show_case, to_case
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import fen_typed, number_typed
from kameng.web.console.pages import back_to, typed

PLACES_MAX = 100
_SHOWN: tuple[type[Refusal], ...] = (
    InvalidInput, CaseMoved, AnsweredMeanwhile, RemedyUnderWay, NotNow, NothingLeft, ReplacedBefore, WholeOnly,
    DeliveryInDoubt, NothingToPutRight, MoneyGoesBack,
)  # fmt: skip


@post("/cases/{case_id:int}/refund", guards=[needs(Permission.REFUND_ASK)], status_code=200)
async def refund(
    desk: NamedDependency[Desk],
    suppliers: NamedDependency[Suppliers],
    case_rules: NamedDependency[CaseRules],
    case_id: FromPath[int],
) -> Response[Any]:
    form = await typed(desk.request)
    limits: RefundRules = desk.request.app.state.refund_rules
    if case_id > CASE_ID_MAX:
        return await show_case(desk, suppliers, case_id)
    try:
        wish = _wish(desk, case_id, form)
        noted = desk.noted("case:refund_asked", case_subject(case_id), cause=wish.cause, amount_fen=wish.amount_fen)
        await refund_for_case(db=noted, keyring=desk.keyring, rules=case_rules, limits=limits, refund=wish)
    except _SHOWN as refusal:
        return await show_case(desk, suppliers, case_id, refusal=refusal, form=form)
    return back_to(to_case(case_id), done="case_refund")


@post("/cases/{case_id:int}/replace", guards=[needs(Permission.RESUBMISSION_DECIDE)], status_code=200)
async def replace(
    desk: NamedDependency[Desk],
    suppliers: NamedDependency[Suppliers],
    case_rules: NamedDependency[CaseRules],
    case_id: FromPath[int],
) -> Response[Any]:
    form = await typed(desk.request)
    words = form.get("words", "")
    places = tuple(place for place in range(PLACES_MAX) if f"place.{place}" in form)

    async def put(tx: Transaction, order_id: OrderId) -> Replaced:
        one = await put_right(tx, order_id=order_id, actor=desk.actor, reason=form.get("reason", ""), places=places)
        return Replaced(one.id, RemedyStage(one.state))

    if case_id > CASE_ID_MAX:
        return await show_case(desk, suppliers, case_id)
    try:
        noted = desk.noted("case:replacement_begun", case_subject(case_id))
        wanted = CaseReplacement(case_id, desk.looker.staff, words, number_typed(form, "seen", otherwise=0))
        _, replaced = await replace_for_case(
            db=noted, keyring=desk.keyring, rules=case_rules, replace=put, replacement=wanted
        )
    except _SHOWN as refusal:
        return await show_case(desk, suppliers, case_id, refusal=refusal, form=form)
    return back_to(to_case(case_id), done="case_short" if replaced.stage == "with_staff" else "case_replacement")


def _wish(desk: Desk, case_id: int, form: dict[str, str]) -> CaseRefund:
    """Raises InvalidInput."""
    if form.get("cause") not in set(RefundCause):
        raise InvalidInput(fields={"cause": Words("请选择退款缘由")})
    is_whole = form.get("how_much") == "all"
    return CaseRefund(
        case_id,
        desk.looker.staff,
        RefundCause(form["cause"]),
        form.get("reason", ""),
        form.get("words", ""),
        number_typed(form, "seen", otherwise=0),
        amount_fen=None if is_whole else fen_typed(form, "amount"),
        left_fen=number_typed(form, "left", otherwise=0),
        order_state=OrderState(form["order_state"]) if form.get("order_state") in set(OrderState) else None,
        # Whoever ticks it has seen that codes were exchanged, and how many.
        replaced=number_typed(form, "replaced", otherwise=0) if "with_replaced" in form else 0,
    )
