"""Somebody agrees to a refund that others asked for; with enough of them it goes out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kameng.kernel.database import Transaction
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.payment import request_store
from kameng.payment.attempt import RefundCause
from kameng.payment.grant_refund import grant_refund, left_to_refund
from kameng.payment.refund import checked_reason
from kameng.payment.request import (
    REQUEST_LIFECYCLE,
    AgreedBefore,
    AgreedByEnough,
    AgreedByOne,
    OwnRequest,
    RefundRequest,
    RequestEnded,
    RequestMissing,
    RequestState,
)


async def approve_refund(tx: Transaction, *, request_id: int, approver: Actor, reason: str) -> RefundRequest:
    """The request as it stands afterwards: APPROVED, AGREED_ONCE, or OVERTAKEN when less than it asks for is left.

    In the caller's transaction. Raises RequestMissing, RequestEnded, OwnRequest, AgreedBefore, InvalidInput (field
    reason), and what sending the money back raises (NotNow, WholeOnly, DeliveryInDoubt): then it still waits.
    """
    reason = without_contacts(checked_reason(reason))
    order, request = await hold_request(tx, request_id)
    login = checked_approver(request, approver)
    if await left_to_refund(tx, order) < request.amount_fen:
        await request_store.end_request(tx, request_id, RequestState.OVERTAKEN)
        return replace(request, state=RequestState.OVERTAKEN)
    if not await request_store.agree(tx, request_id, login, reason):
        raise AgreedBefore
    if await request_store.agreed(tx, request_id) < request.needs:
        await request_store.agreed_once(tx, request_id)
        return replace(request, state=REQUEST_LIFECYCLE.after(request.state, AgreedByOne))
    state = REQUEST_LIFECYCLE.after(request.state, AgreedByEnough)
    await request_store.end_request(tx, request_id, state, by=login, reason=reason)
    await grant_refund(tx, order, request, actor=approver)
    return replace(request, state=state)


async def hold_request(tx: Transaction, request_id: int) -> tuple[Order, RefundRequest]:
    """An open request and its order, both held until the transaction ends. Raises RequestMissing, RequestEnded."""
    row = await request_store.request(tx.connection, request_id)
    if row is None:
        raise RequestMissing
    order = await lock_order(tx, OrderId(row["order_id"]))
    # Whoever changes a request holds its order: what is read now stays true.
    row = await request_store.request(tx.connection, request_id)
    assert row is not None, "requests are not erased"
    request = _request_of(dict(row))
    if not REQUEST_LIFECYCLE.allows(request.state, AgreedByEnough):
        raise RequestEnded
    return order, request


def checked_approver(request: RefundRequest, approver: Actor) -> str:
    """The approver's login. Raises OwnRequest."""
    assert approver.kind is ActorKind.STAFF, "only people agree"
    assert approver.id is not None, "and they have names"
    if request.asker.kind is ActorKind.STAFF and request.asker.id == approver.id:
        raise OwnRequest
    return approver.id


def _request_of(row: Mapping[str, Any]) -> RefundRequest:
    return RefundRequest(
        id=row["id"],
        order_id=OrderId(row["order_id"]),
        amount_fen=row["amount_fen"],
        state=RequestState(row["state"]),
        cause=RefundCause(row["cause"]),
        reason=row["reason"],
        asker=Actor(ActorKind(row["asker_kind"]), row["asker_id"]),
        needs=row["needs"],
        asked_at=row["asked_at"],
    )
