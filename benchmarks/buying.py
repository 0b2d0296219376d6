"""Buyers over real HTTP: place, choose how to pay, press the button on the gateway's page; there is no thinking time.

The gateway's page answers once its notify was acknowledged, and by then the order is delivered.
"""

import asyncio
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import asyncpg
import uvloop

from benchmarks.goods import PRICE_FEN
from benchmarks.http_load import Client, Load, connected, drive, request
from benchmarks.stage import Shop

_PAY_PAGE = re.compile(r"/pay/\d+$")
_BUTTON = b"act=pay"
_WAY = {"gateway": "sandbox", "method": "alipay"}

# Whoever has paid has exactly the cards of the order.
_WITHOUT_CARDS = """
SELECT count(*) FROM receipts r JOIN payment_attempt_orders p USING (attempt_id) JOIN orders o ON o.id = p.order_id
WHERE r.use = 'applied' AND (SELECT count(*) FROM cards c WHERE c.order_id = o.id AND c.state = 'sold') <> o.quantity
"""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A connection to the shop and one to the gateway."""

    shop: Client
    gateway: Client
    shop_port: int
    gateway_port: int

    async def buy(self, sku_id: int) -> str:
        """The order's number."""
        wish = {"sku_id": sku_id, "quantity": 1, "unit_price_fen": PRICE_FEN, "terms_accepted": True,
                "contact": f"13{random.randrange(10**9):09d}"}  # fmt: skip
        order = (await self.shop.ask(request("POST", self.shop_port, "/api/v1/orders", wish), expect=201)).json()
        path, bearer = f"/api/v1/orders/{order['order_no']}/payments", f"Authorization: Bearer {order['token']}"
        answer = await self.shop.ask(request("POST", self.shop_port, path, _WAY, headers=[bearer]), expect=201)
        page = _PAY_PAGE.search(answer.json()["url"])
        assert page is not None
        await self.gateway.ask(request("POST", self.gateway_port, page[0], _BUTTON), expect=303)
        return str(order["order_no"])


def buy_for(shop: Shop, sku_ids: Sequence[int], *, buyers: int, seconds: float) -> Load:
    """So many buyers at once, each taking the skus in turn from a place of its own. Raises LoadFailed."""
    return uvloop.run(_buy_for(shop, sku_ids, buyers, seconds))


async def _buy_for(shop: Shop, sku_ids: Sequence[int], buyers: int, seconds: float) -> Load:
    async def errand(buyer: Buyer, turns: Iterator[int]) -> None:
        await buyer.buy(next(turns))

    async with AsyncExitStack() as stack:
        crowd = await open_buyers(stack, shop, buyers)
        errands = [
            partial(errand, buyer, itertools.cycle(random.sample(list(sku_ids), len(sku_ids)))) for buyer in crowd
        ]
        return await drive(errands, seconds=seconds)


async def open_buyers(stack: AsyncExitStack, shop: Shop, count: int) -> list[Buyer]:
    to_shop = await stack.enter_async_context(connected(shop.port, count))
    to_gateway = await stack.enter_async_context(connected(shop.sandbox_port, count))
    return [Buyer(*clients, shop.port, shop.sandbox_port) for clients in zip(to_shop, to_gateway, strict=True)]


def paid_without_cards(url: str) -> int:
    """Orders that are paid and don't have exactly their cards."""
    return asyncio.run(_count(url, _WITHOUT_CARDS))


async def _count(url: str, statement: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        count: int = await connection.fetchval(statement)
        return count
    finally:
        await connection.close()
