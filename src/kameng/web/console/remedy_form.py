"""What can be done about a case as its order stands now."""

from collections.abc import Sequence
from dataclasses import dataclass

from kameng.aftersales.queue import CaseFile
from kameng.desk.refunds import left_to_ask_for
from kameng.kernel.database import Database
from kameng.payment.attempt import ASKED_CAUSES, RefundCause
from kameng.payment.request import ASKED_IN
from kameng.resubmission.put_right import kind_now
from kameng.resubmission.resubmission import Kind, ResubmissionState
from kameng.resubmission.situation import find_situation
from kameng.stock.replaced import replaced


@dataclass(frozen=True)
class RemedyForm:
    """`left_fen` 0: nothing can be asked for. `replacement` None: nothing can be exchanged or delivered once more.
    `pieces`: how many codes can be chosen from; `replaced`: how many were exchanged before."""

    left_fen: int
    causes: Sequence[RefundCause]
    replacement: Kind | None
    pieces: int
    replaced: int


async def remedy_form(db: Database, file: CaseFile) -> RemedyForm:
    """Nothing for a case that is over, or for which something is under way."""
    case, state = file.case, file.line.order_state
    if not case.is_under_way or any(one.ended_at is None and one.stage != "with_staff" for one in file.remedies):
        return RemedyForm(0, ASKED_CAUSES, None, 0, 0)
    async with db.reading() as connection:
        left_fen = await left_to_ask_for(connection, case.order_id) if state in ASKED_IN else 0
        situation = await find_situation(connection, case.order_id, now=db.clock.now())
        exchanged = await replaced(connection, case.order_id)
    assert situation is not None, "a case has an order"
    kind = kind_now(situation)
    open_one = situation.open
    is_taken = open_one is not None and (open_one.state is not ResubmissionState.WITH_STAFF or open_one.kind != kind)
    replacement = None if is_taken or situation.is_merchants else kind
    pieces = situation.quantity if replacement is Kind.REPLACE_CODE else 0
    return RemedyForm(left_fen, ASKED_CAUSES, replacement, pieces, exchanged)
