"""Import from a file on this machine, as the command line does."""

import asyncio
from pathlib import Path

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock import batch_store
from kameng.stock.card import Batch
from kameng.stock.import_cards import Heard, import_cards
from kameng.stock.lines import kind_of
from kameng.stock.open_batch import Incoming, code_format_of, content_index_of, open_batch


async def import_file(
    *, db: Database, keyring: Keyring, sku_id: int, path: Path, staff_id: int | None = None, heard: Heard | None = None
) -> Batch:
    """Import a file of any size. Called again for the same content after a crash, it goes on where it stopped.

    Raises SkuMissing, UnsafeFormat, UnreadableFile, OSError, ImportTakenOver.
    """
    async with db.reading() as connection:
        await code_format_of(connection, sku_id)
    with path.open("rb") as file:
        kind = kind_of(path.name, file.read(4))
        content_index = await asyncio.to_thread(content_index_of, keyring, file)
        async with db.transaction() as tx:
            batch_id = await batch_store.cut_short(tx.connection, sku_id, content_index)
            if batch_id is None:
                incoming = Incoming(sku_id, path.name, kind, content_index, staff_id)
                batch_id = await open_batch(tx, keyring, incoming)
        return await import_cards(db=db, keyring=keyring, batch_id=batch_id, file=file, heard=heard)
