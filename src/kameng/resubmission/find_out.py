"""What truly happened is asked where the money is, before anything else is done about an unpaid order."""

from kameng.checkout.place_again import Again, OldPriceTooLow, place_again, weigh_again_for
from kameng.checkout.place_order import OrderDeclined, OutOfStock, SkuUnavailable
from kameng.kernel.errors import Refusal
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import lock_order
from kameng.payment.ask_gateways import Asked, ask_gateways
from kameng.resubmission import store
from kameng.resubmission.desk import Desk
from kameng.resubmission.move import move
from kameng.resubmission.resubmission import (
    BY_A_NEW_ORDER,
    Declined,
    Kind,
    LeftToStaff,
    MustWait,
    Resubmission,
    ResubmissionState,
    Succeeded,
    Verified,
    Why,
)

#: These ask somebody outside before they act, or weigh a new order, and so take two transactions.
IN_TWO_STEPS = frozenset({Kind.PAID_NOT_SEEN, *BY_A_NEW_ORDER})
#: So often a gateway that doesn't answer is asked before a person has to look: some minutes.
LOOKS_MAX = 20

_UNPAID = (OrderState.AWAITING_PAYMENT, OrderState.CANCELLED)
_REFUSED: dict[type[Refusal], Why] = {
    SkuUnavailable: Why.NOT_ON_SALE,
    OutOfStock: Why.SOLD_OUT,
    OldPriceTooLow: Why.COSTS_MORE,
    OrderDeclined: Why.NOT_LET_THROUGH,
}


async def find_out(desk: Desk, one: Resubmission, *, address: str | None = None) -> Resubmission:
    """Ask the gateways, and act on what they say. Many at once do it once."""
    asked = Asked()
    if one.kind is not Kind.BUY_AGAIN:
        asked = await ask_gateways(db=desk.db, gateways=desk.gateways, order_id=one.order_id)
    try:
        again = None
        if one.kind in BY_A_NEW_ORDER:
            again = await weigh_again_for(
                db=desk.db, keyring=desk.keyring, rules=desk.checkout, order_id=one.order_id, address=address
            )
        return await _act(desk, one, asked, again)
    except (SkuUnavailable, OutOfStock, OldPriceTooLow, OrderDeclined) as refusal:
        return await _refuse(desk, one, _REFUSED[type(refusal)])


async def _act(desk: Desk, one: Resubmission, asked: Asked, again: Again | None) -> Resubmission:
    async with desk.db.transaction() as tx:
        order = await lock_order(tx, one.order_id)
        one = await store.lock(tx, one.id)
        if one.state not in {ResubmissionState.APPLIED, ResubmissionState.WAITING}:
            return one
        if one.kind is not Kind.BUY_AGAIN and order.state not in _UNPAID:
            return await move(tx, one, Succeeded)
        if asked.in_doubt:
            event = LeftToStaff if one.looks >= LOOKS_MAX else MustWait
            return await move(tx, one, event, why=[Why.GATEWAY_SILENT])
        if again is None:
            return await move(tx, one, Declined, why=[Why.SENT_BACK if asked.sent_back else Why.NOT_PAID])
        if order.state is OrderState.AWAITING_PAYMENT:
            return await move(tx, one, Declined, why=[Why.NOT_NOW])
        placed = await place_again(tx, desk.keyring, desk.checkout, again)
        return await move(tx, one, Verified, new_order_id=placed.order_id)


async def _refuse(desk: Desk, one: Resubmission, why: Why) -> Resubmission:
    async with desk.db.transaction() as tx:
        await lock_order(tx, one.order_id)
        one = await store.lock(tx, one.id)
        return await move(tx, one, Declined, why=[why]) if one.state is ResubmissionState.APPLIED else one
