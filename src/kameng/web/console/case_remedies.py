"""Money back, or goods once more, for a case: begun here, agreed to where all refunds are, followed by the case."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency

from kameng.aftersales.answer_case import AnsweredMeanwhile
from kameng.aftersales.case import CaseMoved
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
from kameng.web.console.case_in_hand import CaseInHand
from kameng.web.console.door import needs
from kameng.web.console.fields import fen_typed, number_typed

PLACES_MAX = 100
_SHOWN: tuple[type[Refusal], ...] = (
    InvalidInput, CaseMoved, AnsweredMeanwhile, RemedyUnderWay, NotNow, NothingLeft, ReplacedBefore, WholeOnly,
    DeliveryInDoubt, NothingToPutRight, MoneyGoesBack,
)  # fmt: skip


@post("/cases/{case_id:int}/refund", guards=[needs(Permission.REFUND_ASK)], status_code=200)
async def refund(hand: NamedDependency[CaseInHand]) -> Response[Any]:
    limits: RefundRules = hand.desk.request.app.state.refund_rules

    async def act() -> str:
        wish = _wish(hand)
        noted = hand.noted("refund_asked", cause=wish.cause, amount_fen=wish.amount_fen)
        await refund_for_case(db=noted, keyring=hand.keyring, rules=hand.rules, limits=limits, refund=wish)
        return "case_refund"

    return await hand.does(act, *_SHOWN)


@post("/cases/{case_id:int}/replace", guards=[needs(Permission.RESUBMISSION_DECIDE)], status_code=200)
async def replace(hand: NamedDependency[CaseInHand]) -> Response[Any]:
    reason, actor = hand.form.get("reason", ""), hand.desk.actor
    places = tuple(place for place in range(PLACES_MAX) if f"place.{place}" in hand.form)

    async def put(tx: Transaction, order_id: OrderId) -> Replaced:
        one = await put_right(tx, order_id=order_id, actor=actor, reason=reason, places=places)
        return Replaced(one.id, RemedyStage(one.state))

    async def act() -> str:
        noted = hand.noted("replacement_begun")
        wanted = CaseReplacement(hand.case_id, hand.staff, hand.words, hand.seen)
        _, replaced = await replace_for_case(
            db=noted, keyring=hand.keyring, rules=hand.rules, replace=put, replacement=wanted
        )
        return "case_short" if replaced.stage == "with_staff" else "case_replacement"

    return await hand.does(act, *_SHOWN)


def _wish(hand: CaseInHand) -> CaseRefund:
    """Raises InvalidInput."""
    form = hand.form
    if form.get("cause") not in set(RefundCause):
        raise InvalidInput(fields={"cause": Words("请选择退款缘由")})
    is_whole = form.get("how_much") == "all"
    return CaseRefund(
        hand.case_id,
        hand.staff,
        RefundCause(form["cause"]),
        form.get("reason", ""),
        hand.words,
        hand.seen,
        amount_fen=None if is_whole else fen_typed(form, "amount"),
        left_fen=number_typed(form, "left", otherwise=0),
        order_state=OrderState(form["order_state"]) if form.get("order_state") in set(OrderState) else None,
        # Whoever ticks it has seen that codes were exchanged, and how many.
        replaced=number_typed(form, "replaced", otherwise=0) if "with_replaced" in form else 0,
    )
