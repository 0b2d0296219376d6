"""Refund requests that nobody has decided about in time end, and staff are told."""

from kameng.kernel.database import Database
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import request_store
from kameng.payment.request import RequestState
from kameng.risk.alarms import AlarmKind, raise_alarm

AT_A_TIME = 50


async def lapse_requests(*, db: Database) -> int:
    """How many have ended."""
    async with db.reading() as connection:
        due = await request_store.lapsing(connection, db.clock.now(), at_most=AT_A_TIME)
    ended = 0
    for row in due:
        async with db.transaction() as tx:
            await lock_order(tx, OrderId(row["order_id"]))
            if await request_store.end_request(tx, row["id"], RequestState.LAPSED):
                await raise_alarm(tx, AlarmKind.REFUND_LAPSED, f"order:{row['order_id']}", request=row["id"])
                ended += 1
    return ended
