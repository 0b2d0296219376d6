"""Refunds whose job was lost, whose call never came back, or whose next try is due."""

from kameng.kernel.database import Database
from kameng.payment import refund_store
from kameng.payment.gateways import Gateways
from kameng.payment.send_refund import send_refund

AT_A_TIME = 50


async def sweep_refunds(*, db: Database, gateways: Gateways) -> int:
    """Try every refund that is due; how many there were."""
    async with db.reading() as connection:
        due = await refund_store.due(connection, db.clock.now(), at_most=AT_A_TIME)
    for refund_id in due:
        await send_refund(db=db, gateways=gateways, refund_id=refund_id)
    return len(due)
