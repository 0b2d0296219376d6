"""Taking hold of an order before anything happens to it."""

from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders import store
from kameng.orders.number import OrderId
from kameng.orders.order import Order


class OrderMissing(Refusal):
    """There is no such order."""

    code = "order_missing"
    status = 404
    words = Words("没有找到这个订单")


async def lock_order(tx: Transaction, order_id: OrderId) -> Order:
    """The order, held until the transaction ends. Raises OrderMissing."""
    order = await store.lock(tx, order_id)
    if order is None:
        raise OrderMissing
    return order


async def lock_overdue_orders(tx: Transaction, *, at_most: int) -> list[Order]:
    """Unpaid orders past their time, held; those somebody else holds are passed over."""
    return await store.lock_overdue(tx, at_most=at_most)
