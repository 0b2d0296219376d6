"""What is missing of a stuck order is delivered: from our own vault, or by a route that is looked for anew."""

from dataclasses import replace

from kameng.fulfilment.ask_correction import ask_suppliers_now
from kameng.fulfilment.reopen_delivery import fill_up_from_stock, reopen_delivery
from kameng.kernel.database import Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import SYSTEM, Actor, Delivered, Resubmitted
from kameng.orders.order import Order
from kameng.resubmission import store
from kameng.resubmission.move import move
from kameng.resubmission.resubmission import Declined, MustWait, Resubmission, Verified, Why


async def deliver_again(tx: Transaction, order: Order, one: Resubmission, *, actor: Actor) -> Resubmission:
    """The caller has locked the order, which is in exception, and its resubmission.

    While a supplier may still deliver it, that supplier is asked, and nobody else.
    """
    if await ask_suppliers_now(tx, order.id):
        return await move(tx, one, MustWait, why=[Why.SUPPLIER_IN_DOUBT])
    facts = {"kind": one.kind, "resubmission": one.id}
    if await fill_up_from_stock(tx, order):
        await move(tx, one, Verified)
        state = await advance(tx, order, Resubmitted(actor, reason=one.reason or None, facts=facts))
        delivered = Delivered(SYSTEM, reason="the rest came from our own stock", facts={"cards": order.quantity})
        await advance(tx, replace(order, state=state), delivered)
        return await store.lock(tx, one.id)
    if not await reopen_delivery(tx, order.id):
        return await move(tx, one, Declined, why=[Why.NOT_NOW])
    moved = await move(tx, one, Verified)
    await advance(tx, order, Resubmitted(actor, reason=one.reason or None, facts=facts))
    return moved
