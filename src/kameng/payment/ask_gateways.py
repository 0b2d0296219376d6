"""A buyer says that it is paid: the gateways are asked about every payment of the order, at once."""

import asyncio
from dataclasses import dataclass

import structlog

from kameng.kernel.database import Database
from kameng.orders.number import OrderId
from kameng.payment import store
from kameng.payment.attempt import HeardFrom, reference_of
from kameng.payment.gateway import Paid, QueryAnswer, SentBack, Unpaid
from kameng.payment.gateways import Gateways
from kameng.payment.settle import settle

#: The newest ones; nobody chooses a way to pay more often than that.
ATTEMPTS_MAX = 20

log = structlog.get_logger()


@dataclass(frozen=True)
class Asked:
    """How many payments the gateways know as paid, unpaid, sent back, and of how many they can't say."""

    paid: int = 0
    unpaid: int = 0
    sent_back: int = 0
    in_doubt: int = 0


async def ask_gateways(*, db: Database, gateways: Gateways, order_id: OrderId) -> Asked:
    """Money that is found is recorded, with all that follows from it, as if a notify had come."""
    async with db.reading() as connection:
        attempts = (await store.attempts_of(connection, order_id))[-ATTEMPTS_MAX:]

    async def ask(attempt_id: int) -> QueryAnswer | None:
        try:
            return await settle(db=db, gateways=gateways, attempt_id=attempt_id, heard_from=HeardFrom.POLL)
        except Exception:
            # One gateway that is broken must not keep us from finding the money at another one.
            log.exception("ask.failed", payment=reference_of(attempt_id))
            return None

    answers = await asyncio.gather(*map(ask, attempts))
    kinds = [next((kind for kind in (Paid, Unpaid, SentBack) if isinstance(a, kind)), None) for a in answers]
    return Asked(kinds.count(Paid), kinds.count(Unpaid), kinds.count(SentBack), kinds.count(None))
