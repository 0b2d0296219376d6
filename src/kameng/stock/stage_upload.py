"""Take an uploaded file in: sealed at once, imported by a job."""

import asyncio
import io

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.stock.jobs import IMPORT_CARDS
from kameng.stock.lines import kind_of
from kameng.stock.open_batch import Incoming, code_format_of, content_index_of, open_batch

UPLOAD_BYTES_MAX = 64 << 20


class UploadTooLarge(Refusal):
    code = "upload_too_large"
    status = 413
    words = Words("文件超过64 MB：请分成几份，或用命令行导入")


class UploadEmpty(Refusal):
    code = "upload_empty"
    status = 422
    words = Words("文件是空的")


async def stage_upload(
    *, db: Database, keyring: Keyring, sku_id: int, name: str, content: bytes, staff_id: int | None
) -> int:
    """The id of the batch to watch; its job is left behind in the same transaction.

    Raises SkuMissing, UnsafeFormat, UploadEmpty, UploadTooLarge, UnreadableFile.
    """
    if not content:
        raise UploadEmpty
    if len(content) > UPLOAD_BYTES_MAX:
        raise UploadTooLarge
    kind = kind_of(name, content[:4])
    content_index = await asyncio.to_thread(content_index_of, keyring, io.BytesIO(content))
    async with db.transaction() as tx:
        await code_format_of(tx.connection, sku_id)
        incoming = Incoming(sku_id, name, kind, content_index, staff_id)
        batch_id = await open_batch(tx, keyring, incoming, upload=content)
        await IMPORT_CARDS.defer(tx, batch_id=batch_id)
    return batch_id
