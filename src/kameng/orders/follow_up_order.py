"""Somebody wants to look at an order again at a certain time."""

from datetime import datetime

from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders import handling_store
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId


async def follow_up_order(tx: Transaction, *, order_id: OrderId, at: datetime | None) -> None:
    """None for no more. In the caller's transaction. Raises OrderMissing, InvalidInput (field follow_up)."""
    if at is not None and at <= tx.now:
        raise InvalidInput(fields={"follow_up": Words("跟进时间应在现在之后")})
    if not await handling_store.exists(tx, order_id):
        raise OrderMissing
    await handling_store.set_follow_up(tx, order_id, at)
