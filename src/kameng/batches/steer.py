"""A batch is stopped, goes on, or is broken off for good. What is at hand at that moment is finished."""

from kameng.batches import item_store, store
from kameng.batches.batch import LAPSES_AFTER, BatchState, BrokenOff, GoneOn, Stopped
from kameng.batches.move import Word, hold_for, move, noted
from kameng.kernel.database import Transaction


async def stop_batch(tx: Transaction, *, batch_id: int, word: Word) -> BatchState:
    """Raises BatchMissing, BatchMoved, NotPermitted; so do the others. Each writes its audit entry."""
    one = await hold_for(tx, batch_id, word.staff)
    state = await move(tx, one, Stopped, store.Moved(BatchState.STOPPED, tx.now + LAPSES_AFTER))
    await noted(tx, word, "stopped", batch_id, action=one.action, state=state)
    return state


async def go_on_with_batch(tx: Transaction, *, batch_id: int, word: Word) -> BatchState:
    one = await hold_for(tx, batch_id, word.staff)
    state = await move(tx, one, GoneOn)
    await noted(tx, word, "gone_on", batch_id, action=one.action, state=state)
    return state


async def break_off_batch(tx: Transaction, *, batch_id: int, word: Word) -> BatchState:
    """What was not done is left as it is."""
    one = await hold_for(tx, batch_id, word.staff)
    state = await move(tx, one, BrokenOff)
    await item_store.leave(tx, batch_id)
    await noted(tx, word, "broken_off", batch_id, action=one.action, state=state)
    return state
