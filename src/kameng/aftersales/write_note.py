"""A note among staff; the buyer never sees it, and it changes no clock."""

from kameng.aftersales import store
from kameng.aftersales.case import Actor, Author
from kameng.aftersales.move import lock_case
from kameng.aftersales.words import checked, say
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.member import Staff


async def write_note(*, db: Database, keyring: Keyring, case_id: int, staff: Staff, words: str) -> None:
    """Also into a closed case. Raises InvalidInput, CaseMissing."""
    words = checked(words)
    async with db.transaction() as tx:
        case = await lock_case(tx, case_id)
        await say(tx, keyring, case, words, author=Author.NOTE, login=staff.login)
        await store.tell(tx, case, "noted", Actor.STAFF, staff.login, {})
