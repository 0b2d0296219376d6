"""Help for somebody who lost the password or the authenticator. Every session of theirs ends."""

from kameng.kernel.database import Database, Transaction
from kameng.staff import store
from kameng.staff.member import Staff, StaffMissing
from kameng.staff.password import check_new_password, hash_password


async def reset_password(*, db: Database, login: str, password: str) -> None:
    """A new password; a lock-out ends too. Raises InvalidInput (field password), StaffMissing."""
    check_new_password(password, login=login)
    password_hash = await hash_password(password)
    async with db.transaction() as tx:
        staff = await _hold(tx, login)
        await store.set_password(tx, staff.id, password_hash)
        await store.close_sessions_of(tx, staff.id)


async def reset_totp(*, db: Database, login: str) -> None:
    """The next log-in enrols a new authenticator. Raises StaffMissing."""
    async with db.transaction() as tx:
        staff = await _hold(tx, login)
        await store.clear_totp(tx, staff.id)
        await store.close_sessions_of(tx, staff.id)


async def _hold(tx: Transaction, login: str) -> Staff:
    staff = await store.lock_staff_by_login(tx, login)
    if staff is None:
        raise StaffMissing
    return staff
