"""Does a lookup get slower over the years? From ten thousand orders to ten million, random keys over all of them."""

import asyncio
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from benchmarks import history
from benchmarks.floor import ADDRESS
from benchmarks.history import Known
from benchmarks.http_load import percentile
from benchmarks.lookup import ask, requests_to_shop
from benchmarks.report import Goal, Row, number
from benchmarks.stage import Shop, Stage
from kameng.orders.contact import second_factor_index
from kameng.risk.guard import GuardRules, subjects_of
from kameng.tracking.queries import LOOKUP

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
QUICK_SIZES = SIZES[:-1]
GOAL = Goal(1.2, at_most=True)
CONNECTIONS = 16
_STATEMENTS = 2000
# Into tables without indexes rows are written several times as fast.
_WITHOUT_INDEXES_FROM = 1_000_000
_TOOK = re.compile(r"Execution Time: ([\d.]+) ms")


@dataclass(frozen=True)
class Seen:
    """At one size: the statement on the server, the time between two lookups over HTTP, and the CPU of one."""

    statement_ms: float
    http_ms: float
    cpu_ms: float


def run(stage: Stage) -> list[Row]:
    stage.close_shop()
    seen: dict[int, Seen] = {}
    with stage.open_shop("slope") as shop:
        asyncio.run(_begin(shop))
        for before, size in zip((0, *SIZES), QUICK_SIZES if shop.size.quick else SIZES, strict=False):
            known = asyncio.run(_grow(shop, before, size))
            seen[size] = Seen(asyncio.run(_statement_ms(shop, known)), *_over_http(shop, known))
    return _rows(seen)


def _over_http(shop: Shop, known: Sequence[Known]) -> tuple[float, float]:
    """The middle of the milliseconds between two lookups, and the CPU milliseconds of one."""
    requests, meter = requests_to_shop(shop.port, known), shop.cpu()
    taken = [ask(shop.port, requests, CONNECTIONS, shop.size.seconds) for _ in range(shop.size.rounds)]
    spent = meter.spent()
    cpu_ms = 1000 * (spent["web"] + spent["postgresql"]) / sum(load.whole_count for load in taken)
    return percentile([1000 / load.per_s for load in taken], 0.5), cpu_ms


def _rows(seen: dict[int, Seen]) -> list[Row]:
    smallest, largest = min(seen), max(seen)
    small, large = seen[smallest], seen[largest]
    case, floor_is = f"{largest:,} orders", f"ms at {smallest:,}"
    statement = {f"ms at {size:,}": number(at.statement_ms) for size, at in seen.items()}
    http = {f"/s at {size:,}": number(1000 / at.http_ms) for size, at in seen.items()}
    cpu = {f"CPU ms at {size:,}": number(at.cpu_ms) for size, at in seen.items()}
    return [
        Row("slope", f"{case}, statement on the server", large.statement_ms, "ms", small.statement_ms, floor_is, GOAL,
            statement),
        Row("slope", f"{case}, over HTTP, c={CONNECTIONS}", large.http_ms, "ms", small.http_ms, floor_is, GOAL,
            {**http, **cpu}),
    ]  # fmt: skip


async def _begin(shop: Shop) -> None:
    async with asyncpg.create_pool(shop.url, min_size=1, max_size=1) as pool:
        await history.unlog(pool)


async def _grow(shop: Shop, before: int, size: int) -> Sequence[Known]:
    async with asyncpg.create_pool(shop.url, min_size=1, max_size=2) as pool:
        bare = size >= _WITHOUT_INDEXES_FROM
        indexes = await history.drop_indexes(pool) if bare else ()
        await history.write_orders(pool, before, size)
        await history.make_indexes(pool, indexes)
        known = await history.make_known(pool, shop.keyring, size)
        await history.settle(pool)
    return known


async def _statement_ms(shop: Shop, known: Sequence[Known]) -> float:
    """The middle of what PostgreSQL itself says, the plan made once, as the shop's connections have it."""
    rules, now = GuardRules(), datetime.now(UTC)
    connection = await asyncpg.connect(
        shop.url, server_settings={"jit": "off", "plan_cache_mode": "force_generic_plan"}
    )
    try:
        await connection.execute(f"PREPARE look AS {LOOKUP}")
        times = []
        for order in random.sample(list(known), min(len(known), _STATEMENTS)):
            subjects = subjects_of(ADDRESS, [order.order_id])
            windows = [rules.window_of(subject, now).isoformat() for subject in subjects]
            factor = second_factor_index(shop.keyring, order.order_id, order.tail).hex()
            told = await connection.fetch(
                f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF) EXECUTE look"
                f" ('{{{order.order_id}}}', ARRAY[decode('{factor}', 'hex')], '{{{','.join(subjects)}}}',"
                f" '{{{','.join(windows)}}}')"
            )
            found = next(filter(None, (_TOOK.search(line[0]) for line in told)))
            times.append(float(found[1]))
    finally:
        await connection.close()
    return percentile(times, 0.5)
