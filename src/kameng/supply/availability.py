"""How much of what suppliers fill can be sold now: quickly, from what they said last."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from kameng.kernel.database import Connection
from kameng.supply import hold_store
from kameng.supply.hold_store import Moment

#: Goods that were not seen for this long are taken for sold out.
FRESH_FOR = timedelta(minutes=10)
COUNTED_UP_TO = 100


async def available(
    connection: Connection,
    sku_ids: Sequence[int],
    *,
    now: datetime,
    operator: str | None = None,
    at_most: int = COUNTED_UP_TO,
) -> dict[int, int]:
    """What open routes can deliver of each sku that suppliers fill, up to `at_most`; one statement for them all.

    Skus that are filled from stock are left out of the answer. Pieces held for orders are subtracted. With an
    `operator`, routes for other operators don't count.
    """
    moment = Moment(now, FRESH_FOR, operator)
    return await hold_store.available(connection, sku_ids, moment, at_most=at_most)
