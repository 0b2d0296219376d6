"""A person decides about a refund that is stuck, after a look into the gateway's own books."""

from enum import StrEnum

from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import Actor, OrderState, RefundRequested
from kameng.orders.lock import lock_order
from kameng.payment import refund_store
from kameng.payment.attempt import SURPLUS_CAUSES, RefundState
from kameng.payment.close_refund import DoneRefund, close_refund
from kameng.payment.jobs import SEND_REFUND
from kameng.payment.refund import NotNow, checked_reason


class RefundMissing(Refusal):
    code = "refund_missing"
    status = 404
    words = Words("没有找到这笔退款")


class Verdict(StrEnum):
    """`SENT`: the money is back with the buyer. `NOT_SENT`: it is not, send it. `UNKNOWN`: ask the gateway again."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


async def decide_refund(tx: Transaction, *, refund_id: int, verdict: Verdict, actor: Actor, reason: str) -> RefundState:
    """Close a stuck refund as done, or send it on its way again, in the caller's transaction; its state now.

    Raises RefundMissing, NotNow (it is not stuck), InvalidInput (field reason).
    """
    reason = checked_reason(reason)
    row = await refund_store.refund(tx.connection, refund_id)
    if row is None:
        raise RefundMissing
    stuck = DoneRefund.of(dict(row))
    order = await lock_order(tx, stuck.order_id)
    if verdict is Verdict.SENT:
        if not await refund_store.close_stuck(tx, refund_id, reason):
            raise NotNow
        await close_refund(tx, stuck, actor=actor, reason=reason)
        return RefundState.DONE
    state = RefundState.INTENDED if verdict is Verdict.NOT_SENT else RefundState.IN_DOUBT
    if not await refund_store.reopen_stuck(tx, refund_id, state):
        raise NotNow
    await SEND_REFUND.defer(tx, refund_id=refund_id)
    if stuck.cause not in SURPLUS_CAUSES and not stuck.beside and order.state is OrderState.EXCEPTION:
        await advance(tx, order, RefundRequested(actor, reason=reason))
    return state
