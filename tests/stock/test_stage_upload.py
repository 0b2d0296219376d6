"""Uploads: sealed while they wait, imported by a job, never lost and never twice."""

import asyncio
import io

import openpyxl
import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.jobs import payload_of
from kameng.stock.batches import find_batch, latest_batches
from kameng.stock.card import Batch, BatchState, Reason
from kameng.stock.import_cards import ImportTakenOver, import_cards
from kameng.stock.import_upload import import_upload
from kameng.stock.lines import UnreadableFile
from kameng.stock.open_batch import SkuMissing
from kameng.stock.resume_imports import resume_imports
from kameng.stock.stage_upload import UPLOAD_BYTES_MAX, UploadEmpty, UploadTooLarge, stage_upload
from tests.stock.builders import a_sku, states

pytestmark = pytest.mark.anyio


async def batch_of(db: Database, batch_id: int) -> Batch:
    async with db.reading() as connection:
        batch = await find_batch(connection, batch_id)
    assert batch is not None
    return batch


async def jobs(db: Database) -> list[dict[str, object]]:
    async with db.reading() as connection:
        rows = await connection.fetch("SELECT entrypoint, payload FROM pgqueuer ORDER BY id")
    assert {row["entrypoint"] for row in rows} <= {"import_cards"}
    return [dict(payload_of(row["payload"])) for row in rows]


async def staged(db: Database, keyring: Keyring, sku_id: int, content: bytes, name: str = "a.txt") -> int:
    return await stage_upload(db=db, keyring=keyring, sku_id=sku_id, name=name, content=content, staff_id=7)


async def test_an_upload_waits_sealed_and_is_gone_once_imported(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    batch_id = await staged(db, keyring, sku_id, b"SECRET-1\nSECRET-2\n", name="C:\\x/codes.txt")
    batch = await batch_of(db, batch_id)
    assert (batch.state, batch.source, batch.staff_id) == (BatchState.WAITING, "codes.txt", 7)
    assert await jobs(db) == [{"batch_id": batch_id}]
    async with db.reading() as connection:
        sealed = await connection.fetchval("SELECT upload_sealed FROM card_batches")
    assert b"SECRET" not in sealed
    await import_upload(db=db, keyring=keyring, batch_id=batch_id)
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT upload_sealed FROM card_batches") is None
    assert (await batch_of(db, batch_id)).imported == 2
    await import_upload(db=db, keyring=keyring, batch_id=batch_id)
    assert await states(db, sku_id) == {"available": 2}


async def test_a_workbook(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (("卡密", "有效期"), ("ABC-1", "2027-12-31"), ("ABC-2", None), (1234567890123456789, None)):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    batch_id = await staged(db, keyring, sku_id, file.getvalue(), name="a.xlsx")
    await import_upload(db=db, keyring=keyring, batch_id=batch_id)
    batch = await batch_of(db, batch_id)
    assert (batch.state, batch.imported, batch.refused_reasons) == (BatchState.IMPORTED, 2, {Reason.NUMBER_CELL: 1})


async def test_a_workbook_nobody_can_read_ends_as_a_failed_batch(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    batch_id = await staged(db, keyring, sku_id, b"PK\x03\x04 broken", name="a.xlsx")
    await import_upload(db=db, keyring=keyring, batch_id=batch_id)
    batch = await batch_of(db, batch_id)
    assert (batch.state, batch.failure) == (BatchState.FAILED, "unreadable_file")
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT upload_sealed FROM card_batches") is None


@pytest.mark.parametrize(
    ("content", "name", "refusal"),
    [
        (b"", "a.txt", UploadEmpty),
        (bytes(UPLOAD_BYTES_MAX + 1), "a.txt", UploadTooLarge),
        (b"ABC", "a.xlsx", UnreadableFile),
    ],
)
async def test_refused_uploads_leave_nothing_behind(
    db: Database, keyring: Keyring, content: bytes, name: str, refusal: type[Refusal]
) -> None:
    sku_id = await a_sku(db)
    with pytest.raises(refusal):
        await staged(db, keyring, sku_id, content, name)
    with pytest.raises(SkuMissing):
        await staged(db, keyring, sku_id + 1, b"ABC")
    async with db.reading() as connection:
        assert await latest_batches(connection) == []
    assert await jobs(db) == []


async def test_a_lost_job_is_left_again_and_a_living_one_not_doubled(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    batch_id = await staged(db, keyring, sku_id, b"ABC")
    assert await resume_imports(db=db) == 1
    assert await jobs(db) == [{"batch_id": batch_id}]
    async with db.transaction() as tx:
        await tx.connection.execute("DELETE FROM pgqueuer")
    assert await resume_imports(db=db) == 1
    assert await jobs(db) == [{"batch_id": batch_id}]
    await import_upload(db=db, keyring=keyring, batch_id=batch_id)
    assert await resume_imports(db=db) == 0


async def test_of_two_workers_at_one_batch_one_goes_on_and_one_stops(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    content = "\n".join(f"C{n}" for n in range(45_000)).encode()
    batch_id = await staged(db, keyring, sku_id, content)
    results = await asyncio.gather(
        *(import_cards(db=db, keyring=keyring, batch_id=batch_id, file=io.BytesIO(content)) for _ in range(2)),
        return_exceptions=True,
    )
    assert [type(result) for result in results if not isinstance(result, Batch)] == [ImportTakenOver]
    batch = await batch_of(db, batch_id)
    assert (batch.state, batch.imported, batch.refused) == (BatchState.IMPORTED, 45_000, 0)
    assert await states(db, sku_id) == {"available": 45_000}
