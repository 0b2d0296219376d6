"""Unpaid orders whose time is over are cancelled; their cards go back to stock."""

from kameng.kernel.database import Database
from kameng.orders.advance import advance
from kameng.orders.lifecycle import SYSTEM, Expired
from kameng.orders.lock import lock_overdue_orders

AT_A_TIME = 100


async def expire_orders(*, db: Database) -> int:
    """Cancel overdue orders; how many. Those being paid or cancelled at this moment are left for the next round."""
    async with db.transaction() as tx:
        orders = await lock_overdue_orders(tx, at_most=AT_A_TIME)
        for order in orders:
            await advance(tx, order, Expired(SYSTEM, reason="not paid in time"))
        return len(orders)
