"""The dispatcher at work under a clock that stands still, orders that suppliers fill, and what came of them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.catalogue.filling import Delivers, FilledBy
from kameng.catalogue.form import FieldKind, FormField
from kameng.checkout.place_order import PlacedOrder, place_order
from kameng.fulfilment.attempt import Answer, AskedBy, AttemptState
from kameng.fulfilment.dispatcher import Dispatcher
from kameng.fulfilment.hear_supplier import Heard, hear_supplier
from kameng.fulfilment.settle import settle
from kameng.fulfilment.store import find_attempt
from kameng.fulfilment.told import heard_from
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.stock.reveal import read_codes
from kameng.supply.answer import Accepted, Code, Delivered, Failed, Partly
from kameng.supply.supplier import Post
from tests.builders.shop import Goods as StockedGoods
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_wish, paid
from tests.builders.supplier import Depot, ScriptedSupplier, a_depot, a_route, a_supplied_sku, post_of, some_goods

PUBLIC_URL = "https://shop.example"
ACCOUNT = "13912345678"
ATTEMPTS = "SELECT * FROM delivery_attempts ORDER BY id"
DELIVERY = "SELECT * FROM deliveries ORDER BY id LIMIT 1"
ANSWERS = "SELECT asked_by, said, words FROM attempt_answers ORDER BY id"


def a_dispatcher(depot: Depot, *, db: Database | None = None) -> Dispatcher:
    shop = depot.shop
    return Dispatcher(db=db or shop.db, keyring=shop.keyring, suppliers=depot.suppliers, public_url=PUBLIC_URL)


async def worked(dispatcher: Dispatcher) -> int:
    """Everything that is due now is done, and what follows from it at once; how much there was."""
    done = 0
    while found := await dispatcher.look():
        await dispatcher.finish()
        done += found
    return done


async def waited(depot: Depot, dispatcher: Dispatcher, *, seconds: float) -> None:
    """Time passes second by second, and whatever falls due is done."""
    for _ in range(int(seconds)):
        depot.shop.clock.go_on(timedelta(seconds=1))
        await worked(dispatcher)


def codes(*texts: str) -> tuple[Code, ...]:
    return tuple(Code(text) for text in texts)


async def a_top_up_sku(
    shop: Shop, *, price_fen: int = 1000, face_fen: int | None = None, quantity_max: int = 20
) -> StockedGoods:
    """A product that tops a phone up; no route yet."""
    slug = f"top-up-{next(shop.serial)}"
    form = (FormField("account", FieldKind.PHONE, "充值手机号"),)
    async with shop.db.transaction() as tx:
        await save_type(tx, TypeDraft("phones", "话费"))
        await save_product(tx, ProductDraft(slug, "phones", "话费直充", form=form, delivers=Delivers.TOP_UP))
        draft = SkuDraft(
            slug, "10 元", price_fen, quantity_max, filled_by=FilledBy.SUPPLIER, face_fen=face_fen
        )  # fmt: skip
        sku_id = await save_sku(tx, draft)
    return StockedGoods(sku_id, price_fen, slug, ())


async def a_top_up_order(
    shop: Shop, goods: StockedGoods, *, quantity: int = 1, contact: str = "13800001234", key: str | None = None
) -> PlacedOrder:
    wish = replace(a_wish(goods, quantity=quantity, contact=contact), account={"account": ACCOUNT})
    return await place_order(
        db=shop.db, keyring=shop.keyring, rules=shop.checkout, wish=wish, idempotency_key=key
    )  # fmt: skip


@dataclass
class Bench:
    """One order at scripted suppliers, from the moment it is paid, and what can be asked about it."""

    shop: Shop
    depot: Depot
    goods: StockedGoods
    order_id: OrderId
    dispatcher: Dispatcher

    def __getitem__(self, code: str) -> ScriptedSupplier:
        return self.depot[code]

    @property
    def keyring(self) -> Keyring:
        return self.shop.keyring

    async def work(self) -> None:
        await worked(self.dispatcher)

    async def wait(self, seconds: float) -> None:
        await waited(self.depot, self.dispatcher, seconds=seconds)

    async def skip(self, **passed: float) -> None:
        """Time passes at once, and then everything that is due is done."""
        self.shop.clock.go_on(timedelta(**passed))
        await self.work()

    async def state(self) -> OrderState:
        return await self.shop.state(self.order_id)

    async def attempts(self) -> list[dict[str, Any]]:
        return await self.shop.rows(ATTEMPTS)

    async def states(self) -> list[str]:
        return [str(row["state"]) for row in await self.attempts()]

    async def delivery(self) -> dict[str, Any]:
        [row] = await self.shop.rows(DELIVERY)
        return row

    async def answers(self) -> list[tuple[object, ...]]:
        return [tuple(row.values()) for row in await self.shop.rows(ANSWERS)]

    async def codes(self) -> list[str]:
        async with self.shop.db.reading() as connection:
            return sorted(await read_codes(connection, self.keyring, self.order_id))

    async def number(self, n: int = 1) -> str:
        return str((await self.attempts())[n - 1]["number"])

    async def hear(
        self, says: Accepted | Delivered | Failed | Partly | None = None, *, n: int = 1, code: str = "north",
        **changes: Any,
    ) -> Heard:  # fmt: skip
        """A callback about the n-th attempt."""
        post = post_of(**{"number": await self.number(n), "says": says, **changes})
        return await self.hear_post(post, code=code)

    async def hear_post(self, post: Post, *, code: str = "north") -> Heard:
        return await hear_supplier(
            db=self.shop.db, keyring=self.keyring, suppliers=self.depot.suppliers, supplier_code=code, post=post
        )  # fmt: skip


async def a_bench(
    shop: Shop, *suppliers: str, quantity: int = 1, pieces_at_once: int = 10, top_up: bool = False,
    face_fen: int | None = None, **route: Any,
) -> Bench:  # fmt: skip
    """Suppliers in order of priority, one route each; `route` are columns of all routes. Paid, and nobody is asked."""
    depot = await a_depot(shop, *suppliers)
    goods = await a_top_up_sku(shop, face_fen=face_fen) if top_up else await a_supplied_sku(shop)
    for place, code in enumerate(depot.scripted):
        depot[code].abilities = replace(depot[code].abilities, quantity_max=pieces_at_once)
        await a_route(depot, goods.sku_id, code, some_goods(), **{"priority": place, **route})
    if top_up:
        order = await a_top_up_order(shop, goods, quantity=quantity)
        await paid(shop, await a_started_payment(shop, order.order_id))
    else:
        order = await a_paid_order(shop, goods, quantity=quantity)
    return Bench(shop, depot, goods, order.order_id, a_dispatcher(depot))


async def say(bench: Bench, answer: Answer, *, n: int = 1, asked_by: AskedBy = AskedBy.QUERY) -> AttemptState:
    """The supplier of the n-th attempt answers."""
    row = (await bench.attempts())[n - 1]
    source = await bench.depot.suppliers.with_id(row["supplier_id"])
    async with bench.shop.db.reading() as connection:
        attempt = await find_attempt(connection, row["id"])
    assert attempt is not None
    return await settle(
        db=bench.shop.db, keyring=bench.keyring, source=source, attempt=attempt, answer=answer,
        heard=heard_from(source.code, asked_by),
    )  # fmt: skip
