"""Promise pieces that a supplier has few of, so that two buyers can't both have the last."""

from datetime import datetime

from kameng.kernel.database import Database, Transaction
from kameng.orders.account import Account
from kameng.supply import hold_store
from kameng.supply.availability import FRESH_FOR
from kameng.supply.hold_store import PLENTY, Moment

#: With more than this left after an order, nobody counts.
FEW = 20
AT_A_TIME = 500


async def hold(
    tx: Transaction, account: Account | None = None, *, order_id: int, sku_id: int, quantity: int, until: datetime
) -> bool:
    """`quantity` pieces of this sku are promised to the order until then; or False, and there is not enough. Suppliers
    that are in trouble with the account's operator or province don't count.

    Where suppliers have plenty nothing is written, and one statement answers. Where they have few, buyers of one sku
    take turns until the caller's transaction ends.
    """
    operator, province = (account.operator, account.province) if account else (None, None)
    moment = Moment(tx.now, FRESH_FOR, operator, province)
    there = (await hold_store.available(tx.connection, [sku_id], moment, at_most=PLENTY)).get(sku_id, 0)
    if there < quantity:
        return False
    if there - quantity > FEW:
        return True
    await hold_store.take_turns(tx, sku_id)
    return await hold_store.hold(tx, moment, order_id=order_id, sku_id=sku_id, quantity=quantity, until=until)


async def drop_hold(tx: Transaction, order_id: int) -> None:
    """The order has been asked for, or never will be. Nothing happens if there is no hold."""
    await hold_store.drop(tx, order_id)


async def sweep_holds(*, db: Database) -> int:
    """Forget holds that have run out; how many there were."""
    async with db.one_statement() as tx:
        return await hold_store.drop_expired(tx, at_most=AT_A_TIME)
