"""Staff answer the buyer, and say who is waited for next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kameng.aftersales import store
from kameng.aftersales.case import Actor, AskedBuyer, AskedSupplier, Author, Case, CaseRules, StaffWrote
from kameng.aftersales.move import By, lock_case, move
from kameng.aftersales.words import checked, say
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.staff.member import Staff


class Then(StrEnum):
    """Who is waited for after the answer."""

    US = "us"
    BUYER = "buyer"
    SUPPLIER = "supplier"


_EVENTS = {Then.US: StaffWrote, Then.BUYER: AskedBuyer, Then.SUPPLIER: AskedSupplier}


class AnsweredMeanwhile(Refusal):
    """A colleague has written since the page was opened."""

    code = "answered_meanwhile"
    words = Words("同事刚刚回复了这个工单，请先看过再发送")


@dataclass(frozen=True)
class StaffAnswer:
    """`seen` is the number of the last words of staff that its writer had before them, 0 for none."""

    case_id: int
    staff: Staff
    words: str
    seen: int
    then: Then = Then.US


async def answer_case(*, db: Database, keyring: Keyring, rules: CaseRules, answer: StaffAnswer) -> Case:
    """Whoever answers a case that nobody has, has it.

    Raises InvalidInput, CaseMissing, CaseMoved, AnsweredMeanwhile.
    """
    words = checked(answer.words)
    async with db.transaction() as tx:
        case = await unseen_by_nobody(tx, answer.case_id, answer.seen)
        changes = answered_by(case, answer.staff, tx)
        by = By(Actor.STAFF, answer.staff.login)
        case = await move(tx, rules, case, _EVENTS[answer.then], by=by, **changes)
        await say(tx, keyring, case, words, author=Author.STAFF, login=answer.staff.login)
    return case


async def unseen_by_nobody(tx: Transaction, case_id: int, seen: int) -> Case:
    """The case, held, when the writer has read what colleagues wrote. Raises CaseMissing, AnsweredMeanwhile."""
    case = await lock_case(tx, case_id)
    if await store.last_staff_word(tx, case_id) > seen:
        raise AnsweredMeanwhile
    return case


def answered_by(case: Case, staff: Staff, tx: Transaction) -> dict[str, Any]:
    """What an answer changes in a case besides its state."""
    return {
        "first_answered_at": case.first_answered_at or tx.now,
        "owner_id": case.owner_id if case.owner_id is not None else staff.id,
    }
