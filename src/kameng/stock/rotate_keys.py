"""After a new root key was added: wrap every batch's data key under it. The cards stay as they are."""

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock import batch_store
from kameng.stock.vault import BatchKey

BATCHES_AT_ONCE = 200


async def rotate_keys(*, db: Database, keyring: Keyring) -> int:
    """How many batch keys were wrapped anew; 0 when all stand under the current key. Can be stopped and run again.

    The old root key may be taken out of the ring afterwards, unless it is the first one, which makes the indexes.
    Raises Unreadable when a batch's old key is not in the ring.
    """
    total = 0
    while True:
        async with db.transaction() as tx:
            batches = await batch_store.lock_old_keys(tx, keyring.current, at_most=BATCHES_AT_ONCE)
            for batch_id, wrapped in batches:
                anew = BatchKey.unwrapped(keyring, batch_id, wrapped).wrapped(keyring)
                await batch_store.rewrap(tx, batch_id, key_id=keyring.current, wrapped=anew)
        total += len(batches)
        if not batches:
            return total
