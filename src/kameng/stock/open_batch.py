"""A new batch with a data key of its own, and what a file is known by."""

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import PurePath

from kameng.kernel.crypto import INDEX_BYTES, Keyring
from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.stock import batch_store
from kameng.stock.card import FileKind
from kameng.stock.code_format import CodeFormat
from kameng.stock.lines import CodeFile
from kameng.stock.vault import BatchKey

PURPOSE_CONTENT = "card file"
NAME_CHARACTERS_MAX = 200


class SkuMissing(Refusal):
    code = "sku_missing"
    status = 404
    words = Words("没有这个面值")


@dataclass(frozen=True)
class Incoming:
    """A file of codes for a sku, and who brings it. `name` is shown to staff; folders are cut off."""

    sku_id: int
    name: str
    kind: FileKind
    content_index: bytes
    staff_id: int | None


async def open_batch(tx: Transaction, keyring: Keyring, incoming: Incoming, *, upload: bytes | None = None) -> int:
    """The id of a batch waiting for its cards; `upload` is kept with it, sealed, until they are imported."""
    batch_id = await batch_store.next_id(tx)
    key = BatchKey.fresh(batch_id)
    await batch_store.insert(
        tx,
        batch_store.NewBatch(
            id=batch_id,
            sku_id=incoming.sku_id,
            source=PurePath(incoming.name).name[:NAME_CHARACTERS_MAX],
            key_id=keyring.current,
            wrapped_key=key.wrapped(keyring),
            content_index=incoming.content_index,
            upload_sealed=None if upload is None else key.seal_upload(upload),
            kind=incoming.kind,
            staff_id=incoming.staff_id,
        ),
    )
    return batch_id


async def code_format_of(connection: Connection, sku_id: int) -> CodeFormat:
    """Raises SkuMissing, UnsafeFormat."""
    rules = await batch_store.code_rules(connection, sku_id)
    if rules is None:
        raise SkuMissing
    return CodeFormat(*rules)


def content_index_of(keyring: Keyring, file: CodeFile) -> bytes:
    """Keyed, so that a file with a single short code can't be guessed from it."""
    file.seek(0)
    key = keyring.derived(keyring.first, PURPOSE_CONTENT)
    return hmac.digest(key, hashlib.file_digest(file, "sha256").digest(), "sha256")[:INDEX_BYTES]
