"""What is done, and has been done, about a case."""

from kameng.aftersales import remedy_store, store
from kameng.aftersales.answer_case import AnsweredMeanwhile, answered_by
from kameng.aftersales.case import Actor, Author, Case, CaseMissing, CaseMoved, CaseRules, StaffWrote
from kameng.aftersales.move import By, lock_case, move
from kameng.aftersales.remedy import Begun, Remedy, RemedyKind, RemedyStage, RemedyUnderWay
from kameng.aftersales.words import checked, say
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Transaction
from kameng.orders.lock import lock_order
from kameng.staff.member import Staff


async def remedies_of(connection: Connection, case_id: int) -> list[Remedy]:
    """The oldest first."""
    return [
        Remedy(
            id=row["id"],
            case_id=row["case_id"],
            kind=RemedyKind.REFUND if row["is_refund"] else RemedyKind.REPLACEMENT,
            stage=RemedyStage(row["stage"]),
            reference=row["reference"],
            amount_fen=row["amount_fen"],
            began_at=row["began_at"],
            ended_at=row["ended_at"],
        )
        for row in await remedy_store.of_case(connection, case_id)
    ]


async def case_to_remedy(tx: Transaction, case_id: int, *, seen: int) -> Case:
    """The case, held after its order, with nothing under way for it and everything read that colleagues wrote.

    Raises CaseMissing, CaseMoved, AnsweredMeanwhile, RemedyUnderWay.
    """
    found = await store.case_with(tx.connection, case_id)
    if found is None:
        raise CaseMissing
    await lock_order(tx, found.order_id)
    case = await lock_case(tx, case_id)
    if not case.is_under_way:
        raise CaseMoved
    if await store.last_staff_word(tx, case_id) > seen:
        raise AnsweredMeanwhile
    if await remedy_store.is_one_under_way(tx.connection, case_id):
        raise RemedyUnderWay
    return case


async def begin(
    tx: Transaction, tools: tuple[Keyring, CaseRules], case: Case, *, staff: Staff, words: str, begun: Begun
) -> Case:
    """It is followed from here on, and the buyer is told in staff's words. The caller holds the case."""
    words = checked(words)
    keyring, rules = tools
    await remedy_store.begin(
        tx, case.id, request_id=begun.reference if begun.kind is RemedyKind.REFUND else None,
        resubmission_id=begun.reference if begun.kind is RemedyKind.REPLACEMENT else None,
        stage=RemedyStage.APPLIED if begun.kind is RemedyKind.REPLACEMENT else begun.stage,
    )  # fmt: skip
    by = By(Actor.STAFF, staff.login, {"remedy": begun.kind, "stage": begun.stage})
    case = await move(tx, rules, case, StaffWrote, by=by, **answered_by(case, staff, tx))
    await say(tx, keyring, case, words, author=Author.STAFF, login=staff.login)
    return case
