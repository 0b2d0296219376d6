"""Staff say how a case ended; the buyer is asked whether it did."""

from dataclasses import dataclass

from kameng.aftersales import facts_store
from kameng.aftersales.answer_case import answered_by, unseen_by_nobody
from kameng.aftersales.case import Actor, Author, Case, CaseRules, Outcome, Solved
from kameng.aftersales.move import By, move
from kameng.aftersales.words import checked, say
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.number import printed
from kameng.staff.member import Staff


@dataclass(frozen=True)
class Solution:
    """`reference` is the number of what was done, where the outcome doesn't bring its own; `seen` as in StaffAnswer."""

    case_id: int
    staff: Staff
    outcome: Outcome
    words: str
    seen: int
    reference: str | None = None


async def solve_case(*, db: Database, keyring: Keyring, rules: CaseRules, solution: Solution) -> Case:
    """An outcome is something that has happened, or it can't be chosen (see `outcomes_of`).

    Raises InvalidInput (fields outcome, words), CaseMissing, CaseMoved, AnsweredMeanwhile.
    """
    words = checked(solution.words)
    async with db.transaction() as tx:
        case = await unseen_by_nobody(tx, solution.case_id, solution.seen)
        proven = await outcomes_of(tx.connection, case)
        if solution.outcome not in proven:
            raise InvalidInput(fields={"outcome": Words("请选择已经做到的处理结果")})
        reference = solution.reference or proven[solution.outcome]
        case = await move(
            tx, rules, case, Solved, by=By(Actor.STAFF, solution.staff.login, {"outcome": solution.outcome}),
            **answered_by(case, solution.staff, tx), outcome=solution.outcome, reference=reference, solved_at=tx.now,
            follow_up_at=None,
        )  # fmt: skip
        await say(tx, keyring, case, words, author=Author.STAFF, login=solution.staff.login)
    return case


async def outcomes_of(connection: Connection, case: Case) -> dict[Outcome, str | None]:
    """The outcomes that have come true since the case was opened, each with the number of what proves it."""
    outcomes: dict[Outcome, str | None] = {Outcome.ANSWERED: None}
    right = await facts_store.put_right(connection, case.order_id, case.opened_at)
    if right is not None:
        outcomes[Outcome.REPLACED] = printed(right["new_order_id"]) if right["new_order_id"] else str(right["id"])
    refund_id, is_whole = await facts_store.money_back(connection, case.order_id, case.opened_at)
    if refund_id is not None:
        outcomes[Outcome.REFUNDED if is_whole else Outcome.REFUNDED_PART] = str(refund_id)
    if case.complaint is not None:
        outcomes[Outcome.COMPLAINED] = case.complaint or None
    return outcomes
