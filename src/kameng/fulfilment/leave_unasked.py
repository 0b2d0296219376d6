"""Attempts at suppliers that can't be asked: their configuration is unreadable, or their protocol is gone."""

from collections.abc import Collection
from datetime import timedelta

import structlog

from kameng.fulfilment import store
from kameng.fulfilment.attempt import DOUBT_ASK_EVERY, AskedBy
from kameng.fulfilment.settle import settle
from kameng.fulfilment.told import Heard
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.lifecycle import SYSTEM
from kameng.supply.answer import InDoubt

log = structlog.get_logger()

#: Changing a configuration doesn't take longer.
OVERDUE = timedelta(minutes=2)
AT_A_TIME = 100


async def leave_unasked(*, db: Database, keyring: Keyring, asked: Collection[int]) -> int:
    """What is overdue at suppliers other than those `asked` is in doubt, and in time before a person; how many. Once
    they can be asked again, they are."""
    async with db.one_statement() as tx:
        attempts = await store.claim_unasked(tx, asked, overdue=OVERDUE, again_after=DOUBT_ASK_EVERY, at_most=AT_A_TIME)
    for attempt in attempts:
        answer = InDoubt("not asked: the supplier's configuration can't be used")
        try:
            await settle(
                db=db, keyring=keyring, source=None, attempt=attempt, answer=answer,
                heard=Heard(AskedBy.QUERY, SYSTEM, str(attempt.supplier_id)),
            )  # fmt: skip
        except Exception:
            log.exception("attempt.not_left", number=attempt.number)
    return len(attempts)
