"""Risk review 风险审核: orders that were held back, why, and what a person decides about them."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from kameng.desk.orders import order_subject
from kameng.fulfilment.halt_delivery import DeliveryInDoubt
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId, printed
from kameng.payment.ask_refund import NothingLeft, RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.grant_refund import WholeOnly
from kameng.payment.refund import NotNow, accept_payment
from kameng.payment.request import RefundRules, RequestState
from kameng.risk.scorecard import Verdict
from kameng.risk.scores import KeptScore, list_held, scores_of
from kameng.risk.subjects import SubjectKind
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console import risk_wording
from kameng.web.console.door import Desk, needs
from kameng.web.console.orders import order_id_of
from kameng.web.console.pages import WORK, show, typed
from kameng.web.console.work_lines import WorkQueue

RISK = "/console/risk"
LOOK = [needs(Permission.RISK_LOOK)]
_SHOWN: tuple[type[Refusal], ...] = (InvalidInput, NotNow, NothingLeft, WholeOnly, DeliveryInDoubt)


@get("/risk", guards=LOOK)
async def held_page(desk: NamedDependency[Desk]) -> Response[str]:
    """All that is held back: for a person, and for its buyer's proof."""
    async with desk.db.reading() as connection:
        held = await list_held(connection)
    verdicts = (Verdict.HIGH, Verdict.MIDDLE)
    by_verdict = {verdict: [one for one in held if one.verdict is verdict] for verdict in verdicts}
    return show(desk.request, "console/risk/held.html", held=by_verdict, risk=risk_wording)


@get("/risk/orders/{order_no:str}", guards=LOOK)
async def held_order_page(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[str]:
    return await show_held(desk, order_id_of(order_no))


@post("/risk/orders/{order_no:str}/release", guards=[needs(Permission.PAYMENT_ACCEPT)], status_code=200)
async def release(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    """It is delivered at once, or refunded if it has been sold out meanwhile."""
    order_id, form = order_id_of(order_no), await typed(desk.request)
    reason = form.get("reason", "")

    async def decide() -> str:
        async with desk.db.transaction() as tx:
            state = await accept_payment(tx, order_id=order_id, actor=desk.actor, reason=reason)
            await note(tx, desk.note("risk:released", order_subject(order_id), reason=reason, state=state))
        return "risk_released"

    return await _decided(desk, order_id, form, decide)


@post("/risk/orders/{order_no:str}/refund", guards=[needs(Permission.REFUND_ASK)], status_code=200)
async def send_back(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    """All of it, as any refund: above the shop's limits others have to agree."""
    order_id, form = order_id_of(order_no), await typed(desk.request)
    reason, rules = form.get("reason", ""), desk.request.app.state.refund_rules
    assert isinstance(rules, RefundRules), "as the application has it"

    async def decide() -> str:
        wish = RefundWish(order_id, RefundCause.STAFF, reason, desk.actor, order_state=OrderState.UNDER_REVIEW)
        async with desk.db.transaction() as tx:
            request = await ask_refund(tx, rules=rules, wish=wish)
            done = "refund_requested" if request.state is RequestState.APPROVED else "refund_asked"
            facts = {"request": request.id, "amount_fen": request.amount_fen, "reason": reason, "state": request.state}
            await note(tx, desk.note(f"order:{done}", order_subject(order_id), **facts))
        return done

    return await _decided(desk, order_id, form, decide)


async def _decided(
    desk: Desk, order_id: OrderId, form: dict[str, str], decide: Callable[[], Awaitable[str]]
) -> Response[Any]:
    try:
        done = await decide()
    except _SHOWN as refusal:
        return await show_held(desk, order_id, refusal=refusal, form=form)
    return Redirect(f"{WORK}?queue={WorkQueue.REVIEW}&done={done}", status_code=HTTP_303_SEE_OTHER)


async def show_held(
    desk: Desk, order_id: OrderId, *, refusal: Refusal | None = None, form: dict[str, str] | None = None
) -> Response[str]:
    """Everything that was counted about an order, and its line in the log."""
    async with desk.db.transaction() as tx:
        scores = await scores_of(tx.connection, order_id)
        waits = [one.order_id for one in await list_held(tx.connection)]
        await note(tx, desk.note("risk:looked_at", order_subject(order_id)))
    return show(
        desk.request, "console/risk/order.html", status=refusal.status if refusal else 200, refusal=refusal,
        order_id=order_id, scores=scores, is_held=order_id in waits, risk=risk_wording, subjects=_subjects(scores),
        form=form or {},
    )  # fmt: skip


def _subjects(scores: list[KeptScore]) -> list[SubjectKind]:
    """Whom the order can be told again by: what of it may be put on a list."""
    known = {kind for one in scores for kind in one.subjects}
    return [kind for kind in SubjectKind if kind in known or kind is SubjectKind.CONTACT]


def held_path(order_id: OrderId) -> str:
    return f"{RISK}/orders/{printed(order_id)}"
