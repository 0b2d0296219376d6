"""Make sure of the goods before money is asked for: cards from our vault, or a supplier's pieces held back."""

from datetime import timedelta

from kameng.catalogue.filling import Delivers, FilledBy
from kameng.catalogue.product import Offer
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Transaction
from kameng.orders.account import Account
from kameng.orders.order import Order
from kameng.stock.reserve import reserve
from kameng.supply.hold import hold

#: A payment of the last second must still find its pieces when it has been booked.
BOOKED_WITHIN = timedelta(minutes=10)


async def secure(tx: Transaction, offer: Offer, order: Order, account: Account | None) -> bool:
    """False when there is not enough, and then nothing is held.

    What lies in the vault goes first, for it arrives at once; suppliers fill what it can't fill whole. Nothing in the
    vault tops an account up.
    """
    if offer.delivers is Delivers.CODES:
        today = tx.now.astimezone(SHANGHAI).date()
        if await reserve(tx, order_id=order.id, sku_id=order.sku_id, quantity=order.quantity, on=today):
            return True
    if offer.filled_by is not FilledBy.SUPPLIER:
        return False
    return await hold(
        tx,
        account,
        order_id=order.id,
        sku_id=order.sku_id,
        quantity=order.quantity,
        until=order.pay_until + BOOKED_WITHIN,
    )
