"""The console's search box at ten million orders: each kind of key beside the barest question by primary key."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import asyncpg

from benchmarks import history, search_history
from benchmarks.goods import add_goods
from benchmarks.http_load import percentile
from benchmarks.report import Row, number
from benchmarks.search_history import KnownOrder
from benchmarks.stage import Stage
from kameng.desk.find_orders import find_orders
from kameng.desk.orders import Looker
from kameng.journey import FOLLOWING
from kameng.kernel.crypto import Keyring, keyring_of, new_key
from kameng.kernel.database import Database, open_pool
from kameng.kernel.migrations import migrate
from kameng.staff.member import Staff
from kameng.staff.roles import Role

ORDERS = 10_000_000
QUICK_ORDERS = 100_000
SEARCHES, QUICK_SEARCHES = 1000, 200
FLOOR = "SELECT id FROM orders WHERE id = $1"
LOOKER = Looker(Staff(1, "bench", Role.CUSTOMER_SERVICE), None)


def run(stage: Stage) -> list[Row]:
    """One at a time, whole: what is typed, every index it could be in, and the line in the audit log."""
    stage.close_shop()
    orders = QUICK_ORDERS if stage.size.quick else ORDERS
    url, keyring = stage.database("search"), keyring_of(new_key())
    asyncio.run(migrate(url))
    add_goods(url, keyring, cards_each=100, products=5)
    known = asyncio.run(_fill(url, keyring, orders))
    return asyncio.run(_measure(url, keyring, known[: QUICK_SEARCHES if stage.size.quick else SEARCHES], orders))


async def _fill(url: str, keyring: Keyring, orders: int) -> Sequence[KnownOrder]:
    async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
        await search_history.write_others(pool)
        await history.write_orders(pool, 0, orders)
        await search_history.write_beside(pool, 0, orders)
        known = await search_history.make_known(pool, keyring, orders)
        await search_history.settle(pool)
    return known


async def _measure(url: str, keyring: Keyring, known: Sequence[KnownOrder], orders: int) -> list[Row]:
    rows = []
    async with await open_pool(url, size=2) as pool:
        db = Database(pool, following=FOLLOWING)
        for key in known[0].keys:
            took: list[float] = []
            floor: list[float] = []
            before = await _read_whole(pool)
            for one in known:
                began = time.perf_counter()
                found = await find_orders(db=db, keyring=keyring, typed=one.keys[key], looker=LOOKER)
                ended = time.perf_counter()
                async with db.reading() as connection:
                    await connection.fetchval(FLOOR, one.order_id)
                took.append(1000 * (ended - began))
                floor.append(1000 * (time.perf_counter() - ended))
                assert one.order_id in {line.line.id for line in found}, key
            facts = {"p99 ms": number(percentile(took, 0.99)), "floor p99 ms": number(percentile(floor, 0.99))}
            facts |= await _newly_read_whole(pool, before)
            rows.append(Row("search", f"{orders:,} orders, by {key}, p50", percentile(took, 0.5), "ms",
                            percentile(floor, 0.5), "ms SELECT by primary key", facts=facts))  # fmt: skip
    return rows


async def _read_whole(pool: asyncpg.Pool) -> Mapping[str, int]:
    """How often each table was read from end to end so far; small ones may be."""
    await pool.execute("SELECT pg_stat_force_next_flush()")
    rows = await pool.fetch("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE n_live_tup > 5000")
    return {row["relname"]: row["seq_scan"] for row in rows}


async def _newly_read_whole(pool: asyncpg.Pool, before: Mapping[str, int]) -> dict[str, str]:
    now = await _read_whole(pool)
    names = sorted(name for name, scans in now.items() if scans > before.get(name, 0))
    return {"read from end to end": ", ".join(names)} if names else {}
