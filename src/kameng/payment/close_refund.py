"""A refund is done: the books and its order are told. An order is itself refunded once all that was paid is back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kameng.kernel.database import Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import LIFECYCLE, Actor, PartRefunded, Refunded, SurplusReturned
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import refund_store
from kameng.payment.attempt import SURPLUS_CAUSES, RefundCause
from kameng.payment.enter_money import enter_refund


@dataclass(frozen=True)
class DoneRefund:
    """`gateway_id` sent it back; None when a balance got it, which has an entry of its own."""

    id: int
    order_id: OrderId
    cause: RefundCause
    amount_fen: int
    beside: bool
    gateway_id: int | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "DoneRefund":
        """From a row of `refund_store.refund`."""
        return cls(
            id=row["id"],
            order_id=OrderId(row["order_id"]),
            cause=RefundCause(row["cause"]),
            amount_fen=row["amount_fen"],
            beside=row["beside"],
            gateway_id=row["gateway_id"] if row["balance_owner"] is None else None,
        )


async def close_refund(
    tx: Transaction, refund: DoneRefund, *, actor: Actor, reason: str | None = None, by_hand: bool = False
) -> None:
    """In the transaction that wrote the refund down as done. `by_hand`: its buyer got it by another way than the
    gateway."""
    order = await lock_order(tx, refund.order_id)
    if refund.gateway_id is not None:
        await enter_refund(tx, refund.id, order.id, gateway_id=refund.gateway_id, amount_fen=refund.amount_fen,
                           is_surplus=refund.cause in SURPLUS_CAUSES)  # fmt: skip
    facts: dict[str, object] = {"refund_fen": refund.amount_fen}
    if by_hand:
        facts["by_hand"] = True
    if refund.cause in SURPLUS_CAUSES:
        await advance(tx, order, SurplusReturned(actor, reason=reason, facts=facts))
    elif await refund_store.is_all_back(tx, order.id) and LIFECYCLE.allows(order.state, Refunded):
        await advance(tx, order, Refunded(actor, reason=reason, facts=facts))
    elif refund.beside:
        await advance(tx, order, PartRefunded(actor, reason=reason, facts=facts))
