"""From a state change to the page that shows it, with two thousand pages open."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import cast

import asyncpg
import uvloop

from benchmarks.goods import PRICE_FEN
from benchmarks.http_load import Client, connected, percentile, request
from benchmarks.processes import family, pss_mib
from benchmarks.report import Goal, Row
from benchmarks.stage import Shop, Stage
from kameng.checkout.cancel_order import cancel_order
from kameng.journey import FOLLOWING
from kameng.kernel.database import Database, open_pool
from kameng.orders.number import OrderId, read
from kameng.tracking.live import POLL_EVERY
from kameng.tracking.queries import NEWEST_EVENTS, TAIL

LISTENERS = 2000
CHANGES_A_SECOND = 40
GOAL = Goal(250, at_most=True, of="value")
_PLACED_AT_ONCE = 16
_OPENED_AT_ONCE = 100
_HEARD_WITHIN_S = 30.0
_EVENT = b"event: order"


@dataclass(frozen=True, slots=True)
class Placed:
    order_id: OrderId
    order_no: str
    token: str


class Listener(asyncio.Protocol):
    """Keeps the moments at which events came; the first is the order as it stood."""

    def __init__(self, request_bytes: bytes) -> None:
        self._request = request_bytes
        self.heard: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self.heard += [time.perf_counter()] * data.count(_EVENT)


@dataclass(frozen=True)
class Heard:
    """Milliseconds from the start of a change's transaction until its page, or the bare follower, had it."""

    pages_ms: Sequence[float]
    follower_ms: Sequence[float]
    burst_s: float
    web_mib: float
    lost: int


def run(stage: Stage) -> list[Row]:
    shop = stage.shop()
    sku_ids = shop.goods.sku_ids
    heard = uvloop.run(_listen(shop, sku_ids, changes=100 if shop.size.quick else 500))
    follower = partial(percentile, heard.follower_ms)
    rows = [
        Row("live", name, percentile(heard.pages_ms, share), "ms", follower(share), "ms bare follower", goal)
        for name, share, goal in (("p50", 0.5, None), ("p99", 0.99, GOAL))
    ]
    rest = LISTENERS - len(heard.pages_ms) - heard.lost
    rows.append(Row("live", "never told", heard.lost, "pages", goal=Goal(0, at_most=True, of="value")))
    facts = {"web processes MiB while listening": heard.web_mib}
    rows.append(Row("live", f"{rest:,} orders change at once, last page told", heard.burst_s, "s", facts=facts))
    return rows


async def _listen(shop: Shop, sku_ids: Sequence[int], *, changes: int) -> Heard:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await open_pool(shop.url))
        db = Database(pool, following=FOLLOWING)
        placed = await _place(shop, sku_ids)
        listeners = await _open(stack, shop, placed)
        await _until(lambda: all(listener.heard for listener in listeners.values()))
        mib = pss_mib(family(shop.supervisor.children["web"].pid))
        follower = Follower(shop.url)
        following = asyncio.create_task(follower.follow())
        stack.callback(following.cancel)
        changed: dict[OrderId, float] = {}
        for order in placed[:changes]:
            await asyncio.sleep(random.expovariate(CHANGES_A_SECOND))
            changed[order.order_id] = time.perf_counter()
            await cancel_order(db=db, order_id=order.order_id)
        await _until(lambda: all(len(listeners[order_id].heard) > 1 for order_id in changed))
        times = [
            (listeners[order_id].heard[1] - since) * 1000
            for order_id, since in changed.items()
            if len(listeners[order_id].heard) > 1
        ]
        followed = [(follower.heard[i] - since) * 1000 for i, since in changed.items() if i in follower.heard]
        burst_s = await _burst(db, placed[changes:], listeners)
        return Heard(times, followed, burst_s, mib, len(changed) - len(times))


async def _burst(db: Database, placed: Sequence[Placed], listeners: dict[OrderId, Listener]) -> float:
    began = time.perf_counter()
    places = iter(placed)

    async def change() -> None:
        for order in places:
            await cancel_order(db=db, order_id=order.order_id)

    await asyncio.gather(*(change() for _ in range(4)))
    await _until(lambda: all(len(listeners[order.order_id].heard) > 1 for order in placed))
    return time.perf_counter() - began


async def _until(true: Callable[[], bool]) -> None:
    """Or until it is too late for it."""
    ends = time.perf_counter() + _HEARD_WITHIN_S
    while not true() and time.perf_counter() < ends:  # noqa: ASYNC110 - what is waited for comes to two thousand
        await asyncio.sleep(0.05)


class Follower:
    """The floor: the same look at the same interval, and nobody to tell."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.heard: dict[OrderId, float] = {}

    async def follow(self) -> None:
        connection = await asyncpg.connect(self._url)
        newest = await connection.fetch(NEWEST_EVENTS, 1)
        after = newest[0]["id"] if newest else 0
        while True:
            rows = await connection.fetch(TAIL, after, [])
            for row in rows:
                self.heard.setdefault(OrderId(row["order_id"]), time.perf_counter())
                after = max(after, row["id"])
            await asyncio.sleep(POLL_EVERY.total_seconds())


async def _place(shop: Shop, sku_ids: Sequence[int]) -> list[Placed]:
    """An order for each page."""
    placed: list[Placed] = []

    async def place(client: Client) -> None:
        while len(placed) < LISTENERS:
            wish = {"sku_id": random.choice(sku_ids), "quantity": 1, "unit_price_fen": PRICE_FEN,
                    "terms_accepted": True, "contact": f"15{random.randrange(10**9):09d}"}  # fmt: skip
            answer = await client.ask(request("POST", shop.port, "/api/v1/orders", wish), expect=201)
            told = answer.json()
            order_id = read(told["order_no"])
            assert order_id is not None
            placed.append(Placed(order_id, told["order_no"], told["token"]))

    async with connected(shop.port, _PLACED_AT_ONCE) as clients:
        await asyncio.gather(*map(place, clients))
    return placed[:LISTENERS]


async def _open(stack: AsyncExitStack, shop: Shop, placed: Sequence[Placed]) -> dict[OrderId, Listener]:
    loop = asyncio.get_running_loop()
    listeners: dict[OrderId, Listener] = {}

    async def listen(order: Placed) -> None:
        path, bearer = f"/api/v1/orders/{order.order_no}/events", f"Authorization: Bearer {order.token}"
        listener = Listener(request("GET", shop.port, path, headers=[bearer]))
        transport, _ = await loop.create_connection(lambda: listener, "127.0.0.1", shop.port)
        stack.callback(transport.close)
        listeners[order.order_id] = listener

    for at in range(0, len(placed), _OPENED_AT_ONCE):
        await asyncio.gather(*map(listen, placed[at : at + _OPENED_AT_ONCE]))
    return listeners
