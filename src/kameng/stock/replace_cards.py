"""Codes that don't work are exchanged for others."""

from collections.abc import Sequence

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Transaction
from kameng.orders.order import Order
from kameng.stock import store
from kameng.stock.allocate import allocate
from kameng.stock.reserve import reserve


async def replace_cards(tx: Transaction, order: Order, *, places: Sequence[int] = ()) -> int:
    """So many of the order's cards are replaced by fresh ones; 0, and nothing has changed, when there aren't enough.

    `places` count from 0 in the order in which the codes are shown; none: all. The old cards stay with the order and
    are never sold again. The caller has locked the order.
    """
    sold = await store.sold_ids(tx, order.id)
    chosen = [card_id for place, card_id in enumerate(sold) if not places or place in places]
    if not chosen:
        return 0
    today = tx.now.astimezone(SHANGHAI).date()
    if not await reserve(tx, order_id=order.id, sku_id=order.sku_id, quantity=len(chosen), on=today):
        return 0
    await store.replace(tx, chosen)
    await allocate(tx, order.id)
    return len(chosen)
