"""A shop whose orders go to suppliers that do as they are told, and a console that knows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from kameng.adapters.options import Option
from kameng.catalogue.edit import ProductDraft, save_product
from kameng.catalogue.filling import Delivers
from kameng.catalogue.form import FieldKind, FormField
from kameng.checkout.place_order import Wish, place_order
from kameng.fulfilment.dispatcher import Dispatcher
from kameng.kernel.text import Words
from kameng.orders.number import OrderId
from kameng.supply.suppliers import Suppliers
from tests.builders.dispatching import a_dispatcher, worked
from tests.builders.shop import Goods as StockedGoods
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_wish, paid
from tests.builders.supplier import Depot, a_depot, a_route, a_supplied_sku, some_goods
from tests.web.console.conftest import Console

ATTEMPT = "SELECT id FROM delivery_attempts ORDER BY id DESC LIMIT 1"
STATES = "SELECT state FROM delivery_attempts ORDER BY id"


@dataclass(frozen=True)
class ScriptedProtocol:
    """As the table of protocols has them."""

    label: Words = Words("卡速售 v2")
    options: tuple[Option, ...] = (
        Option("name", Words("名称")),
        Option("base_url", Words("网关地址"), default=""),
        Option("key", Words("密钥"), secret=True, default=""),
    )


@dataclass
class Supplied:
    """`goods` have a route to north, then to south."""

    console: Console
    shop: Shop
    depot: Depot
    goods: StockedGoods
    routes: tuple[int, int]
    dispatcher: Dispatcher

    async def order(self, *, quantity: int = 1) -> OrderId:
        """Paid, and whatever follows at once is done."""
        order_id = (await a_paid_order(self.shop, self.goods, quantity=quantity)).order_id
        await worked(self.dispatcher)
        return order_id

    async def top_up(self, account: str) -> OrderId:
        """An order of goods that are topped up, paid; nobody has been asked yet."""
        form = (FormField("account", FieldKind.QQ, "QQ 号"),)
        async with self.shop.db.transaction() as tx:
            draft = ProductDraft(self.goods.slug, "games", "直充", form=form, delivers=Delivers.TOP_UP)
            await save_product(tx, draft)
            await tx.connection.execute("UPDATE supplier_goods SET kind = 'top_up'")
        wish = Wish(**{**vars(a_wish(self.goods)), "account": {"account": account}})
        order = await place_order(db=self.shop.db, keyring=self.shop.keyring, rules=self.shop.checkout, wish=wish)
        await paid(self.shop, await a_started_payment(self.shop, order.order_id))
        return order.order_id

    async def attempt(self) -> int:
        """The newest attempt's id."""
        attempt_id: int = await self.shop.db.pool.fetchval(ATTEMPT)
        return attempt_id

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.shop.db.pool.fetch(STATES)]


async def supplied_shop(console: Console, shop: Shop) -> Supplied:
    depot = await a_depot(shop, "north", "south")
    goods = await a_supplied_sku(shop)
    routes = (
        await a_route(depot, goods.sku_id, "north"),
        await a_route(depot, goods.sku_id, "south", some_goods("200", price_fen=950), priority=1),
    )
    state = console.client.app.state
    # The application has a loop of its own, and so a pool.
    state.suppliers = Suppliers(state.db, shop.keyring, depot.suppliers.makers)
    protocols: Mapping[str, object] = {**state.supplier_protocols, "scripted": ScriptedProtocol()}
    state.supplier_protocols = protocols
    return Supplied(console, shop, depot, goods, routes, a_dispatcher(depot))
