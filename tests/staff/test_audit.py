import asyncpg
import pytest

from kameng.kernel.database import Database
from kameng.staff.audit import Note, NotedDatabase, note, read_audit
from kameng.staff.change_staff import LastOwner, list_staff, set_enabled
from kameng.staff.roles import Role
from tests.staff.people import hire

pytestmark = pytest.mark.anyio


async def test_lines_come_newest_first_and_can_be_filtered(db: Database) -> None:
    lin, mei = await hire(db, "lin"), await hire(db, "mei")
    async with db.transaction() as tx:
        await note(tx, Note(lin, "order:looked_at", "order:261122", {"why": "asked"}, "2001:db8::7"))
        await note(tx, Note(mei, "sku:saved", "sku:7"))
        await note(tx, Note(mei, "order:looked_at", "order:2611"))
    assert [line.subject for line in await read_audit(db)] == ["order:2611", "sku:7", "order:261122"]
    (line,) = await read_audit(db, login="lin")
    assert (line.action, line.facts, line.address, line.at) == (
        "order:looked_at", {"why": "asked"}, "2001:db8::7", db.clock.now(),
    )  # fmt: skip
    for kind in ("order", "order:"):
        assert [line.login for line in await read_audit(db, subject=kind)] == ["mei", "lin"]
    assert [line.login for line in await read_audit(db, subject="order:2611")] == ["mei"]
    assert [line.subject for line in await read_audit(db, login="lin", subject="order")] == ["order:261122"]
    assert await read_audit(db, login="lin", subject="order:2611") == []
    newest = (await read_audit(db))[0]
    assert [line.subject for line in await read_audit(db, before=newest.id)] == ["sku:7", "order:261122"]


async def test_a_line_can_be_neither_changed_nor_taken_away(db: Database) -> None:
    lin = await hire(db, "lin")
    async with db.transaction() as tx:
        await note(tx, Note(lin, "sku:saved", "sku:7"))
    for statement in ("UPDATE staff_audit SET action = ''", "DELETE FROM staff_audit"):
        with pytest.raises(asyncpg.RaiseError):
            await db.pool.execute(statement)
    assert len(await read_audit(db)) == 1


async def test_a_verb_given_a_noted_database_writes_its_line_with_the_change(db: Database) -> None:
    boss, lin = await hire(db, "boss", Role.OWNER), await hire(db, "lin")
    noted = NotedDatabase(db, Note(boss, "staff:closed", "staff:lin"))
    await set_enabled(db=noted, staff_id=lin.id, enabled=False)
    assert noted.is_noted
    assert [line.action for line in await read_audit(db)] == ["staff:closed"]


async def test_a_verb_that_refuses_writes_none(db: Database) -> None:
    boss = await hire(db, "boss", Role.OWNER)
    noted = NotedDatabase(db, Note(boss, "staff:closed", "staff:boss"))
    with pytest.raises(LastOwner):
        await set_enabled(db=noted, staff_id=boss.id, enabled=False)
    assert not noted.is_noted
    assert await read_audit(db) == []
    assert [member.enabled for member in await list_staff(db)] == [True]


async def test_only_the_first_transaction_is_noted(db: Database) -> None:
    boss = await hire(db, "boss", Role.OWNER)
    noted = NotedDatabase(db, Note(boss, "stock:imported", "sku:7"))
    for _ in range(3):
        async with noted.transaction():
            pass
    assert len(await read_audit(db)) == 1
