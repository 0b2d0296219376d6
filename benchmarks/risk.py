"""What weighing an order costs: by itself, and as a part of placing one."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import asyncpg
import uvloop

from benchmarks.goods import PRICE_FEN, add_goods
from benchmarks.recording import log_statements, statements_in
from benchmarks.report import Row
from benchmarks.stage import Stage
from kameng.checkout.place_order import CheckoutRules, Wish, place_order
from kameng.journey import FOLLOWING
from kameng.kernel.crypto import Keyring, keyring_of, new_key
from kameng.kernel.database import Database, open_pool
from kameng.kernel.migrations import migrate
from kameng.orders.contact import contact_of
from kameng.orders.weigh import Candidate, weigh_new
from kameng.sites.save_site import save_site
from kameng.sites.site import NewSite

ORDERS, ORDERS_QUICK = 2000, 200
# So many in a row, then the other kind: what the machine does meanwhile hits both.
IN_A_ROW = 50
SKUS = 10


def run(stage: Stage) -> list[Row]:
    stage.close_shop()
    url = stage.database("risk")
    asyncio.run(migrate(url))
    keyring = keyring_of(new_key())
    orders = ORDERS_QUICK if stage.size.quick else ORDERS
    goods = add_goods(url, keyring, cards_each=2 * orders // SKUS + IN_A_ROW, products=SKUS)
    return uvloop.run(_run(url, keyring, goods.sku_ids, orders, stage.server.folder / "postgres.log"))


async def _run(url: str, keyring: Keyring, sku_ids: Sequence[int], orders: int, log_file: Path) -> list[Row]:
    # One connection, so that every statement waits for the one before and the log is in order.
    async with await open_pool(url, size=1) as pool:
        db = Database(pool, following=FOLLOWING)
        site_id = await save_site(db=db, new=NewSite("bench", "压测", "#0a7f5a"))
        people, rules = _People(db, keyring, site_id, itertools.cycle(sku_ids)), CheckoutRules(open_orders_max=None)
        unweighed = replace(rules, weighed=False)
        alone, weighed, plain = [], [], []
        for _ in range(orders // IN_A_ROW):
            alone += await _timed(people.weigh, IN_A_ROW)
            weighed += await _timed(lambda: people.place(rules), IN_A_ROW)
            plain += await _timed(lambda: people.place(unweighed), IN_A_ROW)
        nothing = await _timed(lambda: pool.execute("SELECT 1"), orders)
        own = await asyncpg.connect(url)
        said = [await _statements(own, log_file, lambda: people.place(rules)),
                await _statements(own, log_file, lambda: people.place(unweighed))]  # fmt: skip
        await own.close()
    facts: dict[str, float | str] = {
        "statements of an order with": said[0], "without": said[1], "p50 of SELECT 1, µs": median(nothing)
    }  # fmt: skip
    return [
        Row("risk", "an order is weighed, p50", median(alone), "µs", median(nothing), "µs SELECT 1", None, facts),
        Row("risk", "an order is placed and weighed, p50", median(weighed), "µs", median(plain), "µs not weighed"),
    ]


class _People:
    """Buyers nobody has seen before, each with a contact and an address of their own."""

    def __init__(self, db: Database, keyring: Keyring, site_id: int, sku_ids: "itertools.cycle[int]") -> None:
        self._db = db
        self._keyring = keyring
        self._site_id = site_id
        self._sku_ids = sku_ids
        self._serial = itertools.count()

    def _next(self) -> tuple[str, str]:
        n = next(self._serial)
        return f"139{n:08d}", f"198.{18 + n // 65536 % 2}.{n // 256 % 256}.{n % 256}"

    async def weigh(self) -> None:
        contact, address = self._next()
        candidate = Candidate(self._site_id, next(self._sku_ids), PRICE_FEN, contact_of(contact), address=address)
        async with self._db.one_statement() as tx:
            await weigh_new(tx, self._keyring, candidate)

    async def place(self, rules: CheckoutRules) -> None:
        contact, address = self._next()
        wish = Wish(self._site_id, next(self._sku_ids), 1, contact, PRICE_FEN, terms_accepted=True,
                    client_address=address)  # fmt: skip
        await place_order(db=self._db, keyring=self._keyring, rules=rules, wish=wish)


async def _timed(deed: Callable[[], Awaitable[object]], times: int) -> list[float]:
    """Microseconds of each."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await deed()
        taken.append((time.perf_counter() - began) * 1e6)
    return taken


async def _statements(own: asyncpg.Connection, log_file: Path, deed: Callable[[], Awaitable[object]]) -> int:
    """How many it says to PostgreSQL, BEGIN and COMMIT among them."""
    await log_statements(own, "SET")
    try:
        start = log_file.stat().st_size
        await deed()
        with log_file.open() as file:
            file.seek(start)
            return len(list(statements_in(file.read())))
    finally:
        await log_statements(own, "RESET")
