"""Others agree to a batch, or one of them does not."""

from kameng.batches import store
from kameng.batches.batch import (
    LAPSES_AFTER,
    WAITING,
    AgreedByEnough,
    AgreedByOne,
    AgreedToBefore,
    Batch,
    BatchMoved,
    BatchState,
    Declined,
    OwnBatch,
)
from kameng.batches.move import Word, hold, move, noted
from kameng.kernel.database import Transaction
from kameng.orders.contact import without_contacts
from kameng.payment.refund import checked_reason
from kameng.staff.roles import NotPermitted, Permission, may


async def approve_batch(tx: Transaction, *, batch_id: int, word: Word) -> BatchState:
    """RUNNING, or AGREED_ONCE when one more has to agree. Writes the audit entry.

    Raises BatchMissing, BatchMoved, OwnBatch, AgreedToBefore, NotPermitted, InvalidInput (field reason).
    """
    reason = without_contacts(checked_reason(word.reason))
    one = await _hold_waiting(tx, batch_id, word)
    if _is_own(one, word):
        raise OwnBatch
    if not await store.agree(tx, batch_id, word.staff.login, reason):
        raise AgreedToBefore
    if len(await store.agreed(tx.connection, batch_id)) < one.needs:
        state = await move(tx, one, AgreedByOne, store.Moved(BatchState.AGREED_ONCE, tx.now + LAPSES_AFTER))
    else:
        state = await move(tx, one, AgreedByEnough)
    await noted(tx, word, "approved", batch_id, action=one.action, reason=reason, state=state)
    return state


async def decline_batch(tx: Transaction, *, batch_id: int, word: Word) -> BatchState:
    """Nothing of it is done. Writes the audit entry. Raises as `approve_batch`; the asker may, too."""
    reason = without_contacts(checked_reason(word.reason))
    one = await _hold_waiting(tx, batch_id, word)
    state = await move(tx, one, Declined)
    await noted(tx, word, "declined", batch_id, action=one.action, reason=reason, state=state)
    return state


async def _hold_waiting(tx: Transaction, batch_id: int, word: Word) -> Batch:
    if not may(word.staff.role, Permission.BATCH_APPROVE):
        raise NotPermitted
    one = await hold(tx, batch_id)
    if one.state not in WAITING:
        raise BatchMoved
    return one


def _is_own(one: Batch, word: Word) -> bool:
    return one.asker is not None and one.asker.id == word.staff.id
