"""A person takes what was paid for an order as enough. Sending it back is asked for; see `ask_refund`."""

from collections.abc import Mapping, Sequence
from typing import Any

from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.ledger.entry import AccountKind
from kameng.orders.advance import advance
from kameng.orders.lifecycle import (
    LIFECYCLE,
    AcceptedByStaff,
    Actor,
    OrderEvent,
    OrderState,
    SurplusReceived,
)
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import refund_store
from kameng.payment.attempt import RefundCause
from kameng.payment.enter_money import enter_decision
from kameng.payment.open_refund import open_refund

REASON_MAX = 300


class NotNow(Refusal):
    """The order has gone on since the page was loaded."""

    code = "not_in_this_state"
    words = Words("订单当前状态不允许这个操作，请刷新查看")


async def accept_payment(tx: Transaction, *, order_id: OrderId, actor: Actor, reason: str) -> OrderState:
    """Take what was paid for an order under review as enough: it is delivered at once, or refunded if sold out.

    Several payments, each too little, can be more than enough together: what is over goes back.
    In the caller's transaction. Raises OrderMissing, NotNow, InvalidInput.
    """
    event = AcceptedByStaff(actor, reason=checked_reason(reason))
    order = await lock_order(tx, order_id)
    receipts = await refund_store.accept_held_receipts(tx, order_id)
    surplus_fen = sum(receipt["amount_fen"] for receipt in receipts) - order.amount_fen
    await _enter_decisions(tx, order_id, [dict(r) for r in receipts], surplus_fen=surplus_fen)
    state = await _decide(tx, order_id, event)
    # An order that is being refunded gets back all that was paid, this with it.
    if state is not OrderState.REFUNDING and surplus_fen > 0:
        facts = {"surplus_fen": surplus_fen}
        await advance(tx, await lock_order(tx, order_id), SurplusReceived(actor, facts=facts))
        for receipt in sorted(receipts, key=lambda receipt: -receipt["id"]):
            part_fen = min(surplus_fen, receipt["amount_fen"])
            if part_fen > 0:
                await open_refund(tx, receipt["id"], order_id, amount_fen=part_fen, cause=RefundCause.PAID_TOO_MUCH)
            surplus_fen -= part_fen
    return state


async def _enter_decisions(
    tx: Transaction, order_id: OrderId, receipts: Sequence[Mapping[str, Any]], *, surplus_fen: int
) -> None:
    for receipt in sorted(receipts, key=lambda receipt: -receipt["id"]):
        over_fen = max(min(surplus_fen, receipt["amount_fen"]), 0)
        taken = {AccountKind.SALES: receipt["amount_fen"] - over_fen, AccountKind.SURPLUS: over_fen}
        await enter_decision(tx, receipt["id"], order_id, taken=taken)
        surplus_fen -= over_fen


async def _decide(tx: Transaction, order_id: OrderId, event: OrderEvent) -> OrderState:
    order = await lock_order(tx, order_id)
    if not LIFECYCLE.allows(order.state, type(event)):
        raise NotNow
    return await advance(tx, order, event)


def checked_reason(reason: str) -> str:
    """Why a person did it. Raises InvalidInput (field reason)."""
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise InvalidInput(fields={"reason": Words("请写明原因，最多 300 字")})
    return reason
