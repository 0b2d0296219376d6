"""Somebody does not agree to a refund: it is not sent, and what it was for can be asked for anew."""

from dataclasses import replace

from kameng.kernel.database import Transaction
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import Actor
from kameng.payment import request_store
from kameng.payment.approve_refund import hold_request
from kameng.payment.refund import checked_reason
from kameng.payment.request import REQUEST_LIFECYCLE, Declined, RefundRequest


async def decline_refund(tx: Transaction, *, request_id: int, decider: Actor, reason: str) -> RefundRequest:
    """Whoever asked may take it back the same way. In the caller's transaction.

    Raises RequestMissing, RequestEnded, InvalidInput (field reason).
    """
    reason = without_contacts(checked_reason(reason))
    _, request = await hold_request(tx, request_id)
    state = REQUEST_LIFECYCLE.after(request.state, Declined)
    await request_store.end_request(tx, request_id, state, by=decider.id, reason=reason)
    return replace(request, state=state)
