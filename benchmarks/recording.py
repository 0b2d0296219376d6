"""What one purchase says to PostgreSQL, read from the server's own log: the floor can't drift from the code."""

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

import asyncpg
import uvloop

from benchmarks.buying import open_buyers
from benchmarks.stage import Shop

_TRIES = 6
_WARM_UP = 4
_RELOAD_S = 0.3
_ENTRY = re.compile(r"^(\d+)\|(LOG|DETAIL):  ", re.MULTILINE)
_PARAMETER = re.compile(r"\$\d+ = (NULL|'(?:[^']|'')*')")
# What asyncpg's pool says whenever a connection comes back; the floor is spared it.
_POOL_RESET = "pg_advisory_unlock_all"


@dataclass(frozen=True)
class Said:
    """One statement with the texts of its parameters; BEGIN and COMMIT have none."""

    sql: str
    parameters: tuple[str | None, ...]


@dataclass(frozen=True)
class Purchase:
    sku_id: int
    order_no: str
    said: tuple[Said, ...]

    @property
    def form(self) -> tuple[str, ...]:
        return tuple(statement.sql for statement in self.said)


def record_purchases(shop: Shop) -> tuple[Purchase, Purchase]:
    """Two purchases of different goods that said the same."""
    sku_ids = shop.goods.sku_ids
    with _stopped(shop.supervisor.children["worker"].pid):
        return uvloop.run(_record(shop, sku_ids))


async def _record(shop: Shop, sku_ids: Sequence[int]) -> tuple[Purchase, Purchase]:
    log_file = shop.server.folder / "postgres.log"
    own = await asyncpg.connect(shop.url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(own.close)
        (buyer,) = await open_buyers(stack, shop, 1)
        stack.push_async_callback(log_statements, own, "RESET")
        await log_statements(own, "SET")
        for _ in range(_WARM_UP):
            await buyer.buy(sku_ids[0])
        purchases = []
        for sku_id in sku_ids[:_TRIES]:
            start = log_file.stat().st_size
            order_no = await buyer.buy(sku_id)
            with log_file.open() as file:
                file.seek(start)
                purchases.append(Purchase(sku_id, order_no, tuple(statements_in(file.read()))))
    # Now and then a process reads its settings again in between; that belongs to no purchase.
    usual, _ = Counter(purchase.form for purchase in purchases).most_common(1)[0]
    first, second, *_ = (purchase for purchase in purchases if purchase.form == usual)
    return first, second


async def log_statements(connection: asyncpg.Connection, verb: str) -> None:
    for name, value in (("log_statement", " = 'all'"), ("log_line_prefix", " = '%p|'")):
        await connection.execute(f"ALTER SYSTEM {verb} {name}{value if verb == 'SET' else ''}")
    await connection.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(_RELOAD_S)


def statements_in(log: str) -> Iterator[Said]:
    """What one connection said, in order. One buyer's requests follow each other, so there is but one."""
    marks = list(_ENTRY.finditer(log))
    ends = [*(mark.start() for mark in marks[1:]), len(log)]
    sql = ""
    for mark, end in zip(marks, ends, strict=True):
        text = log[mark.end() : end].replace("\n\t", "\n")
        if mark[2] == "DETAIL":
            yield Said(sql, tuple(_parameters(text)))
            sql = ""
            continue
        if sql:
            yield Said(sql, ())
        sql = re.sub(r"^(execute \S+|statement): ", "", text).strip().rstrip(";")
        if _POOL_RESET in sql:
            sql = ""
    if sql:
        yield Said(sql, ())


def _parameters(detail: str) -> Sequence[str | None]:
    found = _PARAMETER.findall(detail)
    return [None if value == "NULL" else value[1:-1].replace("''", "'") for value in found]


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    """The worker looks at the database all the time; while it is held, the log is the buyer's alone."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
