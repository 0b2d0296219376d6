"""How fast a million codes come into the vault, beside the fastest that PostgreSQL takes the same bytes."""

import asyncio
import base64
import contextlib
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from kameng.kernel.crypto import Keyring, keyring_of, new_key
from kameng.kernel.database import Database, Following, open_pool
from kameng.stock.card import BatchState
from kameng.stock.import_file import import_file

CODES = 1_000_000
COPIED_AT_ONCE = 20_000


@dataclass(frozen=True)
class Figures:
    """Codes a second. The floor is COPY of the very rows that were imported, sealed and all, into a table without an
    index."""

    codes: int
    codes_per_s: float
    floor_per_s: float
    memory_grew_mib: float

    @property
    def ratio(self) -> float:
        return self.codes_per_s / self.floor_per_s


async def measure(url: str, *, codes: int = CODES) -> Figures:
    """Import `codes` random codes into the migrated database at `url`; they stay there, in a sku of their own."""
    pool = await open_pool(url)
    db = Database(pool, following=Following())
    keyring: Keyring = keyring_of(new_key())
    try:
        sku_id = await _a_sku(pool)
        with _file_of_codes(codes) as path:
            memory = _memory_mib()
            started = time.perf_counter()
            batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)
            seconds = time.perf_counter() - started
        assert batch.state is BatchState.IMPORTED, batch.failure
        assert batch.imported == codes
        grew = _memory_mib() - memory
        return Figures(codes, codes / seconds, codes / await _copy_seconds(pool, batch.id), grew)
    finally:
        await pool.close()


@contextlib.contextmanager
def _file_of_codes(codes: int) -> Iterator[Path]:
    """Sixteen letters and digits each, as most vendors write them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "codes.txt"
        with path.open("w") as file:
            for _ in range(0, codes, 10_000):
                text = base64.b32encode(secrets.token_bytes(100_000)).decode()
                file.writelines(f"{text[at : at + 16]}\n" for at in range(0, min(160_000, codes * 16), 16))
        yield path


async def _a_sku(pool: asyncpg.Pool) -> int:
    name = f"bench-{secrets.token_hex(6)}"
    sku_id: int = await pool.fetchval(
        "WITH t AS (INSERT INTO product_types (slug, name) VALUES ($1, $1) RETURNING id),"
        " p AS (INSERT INTO products (type_id, slug, name, search_text, search_pinyin, search_initials)"
        "       SELECT id, $1, $1, '', '', '' FROM t RETURNING id)"
        " INSERT INTO skus (product_id, face_value, price_fen) SELECT id, '10', 1000 FROM p RETURNING id",
        name,
    )
    return sku_id


async def _copy_seconds(pool: asyncpg.Pool, batch_id: int) -> float:
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT sku_id, batch_id, slot, state, code_sealed, blind_index, expires_on FROM cards WHERE batch_id = $1",
            batch_id,
        )
        records = [tuple(row) for row in rows]
        await connection.execute("CREATE TABLE bench_floor AS SELECT sku_id, batch_id, slot, state, code_sealed,"
                                 " blind_index, expires_on FROM cards WHERE false")  # fmt: skip
        try:
            started = time.perf_counter()
            for at in range(0, len(records), COPIED_AT_ONCE):
                await connection.copy_records_to_table("bench_floor", records=records[at : at + COPIED_AT_ONCE])
            return time.perf_counter() - started
        finally:
            await connection.execute("DROP TABLE bench_floor")


def _memory_mib() -> float:
    """The most this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _main() -> None:
    figures = await measure(sys.argv[1])
    print(f"import of {figures.codes:,} codes: {figures.codes_per_s:,.0f}/s; "
          f"floor {figures.floor_per_s:,.0f}/s; ratio {figures.ratio:.2f}; "
          f"memory grew by {figures.memory_grew_mib:.0f} MiB")  # fmt: skip


if __name__ == "__main__":
    asyncio.run(_main())
