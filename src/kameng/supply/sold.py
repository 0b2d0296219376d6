"""A supplier has sold us something: what it has left is less by that."""

from kameng.kernel.database import Transaction
from kameng.supply import routing_store
from kameng.supply.hold import drop_hold


async def note_sold(tx: Transaction, supplier_id: int, goods: str, quantity: int, *, order_id: int | None) -> None:
    """Until the next catalogue says more. The order's hold has served its purpose."""
    await routing_store.take_from_stock(tx, supplier_id, goods, quantity)
    if order_id is not None:
        await drop_hold(tx, order_id)
