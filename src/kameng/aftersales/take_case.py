"""A case gets an owner, or another one, or none."""

from dataclasses import dataclass, replace

from kameng.aftersales import store
from kameng.aftersales.case import Actor, Case, CaseMoved
from kameng.aftersales.move import lock_case
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.staff.member import Staff, StaffMissing


class TakenByAnother(Refusal):
    """`login` has it since the page was opened."""

    code = "taken_by_another"
    words = Words("这个工单刚刚由 %(login)s 接手了")


@dataclass(frozen=True)
class Taking:
    """`to` is whose it shall be, None for nobody's; `instead_of` whose it was when the page was opened."""

    case_id: int
    by: Staff
    to: int | None
    instead_of: int | None


async def take_case(*, db: Database, taking: Taking) -> Case:
    """Of two who take it at once, one has it and the other is told. Raises CaseMissing, CaseMoved, TakenByAnother,
    StaffMissing."""
    async with db.transaction() as tx:
        case = await lock_case(tx, taking.case_id)
        if case.closed_at is not None:
            raise CaseMoved
        if case.owner_id == taking.to:
            return case
        if case.owner_id != taking.instead_of:
            raise TakenByAnother(login=await store.staff_login(tx, case.owner_id) or "–")
        case = replace(case, owner_id=taking.to)
        facts = {"to": await _login_of(tx, taking.to)}
        await store.write(tx, case)
        await store.tell(tx, case, "taken", Actor.STAFF, taking.by.login, facts)
    return case


async def _login_of(tx: Transaction, staff_id: int | None) -> str | None:
    if staff_id is None:
        return None
    login = await store.enabled_staff(tx, staff_id)
    if login is None:
        raise StaffMissing
    return login
