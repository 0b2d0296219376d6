"""An order gets somebody who sees to it, or another one, or nobody."""

from kameng.kernel.database import Transaction
from kameng.orders import handling_store
from kameng.orders.handling import OrderTakenByAnother
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.staff.member import StaffMissing
from kameng.staff.roles import Permission, Role, may


async def take_order(tx: Transaction, *, order_id: OrderId, to: int | None, instead_of: int | None) -> str | None:
    """The login of whose it is now. `instead_of`: whose it was when the page was opened; of two who take it at once,
    one has it and the other is told.

    In the caller's transaction, which writes the audit entry. Raises OrderMissing, OrderTakenByAnother, StaffMissing
    (also for somebody who is disabled or may not handle orders).
    """
    await lock_order(tx, order_id)
    login = await _login_of(tx, to)
    owner_id = await handling_store.hold(tx, order_id)
    if owner_id not in {to, instead_of}:
        owner = await handling_store.staff(tx, owner_id) if owner_id is not None else None
        raise OrderTakenByAnother(login=owner["login"] if owner else "–")
    await handling_store.set_owner(tx, order_id, to)
    return login


async def hand_order_to(tx: Transaction, order_id: OrderId, owner_id: int | None) -> None:
    """Whoever has taken something about an order sees to the order. Whoever may take it was asked before."""
    await handling_store.hold(tx, order_id)
    await handling_store.set_owner(tx, order_id, owner_id)


async def _login_of(tx: Transaction, staff_id: int | None) -> str | None:
    if staff_id is None:
        return None
    row = await handling_store.staff(tx, staff_id)
    if row is None or not row["enabled"] or not may(Role(row["role"]), Permission.ORDER_HANDLE):
        raise StaffMissing
    login: str = row["login"]
    return login
