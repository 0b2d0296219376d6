"""No supplier is asked for an order any more: its money goes back."""

from kameng.fulfilment import repair_store, store
from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import CancelledAfterPayment, OrderEvent, OrderState
from kameng.orders.order import Order
from kameng.stock.put_back import put_back

_FOR_NOTHING = ("goodwill", "cheaper")


class DeliveryInDoubt(Refusal):
    """A supplier may still deliver it: what came of that has to be known first."""

    code = "delivery_in_doubt"
    words = Words("货源的发货结果还没有核实，核实之前不能退款")


async def known_first(tx: Transaction, order: Order, promised: OrderEvent) -> None:
    """Money for a part of what is stuck goes back only when nothing of it can still arrive. Of goodwill nothing is
    taken away. Follows RefundPromised. Raises DeliveryInDoubt."""
    is_for_goods = promised.facts.get("cause") not in _FOR_NOTHING
    if order.state is OrderState.EXCEPTION and is_for_goods and await store.live_attempts(tx, order.id):
        raise DeliveryInDoubt


async def halt_delivery(tx: Transaction, order: Order, gone: OrderEvent) -> None:
    """Close the order's delivery, if it has one. Codes that nobody was shown are for sale again: those that came as a
    part of it, and all of an order that may still be cancelled. Those of an order that was delivered once may have been
    read, and never are. Follows RefundRequested, CancelledAfterPayment and CorrectionMissed. Raises DeliveryInDoubt."""
    if await store.live_attempts(tx, order.id):
        raise DeliveryInDoubt
    await store.close_delivery_of(tx, order.id)
    if isinstance(gone, CancelledAfterPayment) or not await repair_store.was_delivered(tx, order.id):
        await put_back(tx, order.id)
