"""The buyer needs nothing more."""

from kameng.aftersales.case import Case, CaseRules, Outcome, Withdrawn
from kameng.aftersales.move import BUYER, move
from kameng.aftersales.write_message import newest_case
from kameng.kernel.database import Database
from kameng.orders.number import OrderId


async def withdraw_case(*, db: Database, rules: CaseRules, order_id: OrderId) -> Case:
    """The caller has checked that it is the owner's. Raises CaseMissing, CaseMoved."""
    async with db.transaction() as tx:
        case = await newest_case(tx, order_id)
        return await move(tx, rules, case, Withdrawn, by=BUYER, outcome=Outcome.WITHDRAWN, closed_at=tx.now)
