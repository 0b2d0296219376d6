"""Batches are carried out: any number of workers share the items out, and what one leaves behind another takes up."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import structlog

from kameng.batches import item_store, store
from kameng.batches.batch import LAPSES_AFTER, PERMISSIONS, AllTried, Batch, BatchState, Item, ItemState, Stopped
from kameng.batches.hand import Changed, Taken
from kameng.batches.item_store import Ended
from kameng.batches.move import move
from kameng.batches.one_by_one import Bench, Task, carry_out
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.staff.roles import may

AT_A_TIME = 100
BATCHES_AT_ONCE = 10
#: So many items are worked at beside each other; more only wait for each other's disk.
LANES = 4
#: Items that a worker took up and did not end are taken up again after this.
LEASE = timedelta(seconds=60)
TRIES_MAX = 3
ASKER_GONE = "asker_gone"

log = structlog.get_logger()


async def carry_out_batches(bench: Bench, *, of_each: int = AT_A_TIME) -> int:
    """Some items of each running batch; how many items were taken up, AT_A_TIME when there may be more of one."""
    db = bench.desk.db
    running = await _running(db)
    if not running:
        return 0
    async with db.transaction() as tx:
        items = await item_store.claim(tx, list(running), lease=LEASE, of_each=of_each)
    async with db.reading() as connection:
        approvals = {
            batch_id: [(row["login"], row["reason"]) for row in await store.agreed(connection, batch_id)]
            for batch_id in {item.batch_id for item in items}
        }
    tasks = iter([Task(running[item.batch_id], item, approvals[item.batch_id]) for item in items])
    async with asyncio.TaskGroup() as group:
        for _ in range(LANES):
            group.create_task(_lane(bench, tasks))
    await _finish(db)
    return of_each if items else 0


async def _running(db: Database) -> dict[int, Batch]:
    """Those whose askers may still do this; the others are stopped."""
    async with db.reading() as connection:
        found = await store.running(connection, at_most=BATCHES_AT_ONCE)
    running = {}
    for batch, is_there in found:
        if batch.asker is None or (is_there and may(batch.asker.role, PERMISSIONS[batch.action])):
            running[batch.id] = batch
        else:
            await _stop(db, batch.id)
    return running


async def _stop(db: Database, batch_id: int) -> None:
    async with db.transaction() as tx:
        one = await store.lock(tx, batch_id)
        if one is not None and one.state is BatchState.RUNNING:
            moved = store.Moved(BatchState.STOPPED, tx.now + LAPSES_AFTER, stopped_why=ASKER_GONE)
            await move(tx, one, Stopped, moved)


async def _lane(bench: Bench, tasks: Iterator[Task]) -> None:
    for task in tasks:
        await _carry_out(bench, task)


async def _carry_out(bench: Bench, task: Task) -> None:
    """Whatever happens to one, the others go on."""
    db = bench.desk.db
    try:
        await carry_out(bench, task)
    except Taken:
        return
    except Changed:
        await _end(db, task.item, Ended(ItemState.CHANGED))
    except Refusal as refusal:
        await _end(db, task.item, Ended(ItemState.REFUSED, refusal.code))
    except Exception as error:
        # Nothing has happened to it yet, or the item says that it has.
        log.exception("batch.item_failed", batch=task.batch.id, order=task.item.order_id)
        await _try_again(db, task.item, error)


async def _end(db: Database, item: Item, ended: Ended) -> None:
    async with db.one_statement() as tx:
        await item_store.end(tx, item, ended)


async def _try_again(db: Database, item: Item, error: Exception) -> None:
    if item.tries + 1 >= TRIES_MAX:
        await _end(db, item, Ended(ItemState.FAILED, type(error).__name__))
        return
    async with db.one_statement() as tx:
        await item_store.put_off(tx, item, tx.now + LEASE * (item.tries + 1))


async def _finish(db: Database) -> None:
    """Those of which nothing is left to do."""
    async with db.reading() as connection:
        finished = await store.finished(connection, at_most=BATCHES_AT_ONCE)
    for batch_id in finished:
        async with db.transaction() as tx:
            one = await store.lock(tx, batch_id)
            if one is not None and one.state is BatchState.RUNNING:
                await move(tx, one, AllTried)
