"""Import an upload that waits in its batch."""

import io
from contextlib import suppress

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock import batch_store
from kameng.stock.import_cards import ImportTakenOver, import_cards
from kameng.stock.vault import BatchKey


async def import_upload(*, db: Database, keyring: Keyring, batch_id: int) -> None:
    """Idempotent: does nothing once the batch is imported or failed, or while somebody else is at it.

    Raises Unreadable.
    """
    async with db.reading() as connection:
        sealed = await batch_store.upload_sealed(connection, batch_id)
        if sealed is None:
            return
        wrapped = await batch_store.wrapped_key(connection, batch_id)
    content = BatchKey.unwrapped(keyring, batch_id, wrapped).open_upload(sealed)
    with suppress(ImportTakenOver):
        await import_cards(db=db, keyring=keyring, batch_id=batch_id, file=io.BytesIO(content))
