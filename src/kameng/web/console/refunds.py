"""Refunds by decision: asked for on the order's page, agreed to on a page of their own."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.desk.actions import Act
from kameng.desk.orders import order_subject
from kameng.desk.refunds import list_waiting_requests, requests_of
from kameng.fulfilment.halt_delivery import DeliveryInDoubt
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import Actor
from kameng.payment.approve_refund import approve_refund
from kameng.payment.ask_refund import NothingLeft, RefundWish, ReplacedBefore, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.decline_refund import decline_refund
from kameng.payment.grant_refund import WholeOnly
from kameng.payment.refund import NotNow
from kameng.payment.request import (
    AgreedBefore,
    OwnRequest,
    RefundRequest,
    RefundRules,
    RequestEnded,
    RequestMissing,
    RequestState,
)
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import confirmed, fen_typed, number_typed
from kameng.web.console.order_view import show_order
from kameng.web.console.orders import order_id_of, order_path
from kameng.web.console.pages import back_to, show, typed

REFUNDS = "/console/refunds"
REQUEST_ID_MAX = 2**63 - 1
Decision = Callable[[Actor, str], Awaitable[RefundRequest]]
_SHOWN: tuple[type[Refusal], ...] = (
    InvalidInput, NotNow, NothingLeft, WholeOnly, DeliveryInDoubt, RequestEnded, OwnRequest, AgreedBefore,
    ReplacedBefore,
)  # fmt: skip
# How the log names what became of a request. What left an event behind stands among the order's events.
_NOTED = {
    RequestState.WAITING: "refund_asked",
    RequestState.AGREED_ONCE: "refund_agreed",
    RequestState.APPROVED: "refund_approved",
    RequestState.DECLINED: "refund_declined",
    RequestState.OVERTAKEN: "refund_overtaken",
}


@post("/orders/{order_no:str}/refund", guards=[needs(Permission.REFUND_ASK)], status_code=200)
async def ask(desk: NamedDependency[Desk], order_no: FromPath[str]) -> Response[Any]:
    order_id, form = order_id_of(order_no), await typed(desk.request)
    rules: RefundRules = desk.request.app.state.refund_rules
    try:
        wish = RefundWish(
            order_id=order_id,
            cause=_cause_of(form.get("cause", "")),
            reason=form.get("reason", ""),
            asker=desk.actor,
            amount_fen=fen_typed(form, "amount"),
            left_fen=number_typed(form, "left", otherwise=0) if "left" in form else None,
        )
        confirmed(form)
        async with desk.db.transaction() as tx:
            request = await ask_refund(tx, rules=rules, wish=wish)
            done = "refund_requested" if request.state is RequestState.APPROVED else "refund_asked"
            await note(tx, desk.note(f"order:{done}", order_subject(order_id), **_facts(request, request.reason)))
    except _SHOWN as refusal:
        return await show_order(desk, order_id, doing=Act.REFUND, refusal=refusal)
    return back_to(order_path(order_id), done=done)


@post("/orders/{order_no:str}/requests/{request_id:int}/withdraw", guards=[needs(Permission.REFUND_ASK)],
      status_code=200)  # fmt: skip
async def withdraw(desk: NamedDependency[Desk], order_no: FromPath[str], request_id: FromPath[int]) -> Response[Any]:
    """Whoever asked takes it back; nobody else's is here."""
    order_id, reason = order_id_of(order_no), (await typed(desk.request)).get("reason", "")
    try:
        async with desk.db.transaction() as tx:
            line = next((one for one in await requests_of(tx.connection, order_id) if one.id == request_id), None)
            if line is None or not line.is_of(desk.looker.staff.login):
                raise RequestMissing
            request = await decline_refund(tx, request_id=request_id, decider=desk.actor, reason=reason)
            await note(tx, desk.note("order:refund_withdrawn", order_subject(order_id), **_facts(request, reason)))
    except _SHOWN as refusal:
        return await show_order(desk, order_id, refusal=refusal)
    return back_to(order_path(order_id), done="refund_withdrawn")


@get("/refunds", guards=[needs(Permission.REFUND_APPROVE)])
async def requests_page(desk: NamedDependency[Desk]) -> Response[str]:
    return await _show_requests(desk)


@post("/refunds/{request_id:int}/approve", guards=[needs(Permission.REFUND_APPROVE)], status_code=200)
async def approve(desk: NamedDependency[Desk], request_id: FromPath[int]) -> Response[Any]:
    return await _decide(desk, request_id, approves=True)


@post("/refunds/{request_id:int}/decline", guards=[needs(Permission.REFUND_APPROVE)], status_code=200)
async def decline(desk: NamedDependency[Desk], request_id: FromPath[int]) -> Response[Any]:
    return await _decide(desk, request_id, approves=False)


async def _decide(desk: Desk, request_id: int, *, approves: bool) -> Response[Any]:
    reason, actor = (await typed(desk.request)).get("reason", ""), desk.actor
    if request_id > REQUEST_ID_MAX:
        raise RequestMissing
    try:
        async with desk.db.transaction() as tx:
            if approves:
                request = await approve_refund(tx, request_id=request_id, approver=actor, reason=reason)
            else:
                request = await decline_refund(tx, request_id=request_id, decider=actor, reason=reason)
            done = _NOTED[request.state]
            await note(tx, desk.note(f"order:{done}", order_subject(request.order_id), **_facts(request, reason)))
    except _SHOWN as refusal:
        return await _show_requests(desk, refusal=refusal)
    return back_to(REFUNDS, done=done)


async def _show_requests(desk: Desk, *, refusal: Refusal | None = None) -> Response[str]:
    waiting = await list_waiting_requests(desk.db)
    rules: RefundRules = desk.request.app.state.refund_rules
    status = refusal.status if refusal else 200
    return show(desk.request, "console/refunds.html", status=status, waiting=waiting, rules=rules, refusal=refusal)


def _cause_of(text: str) -> RefundCause:
    """Raises InvalidInput."""
    try:
        return RefundCause(text)
    except ValueError as error:
        raise InvalidInput(fields={"cause": Words("请选择退款缘由")}) from error


def _facts(request: RefundRequest, reason: str) -> dict[str, object]:
    return {"request": request.id, "amount_fen": request.amount_fen, "reason": reason, "state": request.state}
