"""Staff have an order's goods exchanged or delivered once more for a case, by whatever hand the caller has for that."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kameng.aftersales.case import Case, CaseRules
from kameng.aftersales.remedies import begin, case_to_remedy
from kameng.aftersales.remedy import Begun, RemedyKind, RemedyStage
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.orders.number import OrderId
from kameng.staff.member import Staff


@dataclass(frozen=True)
class Replaced:
    """The resubmission that does it, and its state."""

    id: int
    stage: RemedyStage


Replace = Callable[[Transaction, OrderId], Awaitable[Replaced]]
"""Puts the order, which is held, right in this transaction; raises a Refusal where it can't."""


@dataclass(frozen=True)
class CaseReplacement:
    """`words` are for the buyer; `seen` as in StaffAnswer."""

    case_id: int
    staff: Staff
    words: str
    seen: int


async def replace_for_case(
    *, db: Database, keyring: Keyring, rules: CaseRules, replace: Replace, replacement: CaseReplacement
) -> tuple[Case, Replaced]:
    """Raises InvalidInput, CaseMissing, CaseMoved, AnsweredMeanwhile, RemedyUnderWay and whatever `replace` does."""
    async with db.transaction() as tx:
        case = await case_to_remedy(tx, replacement.case_id, seen=replacement.seen)
        replaced = await replace(tx, case.order_id)
        begun = Begun(RemedyKind.REPLACEMENT, replaced.stage, replaced.id)
        case = await begin(tx, (keyring, rules), case, staff=replacement.staff, words=replacement.words, begun=begun)
    return case, replaced
