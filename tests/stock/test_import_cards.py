"""Importing: every line accounted for, nothing in clear, and a crash costs nothing but time."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock.allocate import allocate
from kameng.stock.card import Batch, BatchState, Reason, RefusedLine
from kameng.stock.code_format import UnsafeFormat
from kameng.stock.import_cards import RUN_LINES
from kameng.stock.import_file import import_file
from kameng.stock.open_batch import SkuMissing
from kameng.stock.reserve import reserve
from kameng.stock.reveal import read_codes
from tests.stock.builders import TODAY, a_sku, some_orders, states

pytestmark = pytest.mark.anyio


class Crash(Exception):
    """Stands for the process ending here: nothing after it runs."""


def written(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def codes(count: int, *, first: int = 0) -> list[str]:
    return [f"CODE-{n:08d}" for n in range(first, first + count)]


async def sold(db: Database, keyring: Keyring, sku_id: int, quantity: int) -> list[str]:
    (order_id,) = await some_orders(db, 1)
    async with db.transaction() as tx:
        assert await reserve(tx, order_id=order_id, sku_id=sku_id, quantity=quantity, on=TODAY) == quantity
        await allocate(tx, order_id)
    async with db.reading() as connection:
        return await read_codes(connection, keyring, order_id)


async def test_what_comes_in_can_be_sold_and_read(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    sku_id = await a_sku(db)
    lines = ["AAAA", "", "  bbbb  ", "用户----Pass word", "CCCC,2027-12-31"]
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=written(tmp_path / "a.txt", lines))
    assert (batch.state, batch.source, batch.imported, batch.refused) == (BatchState.IMPORTED, "a.txt", 4, 0)
    assert (batch.lines_total, batch.lines_read) == (5, 5)
    assert batch.finished_at == db.clock.now()
    assert sorted(await sold(db, keyring, sku_id, 4)) == ["AAAA", "CCCC", "bbbb", "用户----Pass word"]


async def test_no_code_stands_anywhere_in_clear(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    sku_id = await a_sku(db, code_format="[A-Z0-9-]{8,}")
    lines = ["SECRET-AAAA", "SECRET-BBBB,2027-12-31", "SECRET-AAAA", "SECRET_REFUSED"]
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=written(tmp_path / "a.txt", lines))
    assert (batch.imported, batch.refused) == (2, 2)
    async with db.reading() as connection:
        for table in ("cards", "card_batches", "pgqueuer"):
            for row in await connection.fetch(f"SELECT * FROM {table}"):
                for value in row.values():
                    raw = value if isinstance(value, bytes) else repr(value).encode()
                    assert b"SECRET" not in raw.upper()


async def test_each_refused_line_says_why_and_never_what(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    sku_id = await a_sku(db, code_format=r"[A-Z0-9-]{4,600}")
    await import_file(db=db, keyring=keyring, sku_id=sku_id, path=written(tmp_path / "old.txt", ["OLD-1"]))
    lines = [
        "GOOD-1",
        "X" * 501,
        "BAD\x07BELL",
        "ZERO\N{ZERO WIDTH SPACE}WIDTH",
        "不对的格式",
        "good-1",
        "OLD-1",
        f"LATE-1,{TODAY - timedelta(days=1)}",
        f"LATE-2,{TODAY}",
        "DATE-1,2027-02-30",
        "X" * 500,
        f"GOOD-2,{TODAY + timedelta(days=1)}",
    ]
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=written(tmp_path / "a.txt", lines))
    assert list(batch.refused_lines) == [
        RefusedLine(2, Reason.TOO_LONG),
        RefusedLine(3, Reason.CONTROL_CHARACTER),
        RefusedLine(4, Reason.CONTROL_CHARACTER),
        RefusedLine(5, Reason.WRONG_FORMAT),
        RefusedLine(6, Reason.REPEATED_IN_FILE),
        RefusedLine(7, Reason.ALREADY_STORED),
        RefusedLine(8, Reason.EXPIRED),
        RefusedLine(9, Reason.EXPIRED),
        RefusedLine(10, Reason.UNREADABLE_DATE),
    ]
    assert (batch.imported, batch.refused) == (3, 9)
    assert batch.refused_reasons[Reason.EXPIRED] == 2
    assert sum(batch.refused_reasons.values()) == 9


async def test_the_vault_knows_a_code_whatever_product_it_came_for(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    one, other = await a_sku(db), await a_sku(db)
    path = written(tmp_path / "a.txt", codes(3))
    await import_file(db=db, keyring=keyring, sku_id=one, path=path)
    batch = await import_file(db=db, keyring=keyring, sku_id=other, path=path)
    assert (batch.imported, batch.refused_reasons) == (0, {Reason.ALREADY_STORED: 3})
    assert await states(db, other) == {}


@pytest.mark.parametrize(("keeps_case", "imported"), [(True, 2), (False, 1)])
async def test_case_tells_codes_apart_where_the_product_says_so(
    db: Database, keyring: Keyring, tmp_path: Path, keeps_case: bool, imported: int
) -> None:
    sku_id = await a_sku(db, code_keeps_case=keeps_case)
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=written(tmp_path / "a.txt", ["abcd", "ABCD"]))
    assert batch.imported == imported


async def test_the_first_thousand_refused_lines_are_kept_and_all_counted(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    sku_id = await a_sku(db, code_format="[A-Z]{4}")
    batch = await import_file(
        db=db, keyring=keyring, sku_id=sku_id, path=written(tmp_path / "a.txt", ["1"] * 1500 + ["ABCD"])
    )
    assert (batch.imported, batch.refused, len(batch.refused_lines)) == (1, 1500, 1000)
    assert [line.line for line in batch.refused_lines] == list(range(1, 1001))


async def test_50000_codes_with_progress_on_the_way(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    sku_id = await a_sku(db)
    told: list[Batch] = []
    # One copy right behind, one in another run.
    lines = [*codes(25_000), codes(1)[0], *codes(25_000, first=25_000), codes(1)[0]]
    path = written(tmp_path / "a.txt", lines)
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path, heard=told.append)
    assert await states(db, sku_id) == {"available": 50_000}
    assert (batch.imported, batch.refused_reasons) == (50_000, {Reason.REPEATED_IN_FILE: 2})
    assert [heard.lines_read for heard in told] == [RUN_LINES, 2 * RUN_LINES, 50_002]
    assert told[0].imported == RUN_LINES
    assert {heard.state for heard in told} == {BatchState.IMPORTING}


async def test_an_import_cut_short_goes_on_without_taking_its_own_cards_for_copies(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    sku_id = await a_sku(db)
    path = written(tmp_path / "a.txt", ["CODE-00000001", *codes(45_000), "short,2020-01-01"])

    def crash(heard: Batch) -> None:
        raise Crash

    for runs in (1, 2):
        with pytest.raises(Crash):
            await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path, heard=crash)
        assert sum((await states(db, sku_id)).values()) == runs * RUN_LINES - 1
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)
    assert batch.id == 1
    assert batch.state is BatchState.IMPORTED
    assert await states(db, sku_id) == {"available": 45_000}
    assert batch.refused_lines == [RefusedLine(3, Reason.REPEATED_IN_FILE), RefusedLine(45_002, Reason.EXPIRED)]


async def test_an_import_stopped_in_the_middle_of_a_run_leaves_nothing_of_it(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    sku_id = await a_sku(db)
    path = written(tmp_path / "a.txt", codes(30_000))
    # Somebody holds the last code of the second run's order; the import waits for it and is stopped there.
    async with db.pool.acquire() as holder:
        block = holder.transaction()
        await block.start()
        blind = keyring.index("CODE-00025000", purpose="card blind index")
        await holder.execute(
            "INSERT INTO cards (sku_id, batch_id, slot, state, code_sealed, blind_index)"
            " VALUES (9, 9, 1, 'available', '', $1)",
            blind,
        )
        importing = asyncio.create_task(import_file(db=db, keyring=keyring, sku_id=sku_id, path=path))
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        while not await holder.fetchval(waiting):
            await holder.execute("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()")
        importing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await importing
        await block.rollback()
    assert await states(db, sku_id) == {"available": RUN_LINES}
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)
    assert (batch.imported, batch.refused) == (30_000, 0)


async def test_the_same_file_once_more_is_all_copies(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    sku_id = await a_sku(db)
    path = written(tmp_path / "a.txt", codes(10))
    await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)
    assert (batch.id, batch.imported, batch.refused_reasons) == (2, 0, {Reason.ALREADY_STORED: 10})
    assert await states(db, sku_id) == {"available": 10}


async def test_overlapping_files_at_once_bring_every_code_in_once(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    """Each file runs through the common codes in another order, so neither waits for the other in a circle."""
    sku_id = await a_sku(db)
    paths = [
        written(tmp_path / "1.txt", codes(15_000)),
        written(tmp_path / "2.txt", codes(15_000, first=5_000)[::-1]),
        written(tmp_path / "3.txt", codes(15_000, first=2_500)[1::2] + codes(15_000, first=2_500)[::2]),
    ]
    batches = await asyncio.gather(*(import_file(db=db, keyring=keyring, sku_id=sku_id, path=path) for path in paths))
    assert sum(batch.imported for batch in batches) == 20_000
    assert await states(db, sku_id) == {"available": 20_000}
    assert all(batch.imported + batch.refused == 15_000 for batch in batches)
    assert {reason for batch in batches for reason in batch.refused_reasons} == {Reason.ALREADY_STORED}


async def test_an_unsafe_format_or_unknown_sku_imports_nothing(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    sku_id = await a_sku(db, code_format="(a+)+")
    path = written(tmp_path / "a.txt", codes(3))
    with pytest.raises(UnsafeFormat):
        await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)
    with pytest.raises(SkuMissing):
        await import_file(db=db, keyring=keyring, sku_id=sku_id + 1, path=path)
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM card_batches") == 0


async def test_an_empty_file_is_an_empty_batch(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    sku_id = await a_sku(db)
    path = tmp_path / "a.txt"
    path.write_bytes(b"")
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)
    assert (batch.state, batch.lines_total, batch.imported) == (BatchState.IMPORTED, 0, 0)
