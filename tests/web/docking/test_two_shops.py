"""A buyer pays in one shop, another shop fills the order: every protocol that we both speak and serve, end to end."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from kameng.adapters.callbacks import Callbacks
from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import supplier_makers
from kameng.fulfilment.dispatcher import Dispatcher
from kameng.fulfilment.hear_supplier import hear_supplier
from kameng.invariants.check import check_invariants
from kameng.journey import FOLLOWING
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, open_pool
from kameng.merchants.merchant import network_of
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.stock.reveal import read_codes
from kameng.supply.add_supplier import SupplierDraft, add_supplier
from kameng.supply.edit_route import RouteDraft, save_route
from kameng.supply.suppliers import Suppliers
from kameng.supply.sync_goods import sync_goods
from kameng.wholesale.tell import tell_merchants
from tests.builders.merchant import balance
from tests.builders.served_shop import CODES, ServedShop, served_shop
from tests.builders.shop import Goods, Shop, a_paid_order
from tests.builders.supplier import a_supplied_sku
from tests.contracts.suppliers.entry import post_of
from tests.postgres import clone, run_on, with_database
from tests.stand_in import StandIn, says, stand_in

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Way:
    """How the shops are connected: the adapter's configuration, and what it calls the goods."""

    protocol: str
    config: Callable[[ServedShop], Mapping[str, str]]
    goods: Callable[[ServedShop], str]
    calls_back: bool = True


WAYS = (
    Way(
        "kameng",
        lambda far: {"base_url": far.url, "key": far.caller.key.id, "secret": far.caller.secret},
        lambda far: str(far.sku_id),
    ),
    Way(
        "dujiao",
        lambda far: {"base_url": far.url, "api_key": far.caller.key.id, "api_secret": far.caller.secret, "rate": "100"},
        lambda far: f"{far.product_id}-{far.sku_id}",
    ),
    Way(
        "acgfaka",
        lambda far: {"base_url": far.url, "app_id": far.caller.key.id, "app_key": far.caller.secret, "type": "0"},
        lambda _: "honor-of-kings?race=980 点",
        calls_back=False,
    ),
)


@pytest.fixture
def far_url(template_url: str) -> Iterator[str]:
    name = f"kameng_far_{os.getpid()}"
    yield clone(template_url, name)
    run_on(with_database(template_url, "postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def far(far_url: str, keyring: Keyring, clock: VirtualClock) -> AsyncIterator[ServedShop]:
    """The other shop, on a database of its own."""
    async with await open_pool(far_url, size=4) as pool:
        db = Database(pool, following=FOLLOWING, clock=clock)
        async with served_shop(far_url, db, keyring, clock) as served:
            yield served


@dataclass
class Near:
    """Our shop, with the other one as its supplier."""

    shop: Shop
    suppliers: Suppliers
    dispatcher: Dispatcher
    http: HttpClient

    async def worked(self) -> None:
        while await self.dispatcher.look():
            await self.dispatcher.finish()

    async def told_by(self, far: ServedShop, door: StandIn) -> int:
        """The other shop calls back, and we listen."""
        before = len(door.heard)
        hearer = Callbacks(self.http, reachable=(network_of("127.0.0.0/8"),))
        await tell_merchants(db=far.db, keyring=far.keyring, hearer=hearer)
        for heard in door.heard[before:]:
            answer = await hear_supplier(
                db=self.shop.db, keyring=self.shop.keyring, suppliers=self.suppliers, supplier_code="far",
                post=post_of(heard),
            )  # fmt: skip
            assert answer.accepted
        return len(door.heard) - before

    async def codes(self, order_id: OrderId) -> list[str]:
        async with self.shop.db.reading() as connection:
            return await read_codes(connection, self.shop.keyring, order_id)


async def near_of(shop: Shop, far: ServedShop, way: Way, http: HttpClient, door: StandIn) -> tuple[Near, Goods]:
    """Connected, its goods read, and a sku of ours on a route to them."""
    makers = supplier_makers(http, shop.clock)
    async with shop.db.transaction() as tx:
        await add_supplier(tx, shop.keyring, makers, SupplierDraft("far", "Far", way.protocol, way.config(far)))
    suppliers = Suppliers(shop.db, shop.keyring, makers)
    assert await sync_goods(db=shop.db, suppliers=suppliers) == 1
    known = await shop.rows("SELECT number, price_fen, stock FROM supplier_goods")
    assert known == [{"number": way.goods(far), "price_fen": known[0]["price_fen"], "stock": 8}]
    goods = await a_supplied_sku(shop, price_fen=1200)
    async with shop.db.transaction() as tx:
        await save_route(tx, RouteDraft(goods.sku_id, "far", way.goods(far)))
    public_url = door.url.rstrip("/")
    dispatcher = Dispatcher(db=shop.db, keyring=shop.keyring, suppliers=suppliers, public_url=public_url)
    return Near(shop, suppliers, dispatcher, http), goods


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.protocol)
async def test_what_is_paid_here_is_delivered_from_there(shop: Shop, far: ServedShop, way: Way) -> None:
    async with HttpClient(total_timeout_s=20) as http, stand_in(lambda _: says('{"ok":true}')) as door:
        near, goods = await near_of(shop, far, way, http, door)
        order = await a_paid_order(shop, goods, quantity=2)
        await near.worked()
        told = await near.told_by(far, door)
        await near.worked()
        assert told == (1 if way.calls_back else 0)
        assert await shop.state(order.order_id) is OrderState.DELIVERED
        codes = await near.codes(order.order_id)
        assert len(codes) == 2
        assert set(codes) <= set(CODES)
        assert await balance(far.db, far.caller) == 20_000 - 1800
        assert await far.count("orders") == 1
        for db in (shop.db, far.db):
            assert await check_invariants(db, now=shop.clock.now(), secrets=codes) == []


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.protocol)
async def test_what_is_not_there_goes_back_to_the_buyer(shop: Shop, far: ServedShop, way: Way) -> None:
    async with HttpClient(total_timeout_s=20) as http, stand_in(lambda _: says('{"ok":true}')) as door:
        near, goods = await near_of(shop, far, way, http, door)
        order = await a_paid_order(shop, goods, quantity=2)
        async with far.db.transaction() as tx:
            await tx.connection.execute("DELETE FROM cards")
        await near.worked()
        assert await shop.state(order.order_id) is OrderState.REFUNDING
        assert await balance(far.db, far.caller) == 20_000
        assert await far.count("orders") == 0
