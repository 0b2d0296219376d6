"""An attempt is withdrawn at its supplier, where that is possible."""

from kameng.fulfilment import store
from kameng.fulfilment.attempt import AskedBy, AttemptState
from kameng.fulfilment.by_hand import INTENDED, answered, attempt_with, note_said
from kameng.fulfilment.decide_attempt import AttemptNotInDoubt
from kameng.fulfilment.dispatch import ask_of
from kameng.fulfilment.record import record
from kameng.fulfilment.told import heard_from
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.account import account_of
from kameng.supply.answer import CancelAnswer, Cancelled, Failed, Reason, Refused
from kameng.supply.suppliers import Suppliers


class CantBeCancelled(Refusal):
    code = "cant_be_cancelled"
    words = Words("这个货源不支持撤单")


async def cancel_attempt(
    *, db: Database, keyring: Keyring, suppliers: Suppliers, attempt_id: int, why: str
) -> CancelAnswer:
    """What the supplier said to it. Cancelled is a known failure: what is still owed is looked for elsewhere. Asked
    for or in doubt: it is asked about at once.

    The caller has checked the right to do so and writes the audit entry. Raises AttemptMissing, AttemptNotInDoubt,
    SupplierUnknown, CantBeCancelled.
    """
    attempt = await attempt_with(db, attempt_id)
    if attempt.state not in {AttemptState.PLACED, AttemptState.IN_DOUBT}:
        raise AttemptNotInDoubt
    source = await suppliers.with_id(attempt.supplier_id)
    if not source.supplier.abilities.cancels:
        raise CantBeCancelled
    account = None
    if attempt.order_id is not None:
        async with db.reading() as connection:
            account = await account_of(connection, keyring, attempt.order_id)
    ask = ask_of(attempt, account, callback_url="")
    await note_said(db, attempt, asked_by=AskedBy.CANCEL, said=INTENDED, words=why)
    answer = await answered(source.supplier.cancel(ask, supplier_no=attempt.supplier_no), source, attempt)
    if isinstance(answer, Cancelled):
        known = Failed(Reason.CANCELLED, "", refund_fen=answer.refund_fen)
        heard = heard_from(source.code, AskedBy.CANCEL)
        await record(db=db, keyring=keyring, source=source, attempt=attempt, answer=known, heard=heard)
        return answer
    await note_said(db, attempt, asked_by=AskedBy.CANCEL, said=type(answer).__name__.lower(), words=answer.words)
    if not isinstance(answer, Refused):
        async with db.transaction() as tx:
            await store.ask_soon(tx, attempt.id)
    return answer
