"""Codes that don't work are exchanged for others from our own vault, once and by itself."""

from collections.abc import Sequence
from dataclasses import replace

from kameng.kernel.database import Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import SYSTEM, Actor, Delivered, Resubmitted
from kameng.orders.order import Order
from kameng.resubmission import store
from kameng.resubmission.move import move
from kameng.resubmission.resubmission import LeftToStaff, Resubmission, Verified, Why
from kameng.stock.replace_cards import replace_cards


async def replace_code(
    tx: Transaction, order: Order, one: Resubmission, *, actor: Actor, places: Sequence[int] = ()
) -> Resubmission:
    """The caller has locked the delivered order and its resubmission. `places` count from 0 as the codes are shown;
    none: all of them. Without enough in the vault nothing changes, and a person decides."""
    replaced = await replace_cards(tx, order, places=places)
    if replaced == 0:
        return await move(tx, one, LeftToStaff, why=[Why.NOT_FROM_STOCK])
    await move(tx, one, Verified)
    facts = {"kind": one.kind, "resubmission": one.id, "cards": replaced}
    state = await advance(tx, order, Resubmitted(actor, reason=one.reason or None, facts=facts))
    await advance(tx, replace(order, state=state), Delivered(SYSTEM, facts={"cards": order.quantity}))
    return await store.lock(tx, one.id)
