"""Somebody wants to look at a case again at a certain time."""

from dataclasses import replace
from datetime import datetime

from kameng.aftersales import store
from kameng.aftersales.case import Actor, Case, CaseMoved
from kameng.aftersales.move import lock_case
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.staff.member import Staff


async def set_follow_up(*, db: Database, case_id: int, by: Staff, at: datetime | None) -> Case:
    """None for no more. Raises CaseMissing, CaseMoved, InvalidInput (field follow_up)."""
    async with db.transaction() as tx:
        case = await lock_case(tx, case_id)
        if case.closed_at is not None:
            raise CaseMoved
        if at is not None and at <= tx.now:
            raise InvalidInput(fields={"follow_up": Words("跟进时间应在现在之后")})
        case = replace(case, follow_up_at=at)
        await store.write(tx, case)
        await store.tell(tx, case, "follow_up", Actor.STAFF, by.login, {"at": at})
    return case
