"""Whoever drew a batch up has seen what it would do, and wants it done."""

from datetime import datetime, timedelta

from kameng.batches import item_store, store
from kameng.batches.batch import (
    LAPSES_AFTER,
    Action,
    Batch,
    BatchMissing,
    BatchMoved,
    BatchState,
    Confirmed,
    ConfirmedToWait,
    NothingFits,
)
from kameng.batches.move import Word, hold_for, move, noted
from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.contact import without_contacts
from kameng.payment.attempt import ASKED_CAUSES
from kameng.payment.refund import checked_reason
from kameng.payment.request import RefundRules

#: What the same person asked for in batches within this is added up, so that nobody gets under the limits in parts.
ADDED_UP_WITHIN = timedelta(hours=24)
#: What gives money or goods away.
_PAYING_OUT = frozenset({Action.REFUND, Action.RELEASE})


async def confirm_batch(
    tx: Transaction, *, batch_id: int, word: Word, rules: RefundRules, cause: str | None = None
) -> BatchState:
    """RUNNING, or WAITING when others have to agree first. Writes the audit entry.

    Only whoever drew it up may. `cause` is of refunds. Raises BatchMissing, BatchMoved, NothingFits, NotPermitted,
    InvalidInput (fields reason, cause).
    """
    reason = without_contacts(checked_reason(word.reason))
    one = await hold_for(tx, batch_id, word.staff)
    if one.asker is None or one.asker.id != word.staff.id:
        raise BatchMissing
    if one.state is not BatchState.DRAFT:
        raise BatchMoved
    if one.action is Action.REFUND and cause not in set(ASKED_CAUSES):
        raise InvalidInput(fields={"cause": Words("请选择退款缘由")})
    todo = next((row for row in await item_store.counts(tx.connection, batch_id) if row["state"] == "todo"), None)
    if todo is None:
        raise NothingFits
    # Two drafts of one person confirmed at once must see each other.
    await store.hold_staff(tx, one.asker.id)
    needs = await people_needed(tx.connection, one, todo["fen"], rules, now=tx.now)
    moved = store.Moved(
        BatchState.WAITING if needs else BatchState.RUNNING,
        lapse_at=tx.now + LAPSES_AFTER if needs else None,
        needs=needs,
        cause=cause if one.action is Action.REFUND else None,
        reason=reason,
    )
    state = await move(tx, one, ConfirmedToWait if needs else Confirmed, moved)
    facts = {"action": one.action, "orders": todo["items"], "amount_fen": todo["fen"], "needs": needs}
    await noted(tx, word, "confirmed", batch_id, **facts, reason=reason, state=state)
    return state


async def people_needed(connection: Connection, one: Batch, fen: int, rules: RefundRules, *, now: datetime) -> int:
    """How many have to agree to a batch over so many fen, whoever asks for it not among them."""
    if one.action not in _PAYING_OUT or one.asker is None:
        return 0
    before = await store.asked_since(connection, one.asker.id, now - ADDED_UP_WITHIN, one.action)
    return rules.needs(fen + before)
