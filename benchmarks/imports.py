"""How fast a million codes come into the vault, beside the fastest that PostgreSQL takes the same bytes."""

import asyncio
import resource
import tempfile
import time
from pathlib import Path

import asyncpg

from benchmarks.goods import PRICE_FEN, write_codes
from benchmarks.report import Row
from benchmarks.stage import Shop, Stage
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.journey import FOLLOWING
from kameng.kernel.database import Database, open_pool
from kameng.stock.card import BatchState
from kameng.stock.import_file import import_file

CODES = 1_000_000
QUICK_CODES = 50_000
_COPIED_AT_ONCE = 20_000
_COLUMNS = "sku_id, batch_id, slot, state, code_sealed, blind_index, tail_index, expires_on"


def run(stage: Stage) -> list[Row]:
    """The floor is COPY of the very rows that were imported, sealed and all, into a table without an index."""
    stage.close_shop()
    with stage.open_shop("imports") as shop:
        codes = QUICK_CODES if shop.size.quick else CODES
        memory = _memory_mib()
        seconds, batch_id = asyncio.run(_import(shop, codes))
        grew = _memory_mib() - memory
        floor = asyncio.run(_copy_seconds(shop.url, batch_id))
    return [Row("import", f"{codes:,} codes", codes / seconds, "/s", codes / floor, "/s COPY of the same rows",
                facts={"took s": seconds, "importer's memory grew by MiB": grew})]  # fmt: skip


async def _import(shop: Shop, codes: int) -> tuple[float, int]:
    """Seconds, and the batch."""
    async with await open_pool(shop.url) as pool:
        db = Database(pool, following=FOLLOWING)
        async with db.transaction() as tx:
            await save_type(tx, TypeDraft("bench", "压力测试"))
            await save_product(tx, ProductDraft("bench", "bench", "压力测试卡"))
            sku_id = await save_sku(tx, SkuDraft("bench", "10 元", PRICE_FEN))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "codes.txt"
            write_codes(path, codes)
            started = time.perf_counter()
            batch = await import_file(db=db, keyring=shop.keyring, sku_id=sku_id, path=path)
            seconds = time.perf_counter() - started
    assert batch.state is BatchState.IMPORTED, batch.failure
    assert batch.imported == codes
    return seconds, batch.id


async def _copy_seconds(url: str, batch_id: int) -> float:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(f"SELECT {_COLUMNS} FROM cards WHERE batch_id = $1", batch_id)
        records = [tuple(row) for row in rows]
        await connection.execute(f"CREATE TABLE bench_floor AS SELECT {_COLUMNS} FROM cards WHERE false")
        started = time.perf_counter()
        for at in range(0, len(records), _COPIED_AT_ONCE):
            await connection.copy_records_to_table("bench_floor", records=records[at : at + _COPIED_AT_ONCE])
        return time.perf_counter() - started
    finally:
        await connection.close()


def _memory_mib() -> float:
    """The most this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
