"""An order found out that goods are sold out, or gone: nobody else is offered them."""

from kameng.kernel.database import Transaction
from kameng.supply import goods_store
from kameng.supply.answer import Reason

#: What a place answer says when the goods are no more.
SOLD_OUT = frozenset({Reason.OUT_OF_STOCK, Reason.GOODS_GONE})


async def mark_sold_out(tx: Transaction, supplier_id: int, goods: str, *, reason: Reason = Reason.OUT_OF_STOCK) -> None:
    """Until the supplier's catalogue says otherwise; where it doesn't tell how many there are, for SOLD_OUT_FOR at
    least (see `sync_goods`). Nothing happens for goods nobody has seen."""
    await goods_store.mark_sold_out(tx, supplier_id, goods, is_gone=reason is Reason.GOODS_GONE)
