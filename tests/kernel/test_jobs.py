"""A job and its cause are one commit: both or neither, and the same job once."""

from datetime import timedelta

import asyncpg
import msgspec
import pytest

from kameng.kernel.database import Database
from kameng.kernel.jobs import Job, payload_of

pytestmark = pytest.mark.anyio

WASH = Job("wash")
DRY = Job("dry")


class Interrupted(Exception):
    pass


async def jobs(db: Database) -> list[asyncpg.Record]:
    async with db.reading() as connection:
        rows: list[asyncpg.Record] = await connection.fetch("SELECT * FROM pgqueuer ORDER BY id")
    return rows


async def test_a_job_is_committed_with_its_cause(db: Database) -> None:
    async with db.transaction() as tx:
        await WASH.defer(tx, order_id=7)
        assert await jobs(db) == []
    (job,) = await jobs(db)
    assert (job["entrypoint"], job["status"], payload_of(job["payload"])) == ("wash", "queued", {"order_id": 7})


async def test_a_job_is_lost_with_its_cause(db: Database) -> None:
    with pytest.raises(Interrupted):
        async with db.transaction() as tx:
            await WASH.defer(tx, order_id=7)
            raise Interrupted
    assert await jobs(db) == []


async def test_the_same_job_waits_once(db: Database) -> None:
    for _ in range(2):
        async with db.transaction() as tx:
            await WASH.defer(tx, order_id=7)
            await WASH.defer(tx, order_id=7)
    assert len(await jobs(db)) == 1


async def test_another_payload_or_another_name_is_another_job(db: Database) -> None:
    async with db.transaction() as tx:
        await WASH.defer(tx, order_id=7)
        await WASH.defer(tx, order_id=8)
        await DRY.defer(tx, order_id=7)
    assert [(job["entrypoint"], payload_of(job["payload"])["order_id"]) for job in await jobs(db)] == [
        ("wash", 7), ("wash", 8), ("dry", 7),
    ]  # fmt: skip


async def test_two_transactions_leaving_the_same_job_both_commit(db: Database) -> None:
    async with db.transaction() as tx:
        await WASH.defer(tx, order_id=7)
        await tx.connection.execute("INSERT INTO product_types (slug, name) VALUES ('one', 'one')")
    async with db.transaction() as tx:
        await WASH.defer(tx, order_id=7)
        await tx.connection.execute("INSERT INTO product_types (slug, name) VALUES ('two', 'two')")
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM product_types") == 2


async def test_a_job_can_wait(db: Database) -> None:
    async with db.transaction() as tx:
        await WASH.defer(tx, order_id=7, after=timedelta(minutes=5))
    (job,) = await jobs(db)
    assert job["execute_after"] - job["created"] == timedelta(minutes=5)


@pytest.mark.parametrize("data", [None, b"", b"{}"])
def test_no_payload_is_an_empty_one(data: bytes | None) -> None:
    assert payload_of(data) == {}


def test_a_payload_comes_back_as_it_was_left() -> None:
    assert payload_of(msgspec.json.encode({"order_id": 261122143055123456})) == {"order_id": 261122143055123456}
