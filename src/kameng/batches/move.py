"""The one writer of batches' states, and of the audit's lines about them."""

from dataclasses import dataclass

from kameng.batches import store
from kameng.batches.batch import BATCH_LIFECYCLE, PERMISSIONS, Batch, BatchMissing, BatchMoved, BatchState
from kameng.kernel.database import Transaction
from kameng.staff.audit import Note, note
from kameng.staff.member import Staff
from kameng.staff.roles import NotPermitted, may

BATCH_ID_MAX = 2**63 - 1


@dataclass(frozen=True)
class Word:
    """What a person says with what they do."""

    staff: Staff
    reason: str = ""
    address: str | None = None


async def hold(tx: Transaction, batch_id: int) -> Batch:
    """One of staff's, held until the transaction ends. Raises BatchMissing."""
    one = await store.lock(tx, batch_id) if 0 < batch_id <= BATCH_ID_MAX else None
    if one is None or one.asker is None:
        raise BatchMissing
    return one


async def hold_for(tx: Transaction, batch_id: int, staff: Staff) -> Batch:
    """The same, for somebody whose role may ask for what it does. Raises BatchMissing, NotPermitted."""
    one = await hold(tx, batch_id)
    if not may(staff.role, PERMISSIONS[one.action]):
        raise NotPermitted
    return one


async def move(tx: Transaction, one: Batch, event: type, moved: store.Moved | None = None) -> BatchState:
    """Let `event` happen to a batch the caller holds. Raises BatchMoved when it can't happen any more."""
    if not BATCH_LIFECYCLE.allows(one.state, event):
        raise BatchMoved
    state = BATCH_LIFECYCLE.after(one.state, event)
    moved = moved or store.Moved(state)
    assert moved.state is state, "the table says what follows"
    written = await store.move(tx, one, moved)
    assert written, "the batch was not held"
    return state


async def noted(tx: Transaction, word: Word, verb: str, batch_id: int, **facts: object) -> None:
    await note(tx, Note(word.staff, f"batch:{verb}", f"batch:{batch_id}", facts, word.address))
