"""What matters at this moment, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from kameng.desk import store
from kameng.kernel.database import Database
from kameng.orders.lifecycle import OrderState

# Goods in stock are delivered with the payment; whatever is still only paid after this has gone wrong.
DELIVERED_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Numbers:
    """Orders by unsettled state, and the counts that should be nought. `refunds_stuck` are refused or in doubt."""

    unsettled: Mapping[OrderState, int]
    awaiting_payment: int
    paid_waiting: int
    receipts_held: int
    refunds_unsettled: int
    refunds_stuck: int
    alarms_open: int


async def count_now(db: Database) -> Numbers:
    async with db.reading() as connection:
        row = await connection.fetchrow(store.NUMBERS, db.clock.now() - DELIVERED_WITHIN)
    assert row is not None, "a statement of counts gives one row"
    unsettled = {OrderState(state): count for state, count in row["unsettled"].items()}
    return Numbers(**{**dict(row), "unsettled": unsettled})
