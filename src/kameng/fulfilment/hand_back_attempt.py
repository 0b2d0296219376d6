"""Nobody in particular looks into an attempt any more."""

from kameng.fulfilment import handling_store
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words


class NobodyHasIt(Refusal):
    code = "nobody_has_it"
    words = Words("这次发货尝试没有人在处理")


async def hand_back_attempt(*, db: Database, attempt_id: int) -> None:
    """Whoever had taken it; it is free for others. Raises NobodyHasIt."""
    async with db.transaction() as tx:
        if not await handling_store.hand_back(tx, attempt_id):
            raise NobodyHasIt
