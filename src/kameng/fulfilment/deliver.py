"""A paid order is delivered: from the vault in the same transaction, or else it is left to suppliers."""

from kameng.catalogue.filling import FilledBy, find_filling
from kameng.fulfilment.deliver_from_stock import deliver_from_stock
from kameng.fulfilment.hold_back import hold_back
from kameng.fulfilment.open_delivery import open_delivery
from kameng.kernel.database import Transaction
from kameng.orders.lifecycle import SYSTEM, DeliveryStarted, OrderEvent, PaymentConfirmed, SoldOut
from kameng.orders.order import Order


async def deliver(tx: Transaction, order: Order, paid: OrderEvent) -> OrderEvent:
    """The paid order's next event: Delivered, DeliveryStarted or SoldOut; ProofAsked or HeldForReview where something
    speaks against it. Follows PaymentConfirmed, ProofGiven and AcceptedByStaff at once."""
    if isinstance(paid, PaymentConfirmed) and (held := await hold_back(tx, order, paid)) is not None:
        return held
    if (delivered := await deliver_from_stock(tx, order)) is not None:
        return delivered
    filling = await find_filling(tx.connection, order.sku_id)
    if filling.filled_by is not FilledBy.SUPPLIER:
        return SoldOut(SYSTEM, reason="paid after the reservation ended, and nothing is left in stock")
    await open_delivery(tx, order_id=order.id, sku_id=order.sku_id, owed=order.quantity * filling.piece)
    return DeliveryStarted(SYSTEM)
