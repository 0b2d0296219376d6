"""Orders to suppliers: how many a second one worker places, what a slow supplier does to the others, how soon a
callback is on the page."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import uvloop

from benchmarks.http_load import percentile, request
from benchmarks.live import Listener
from benchmarks.processes import family, pss_mib
from benchmarks.report import Goal, Row
from benchmarks.stage import Shop, Stage
from benchmarks.supplying import FACE_FEN, GOODS, PRICE_FEN, Supplier, a_supplier, adapter_of, count, paid_orders
from benchmarks.waiting import wait_until
from kameng.adapters.http import HttpClient
from kameng.orders.number import OrderId, printed
from kameng.supply.answer import Accepted
from kameng.supply.supplier import SupplyAsk
from kameng.tracking.access import Access, grant

IN_FLIGHT = 50
# Shorter than a call may take, so that none of them is in doubt.
SLOW_S = 9.0
SLOW_ORDERS = 500
# Few enough to be placed before the slow ones come back.
BESIDE = 100
HEARD_WITHIN_S = 30.0
NONE_LOST = Goal(0, at_most=True, of="value")
STALL_GOAL = Goal(2.0, at_most=True)

PLACED = "SELECT count(*) FROM delivery_attempts WHERE sku_id = {} AND state <> 'calling'"
CALLED = "SELECT count(*) FROM delivery_attempts WHERE sku_id = {}"
CALLING = "SELECT count(*) FROM delivery_attempts WHERE sku_id = {} AND state = 'calling'"
TWICE = "SELECT count(*) FROM (SELECT FROM delivery_attempts GROUP BY order_id HAVING count(*) > 1) AS twice"


def run(stage: Stage) -> list[Row]:
    stage.close_shop()
    with stage.open_shop("dispatch") as shop, a_supplier(shop, "quick") as quick, a_supplier(shop, "slow") as slow:
        return [*_throughput(shop, quick), *_stall(shop, quick, slow), *_settling(shop, quick)]


def _throughput(shop: Shop, quick: Supplier) -> list[Row]:
    orders = 300 if shop.size.quick else 2000
    floor_per_s = uvloop.run(_bare(quick, orders))
    meter = shop.cpu(supplier=quick.pid)
    seconds = _placed_within(shop, quick, orders)
    facts: dict[str, float | str] = {f"{kind} CPU s": spent for kind, spent in meter.spent().items()}
    facts["worker MiB"] = pss_mib(family(shop.supervisor.children["worker"].pid))
    twice = asyncio.run(count(shop.url, TWICE))
    return [
        Row("dispatch", "orders placed by one worker", orders / seconds, "/s", floor_per_s,
            f"/s bare HTTP client, {IN_FLIGHT} at once", None, facts),
        Row("dispatch", "orders asked for twice", twice, "orders", goal=NONE_LOST),
    ]  # fmt: skip


def _placed_within(shop: Shop, supplier: Supplier, orders: int) -> float:
    """Seconds from the commit of so many paid orders until each of them is placed."""
    before = asyncio.run(count(shop.url, PLACED.format(supplier.sku_id)))
    asyncio.run(paid_orders(shop, *[supplier.sku_id] * orders))
    return _wait_until_placed(shop, supplier, before + orders)


def _wait_until_placed(shop: Shop, supplier: Supplier, orders: int) -> float:
    return wait_until(
        lambda: asyncio.run(count(shop.url, PLACED.format(supplier.sku_id))) >= orders,
        what=f"{orders} orders placed", within_s=300,
    )  # fmt: skip


async def _bare(supplier: Supplier, orders: int) -> float:
    """The same calls by the same adapter, and nothing written down."""
    async with HttpClient(connections_max=IN_FLIGHT) as http:
        adapter = adapter_of(supplier, http)
        numbers = iter(range(orders))

        async def call() -> None:
            for number in numbers:
                answer = await adapter.place(_ask(number))
                assert isinstance(answer, Accepted), answer

        began = time.perf_counter()
        await asyncio.gather(*(call() for _ in range(IN_FLIGHT)))
        return orders / (time.perf_counter() - began)


def _ask(number: int) -> SupplyAsk:
    return SupplyAsk(
        number=f"BARE{number}", goods=GOODS, quantity=1, cost_max_fen=PRICE_FEN, callback_url="http://127.0.0.1:1/",
        asked_at=datetime.now(UTC), account=f"13{number:09d}", face_fen=FACE_FEN,
    )  # fmt: skip


def _stall(shop: Shop, quick: Supplier, slow: Supplier) -> list[Row]:
    alone_s = _placed_within(shop, quick, BESIDE)
    slow.control("whim", call="place", how="slow", times=None, seconds=SLOW_S)
    asyncio.run(paid_orders(shop, *[slow.sku_id] * SLOW_ORDERS))
    wait_until(lambda: asyncio.run(count(shop.url, CALLED.format(slow.sku_id))) >= SLOW_ORDERS,
               what="all slow calls", within_s=120)  # fmt: skip
    in_flight = asyncio.run(count(shop.url, CALLING.format(slow.sku_id)))
    beside_s = _placed_within(shop, quick, BESIDE)
    still = asyncio.run(count(shop.url, CALLING.format(slow.sku_id)))
    slow.control("reset")
    facts: dict[str, float | str] = {"of them in flight at the end": still}
    return [Row("dispatch", f"{BESIDE} orders beside {in_flight} slow calls in flight", beside_s, "s", alone_s,
                "s alone", STALL_GOAL, facts)]  # fmt: skip


def _settling(shop: Shop, quick: Supplier) -> list[Row]:
    before = asyncio.run(count(shop.url, PLACED.format(quick.sku_id)))
    order_ids = asyncio.run(paid_orders(shop, *[quick.sku_id] * (20 if shop.size.quick else 200)))
    _wait_until_placed(shop, quick, before + len(order_ids))
    times = uvloop.run(_settle(shop, quick, order_ids))
    return [
        Row("dispatch", f"callback → order page, {name}", percentile(times, share), "ms", goal=goal)
        for name, share, goal in (("p50", 0.5, None), ("p99", 0.99, Goal(250, at_most=True, of="value")))
    ]


async def _settle(shop: Shop, quick: Supplier, order_ids: Sequence[OrderId]) -> Sequence[float]:
    """Milliseconds from the supplier being told that an order is done until the open page has it, one by one."""
    times = []
    async with AsyncExitStack() as stack:
        for order_id in order_ids:
            listener = await _page(stack, shop, order_id)
            await _heard(listener, 1)
            began = time.perf_counter()
            await asyncio.to_thread(quick.control, "settle", number=f"{printed(order_id)}-1")
            await _heard(listener, 2)
            times.append((listener.heard[1] - began) * 1000)
    return times


async def _heard(listener: Listener, events: int) -> None:
    ends = time.perf_counter() + HEARD_WITHIN_S
    while len(listener.heard) < events:
        if time.perf_counter() > ends:
            msg = "a page was never told"
            raise TimeoutError(msg)
        await asyncio.sleep(0.005)


async def _page(stack: AsyncExitStack, shop: Shop, order_id: OrderId) -> Listener:
    token = grant(shop.keyring, order_id, Access.OWNER, datetime.now(UTC))
    path = f"/api/v1/orders/{printed(order_id)}/events"
    listener = Listener(request("GET", shop.port, path, headers=[f"Authorization: Bearer {token}"]))
    transport, _ = await asyncio.get_running_loop().create_connection(lambda: listener, "127.0.0.1", shop.port)
    stack.callback(transport.close)
    return listener
