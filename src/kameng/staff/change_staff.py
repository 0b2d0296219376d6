"""An account is given another role, closed, or opened again. The last owner can't be taken away."""

from typing import ClassVar

from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.staff import store
from kameng.staff.member import StaffListed, StaffMissing
from kameng.staff.roles import Role


class LastOwner(Refusal):
    code: ClassVar[str] = "last_owner"
    words: ClassVar[Words] = Words("至少要保留一个可以登录的店主账号")


async def list_staff(db: Database) -> list[StaffListed]:
    async with db.reading() as connection:
        return await store.all_staff(connection)


async def change_role(*, db: Database, staff_id: int, role: Role) -> None:
    """Takes effect with the next request of that member. Raises StaffMissing, LastOwner."""
    async with db.transaction() as tx:
        if role is not Role.OWNER:
            await _keep_an_owner(tx, staff_id)
        await _hold(tx, staff_id)
        await store.set_role(tx, staff_id, role)


async def set_enabled(*, db: Database, staff_id: int, enabled: bool) -> None:
    """A closed account's sessions end at once. Raises StaffMissing, LastOwner."""
    async with db.transaction() as tx:
        if not enabled:
            await _keep_an_owner(tx, staff_id)
        await _hold(tx, staff_id)
        if not enabled:
            await store.close_sessions_of(tx, staff_id)
        await store.set_enabled(tx, staff_id, enabled=enabled)


async def _hold(tx: Transaction, staff_id: int) -> None:
    if await store.lock_staff(tx, staff_id) is None:
        raise StaffMissing


async def _keep_an_owner(tx: Transaction, staff_id: int) -> None:
    if await store.lock_owners(tx) == [staff_id]:
        raise LastOwner
