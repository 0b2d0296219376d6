"""A dry run says what an import would say, and does nothing."""

import io
from pathlib import Path

import pytest

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock.card import FileKind, Reason
from kameng.stock.import_file import import_file
from kameng.stock.plan_import import plan_import
from tests.stock.builders import a_sku, some_cards

pytestmark = pytest.mark.anyio


async def everything(db: Database) -> dict[str, list[object]]:
    async with db.reading() as connection:
        return {
            table: [tuple(row) for row in await connection.fetch(f"SELECT * FROM {table}")]
            for table in ("cards", "card_batches", "pgqueuer")
        }


async def test_a_dry_run_changes_nothing_and_foretells_the_import(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    sku_id = await a_sku(db, code_format=r"[A-Z]-\d+")
    await some_cards(db, keyring, sku_id, ["A-1"])
    lines = ["A-1", "B-1", "b-1", "wrong", "C-1,2020-01-01", *(f"D-{n}" for n in range(21_000)), "D-5"]
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines))
    before = await everything(db)
    with path.open("rb") as file:
        plan = await plan_import(db=db, keyring=keyring, sku_id=sku_id, file=file, kind=FileKind.TXT)
        assert not file.closed
    assert await everything(db) == before
    assert (plan.lines_total, plan.importable, plan.refused) == (21_006, 21_001, 5)
    assert plan.refused_reasons == {
        Reason.ALREADY_STORED: 1,
        Reason.REPEATED_IN_FILE: 2,
        Reason.WRONG_FORMAT: 1,
        Reason.EXPIRED: 1,
    }
    batch = await import_file(db=db, keyring=keyring, sku_id=sku_id, path=path)
    assert batch.imported == plan.importable
    assert batch.refused_reasons == plan.refused_reasons
    assert list(batch.refused_lines) == list(plan.refused_lines)


async def test_an_empty_plan(db: Database, keyring: Keyring) -> None:
    sku_id = await a_sku(db)
    plan = await plan_import(db=db, keyring=keyring, sku_id=sku_id, file=io.BytesIO(b"\n\n"), kind=FileKind.CSV)
    assert (plan.lines_total, plan.importable, plan.refused) == (2, 0, 0)
