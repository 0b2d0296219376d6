"""A complaint goes on to the supplier, by whatever hand the caller has for that."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from kameng.aftersales import store
from kameng.aftersales.case import Actor, Author, Case, CaseMoved
from kameng.aftersales.move import lock_case
from kameng.aftersales.words import checked, say
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.staff.member import Staff


@dataclass(frozen=True)
class SupplierSaid:
    """`is_filed` is False where the supplier refused it, or nobody knows; `number` is theirs, or ''."""

    is_filed: bool
    number: str
    words: str


Complain = Callable[[str], Awaitable[SupplierSaid]]
"""Hands these words to the supplier; raises a Refusal where it can't."""


@dataclass(frozen=True)
class Complaint:
    case_id: int
    staff: Staff
    words: str


async def pass_on(*, db: Database, keyring: Keyring, complain: Complain, complaint: Complaint) -> SupplierSaid:
    """What the supplier said; words and answer stand among the notes, and the outcome `complained` can be chosen.

    Raises InvalidInput, CaseMissing, CaseMoved and whatever `complain` does.
    """
    words = checked(complaint.words)
    async with db.transaction() as tx:
        await _note(tx, keyring, await _under_way(tx, complaint.case_id), complaint.staff, words)
    said = await complain(words)
    async with db.transaction() as tx:
        case = await lock_case(tx, complaint.case_id)
        await _note(tx, keyring, case, None, " ".join(filter(None, (said.number, said.words))) or "–")
        if said.is_filed:
            case = replace(case, complaint=said.number)
            await store.write(tx, case)
        facts = {"filed": said.is_filed}
        await store.tell(tx, case, "complained", Actor.STAFF, complaint.staff.login, facts)
    return said


async def _under_way(tx: Transaction, case_id: int) -> Case:
    case = await lock_case(tx, case_id)
    if not case.is_under_way:
        raise CaseMoved
    return case


async def _note(tx: Transaction, keyring: Keyring, case: Case, staff: Staff | None, words: str) -> None:
    await say(tx, keyring, case, words, author=Author.NOTE, login=staff.login if staff else None)
