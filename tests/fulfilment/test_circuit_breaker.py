"""From orders that fail to a supplier that is led around, probed, and trusted again."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from kameng.orders.lifecycle import OrderState
from kameng.radar.watch_suppliers import watch_suppliers
from kameng.supply.answer import Code, Delivered, Failed, PlaceAnswer, Reason
from kameng.supply.troubles import PROBES_TO_CLOSE, TroubleKind
from tests.builders.dispatching import a_dispatcher, worked
from tests.builders.shop import Goods, Shop, a_paid_order
from tests.builders.supplier import Depot, a_depot, a_route, a_supplied_sku, put_on_shelf, some_goods

pytestmark = pytest.mark.anyio

Answer = Callable[[], PlaceAnswer]


class Trade:
    """Orders one after the other, ten seconds apart; where each of them went."""

    def __init__(self, shop: Shop, depot: Depot, goods: Goods) -> None:
        self.shop = shop
        self.depot = depot
        self.goods = goods
        self.dispatcher = a_dispatcher(depot)
        self.numbers = count(1)

    def delivered(self) -> PlaceAnswer:
        return Delivered(codes=(Code(f"CODE-{next(self.numbers):05d}"),), cost_fen=900)

    def failed(self) -> PlaceAnswer:
        return Failed(Reason.OPERATOR_TROUBLE, "通道维护")

    async def order(self, north: Answer, times: int = 1) -> list[int]:
        """How many went to north and to south."""
        before = [len(self.depot[code].placed) for code in ("north", "south")]
        for _ in range(times):
            for code in ("north", "south"):
                await put_on_shelf(self.depot, code, some_goods())
            self.depot["north"].script["place"].clear()
            self.depot["south"].script["place"].clear()
            self.depot["north"].will("place", north())
            self.depot["south"].will("place", self.delivered())
            order = await a_paid_order(self.shop, self.goods, contact=f"138{next(self.numbers):08d}")
            # A line that has failed gives way to the other in the next round.
            for _ in range(3):
                await worked(self.dispatcher)
                self.shop.clock.go_on(timedelta(seconds=3))
                await watch_suppliers(db=self.shop.db)
            assert await self.shop.state(order.order_id) is OrderState.DELIVERED
            self.shop.clock.go_on(timedelta(seconds=1))
            await watch_suppliers(db=self.shop.db)
        return [len(self.depot[code].placed) - was for code, was in zip(("north", "south"), before, strict=True)]

    async def troubles(self) -> list[dict[str, object]]:
        return await self.shop.rows("SELECT kind, closed_at IS NULL AS is_open FROM troubles ORDER BY id")


async def test_a_supplier_that_fails_is_led_around_probed_and_trusted_again(shop: Shop) -> None:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    for priority, code in enumerate(("north", "south")):
        await a_route(depot, goods.sku_id, code, some_goods(), priority=priority)
    trade = Trade(shop, depot, goods)
    assert await trade.order(trade.delivered, 10) == [10, 0]

    north, south = await trade.order(trade.failed, 12)
    assert await trade.troubles() == [{"kind": TroubleKind.FAILING, "is_open": True}]
    assert 5 <= north <= 11, "a handful of orders tells, and then only a probe now and then"
    assert south == 12, "every buyer was served all the same"

    shop.clock.go_on(timedelta(minutes=3))
    north, south = await trade.order(trade.failed, 2)
    assert (north, south) == (1, 2), "one probe, and the next is put off"

    shop.clock.go_on(timedelta(minutes=15))
    needed = PROBES_TO_CLOSE[TroubleKind.FAILING]
    assert await trade.order(trade.delivered, needed) == [needed, 0]
    assert await trade.troubles() == [{"kind": TroubleKind.FAILING, "is_open": False}]
    assert await trade.order(trade.delivered, 3) == [3, 0]
