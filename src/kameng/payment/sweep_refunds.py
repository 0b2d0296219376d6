"""Refunds whose job was lost, whose call never came back, or whose next try is due."""

import asyncio

import structlog

from kameng.kernel.database import Database
from kameng.payment import refund_store
from kameng.payment.gateways import Gateways
from kameng.payment.send_refund import send_refund

AT_A_TIME = 50
AT_ONCE = 10

log = structlog.get_logger()


async def sweep_refunds(*, db: Database, gateways: Gateways) -> int:
    """Try every refund that is due; how many there were."""
    async with db.reading() as connection:
        due = await refund_store.due(connection, db.clock.now(), at_most=AT_A_TIME)
    few = asyncio.Semaphore(AT_ONCE)

    async def send(refund_id: int) -> None:
        async with few:
            try:
                await send_refund(db=db, gateways=gateways, refund_id=refund_id)
            except Exception:
                # One that can't be sent must not keep the others from it.
                log.exception("refund.failed", refund=refund_id)

    await asyncio.gather(*map(send, due))
    return len(due)
