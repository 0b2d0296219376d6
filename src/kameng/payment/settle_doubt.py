"""A refund may have been sent, or not: the gateway is asked, and what it says is held against what we know."""

from dataclasses import dataclass
from typing import Any

from kameng.kernel.database import Database
from kameng.kernel.money import yuan
from kameng.payment import refund_store
from kameng.payment.attempt import PART_AGAIN_AT_TRY
from kameng.payment.gateway import Gateway, InDoubt, Paid, PartlySentBack, QueryAnswer, RefundDone, SentBack, Unpaid
from kameng.payment.parts import UNHEARD, parts_of


@dataclass(frozen=True)
class DoubtfulRefund:
    """`tries` counts the one at hand."""

    id: int
    reference: str
    trade_no: str
    amount_fen: int
    is_part: bool
    tries: int


@dataclass(frozen=True)
class Unknowable:
    """No question to the gateway can tell any more; a person has to look into its books."""

    words: str


Settled = RefundDone | InDoubt | Unknowable


async def settle_doubt(*, db: Database, gateway: Gateway, refund: DoubtfulRefund) -> Settled | None:
    """What became of it; None when it was certainly not sent and may be."""
    before = await _others(db, refund)
    known = await gateway.query(refund.reference, trade_no=refund.trade_no)
    if isinstance(known, SentBack):
        return RefundDone("found refunded when asked")
    if isinstance(known, InDoubt):
        return known
    if not refund.is_part:
        return InDoubt(_words(known)) if isinstance(known, PartlySentBack) else None
    if isinstance(known, Unpaid) or (isinstance(known, Paid) and not known.nothing_sent_back):
        # A part sent twice would be money given away: nothing keeps two parts apart here.
        return Unknowable("the gateway can't say whether this part was sent back")
    if before != await _others(db, refund):
        return InDoubt("another refund of the same payment was on its way meanwhile")
    return _compared(refund, known, before)


def _compared(refund: DoubtfulRefund, known: Paid | PartlySentBack, others: list[dict[str, Any]]) -> Settled | None:
    sent_fen = known.amount_fen if isinstance(known, PartlySentBack) else 0
    parts = parts_of(others, unsure=UNHEARD)
    if sent_fen == parts.done_fen + parts.unsure_fen + refund.amount_fen:
        return RefundDone("found among what was sent back")
    if sent_fen == parts.done_fen:
        # A gateway that takes its time may book it a little later.
        return None if refund.tries >= PART_AGAIN_AT_TRY else InDoubt("not sent back yet; asked once more before it is")
    return InDoubt(_words(known)) if parts.unsure else Unknowable(_words(known))


def _words(known: QueryAnswer) -> str:
    sent_fen = known.amount_fen if isinstance(known, PartlySentBack) else 0
    return f"{yuan(sent_fen)} of the payment was sent back, which is not what we know of"


async def _others(db: Database, refund: DoubtfulRefund) -> list[dict[str, Any]]:
    """The other refunds of the same receipt."""
    async with db.reading() as connection:
        return [dict(row) for row in await refund_store.others_of_receipt(connection, refund.id)]
