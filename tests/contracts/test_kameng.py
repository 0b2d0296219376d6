"""One Kameng buys from another: the adapter against the real shop on a real socket, and against its breakages."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kameng.adapters.callbacks import Callbacks
from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import PROTOCOLS
from kameng.catalogue.edit import ProductDraft, SkuDraft, save_product, save_sku
from kameng.catalogue.form import FieldKind, FormField
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.merchants.merchant import network_of
from kameng.supply.answer import Accepted, Balance, Delivered, Failed, InDoubt, NotFound, Reason, Refused
from kameng.supply.goods import Catalogue, Goods, GoodsKind
from kameng.supply.supplier import Forged, Post, Supplier, SupplyAsk
from kameng.wholesale.tell import tell_merchants
from tests.builders.merchant import balance
from tests.builders.served_shop import CODES, ServedShop, served_shop
from tests.contracts.suppliers.entry import post_of
from tests.stand_in import StandIn, says, stand_in

pytestmark = pytest.mark.anyio

NUMBER = "26112215303121092197-1"


@pytest.fixture
async def shop(database_url: str, db: Database, keyring: Keyring, clock: VirtualClock) -> AsyncIterator[ServedShop]:
    async with served_shop(database_url, db, keyring, clock) as served:
        yield served


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient(total_timeout_s=20) as client:
        yield client


def adapter(shop: ServedShop, http: HttpClient, **changes: str) -> Supplier:
    config = {"base_url": shop.url, "key": shop.caller.key.id, "secret": shop.caller.secret, **changes}
    return PROTOCOLS["kameng"].maker(http, shop.clock)(config)


@pytest.fixture
def supplier(shop: ServedShop, http: HttpClient) -> Supplier:
    return adapter(shop, http)


def an_ask(shop: ServedShop, **changes: Any) -> SupplyAsk:
    ask = SupplyAsk(
        number=NUMBER,
        goods=str(shop.sku_id),
        quantity=2,
        cost_max_fen=1800,
        callback_url="http://127.0.0.1:9/callbacks/suppliers/kameng",
        asked_at=shop.clock.now(),
    )
    return replace(ask, **changes)


async def test_goods_are_delivered_with_the_answer(shop: ServedShop, supplier: Supplier) -> None:
    placed = await supplier.place(an_ask(shop))
    assert isinstance(placed, Delivered)
    assert placed.cost_fen == 1800
    assert len(placed.codes) == 2
    assert {code.password for code in placed.codes} <= set(CODES)
    assert await supplier.query(an_ask(shop), supplier_no=None) == placed
    assert await supplier.query(an_ask(shop), supplier_no=placed.supplier_no) == placed


async def test_the_same_number_is_the_same_order(shop: ServedShop, supplier: Supplier) -> None:
    answers = await asyncio.gather(*(supplier.place(an_ask(shop)) for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert await shop.count("orders") == 1
    assert await balance(shop.db, shop.caller) == 20_000 - 1800
    assert isinstance(await supplier.place(an_ask(shop, quantity=1)), InDoubt), "never taken for a no"


async def test_a_number_that_was_never_heard_of(shop: ServedShop, supplier: Supplier) -> None:
    assert isinstance(await supplier.query(an_ask(shop), supplier_no=None), NotFound)


async def test_catalogue_goods_and_balance(shop: ServedShop, supplier: Supplier) -> None:
    form = (
        FormField("account", FieldKind.PHONE, "手机号"),
        FormField("server", FieldKind.CHOICE, "区服", choices=("一区", "二区")),
    )
    async with shop.db.transaction() as tx:
        await save_product(tx, ProductDraft("credit", "game-cards", "话费", form=form))
        await save_sku(tx, SkuDraft("credit", "50 元", 5000, quantity_max=1))
    told = await supplier.catalogue()
    assert isinstance(told, Catalogue)
    assert told.unusable == ()
    cards, credit = told.goods
    assert cards == Goods(
        number=str(shop.sku_id), name="王者荣耀点券卡 980 点", price_fen=900, kind=GoodsKind.CODE, category="游戏点卡",
        stock=8, quantity_max=5,
    )  # fmt: skip
    assert (credit.name, credit.stock) == ("话费 50 元", 0)
    assert [(ask.name, ask.choices) for ask in credit.asks] == [("server", ("一区", "二区"))]
    assert await supplier.goods(cards.number) == cards
    assert await supplier.balance() == Balance(20_000)
    for gone in ("999", "x", ""):
        answer = await supplier.goods(gone)
        assert isinstance(answer, Refused)
        assert answer.reason is Reason.GOODS_GONE


async def test_every_page_of_a_catalogue_is_read(shop: ServedShop, supplier: Supplier) -> None:
    async with shop.db.transaction() as tx:
        for n in range(205):
            await save_product(tx, ProductDraft(f"more-{n}", "game-cards", f"More {n}"))
            await save_sku(tx, SkuDraft(f"more-{n}", "1", 100, quantity_max=1))
    told = await supplier.catalogue()
    assert isinstance(told, Catalogue)
    assert len(told.goods) == 206


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"goods": "999"}, Reason.GOODS_GONE),
        ({"goods": "x"}, Reason.GOODS_GONE),
        ({"cost_max_fen": 1799}, Reason.COSTS_TOO_MUCH),
        ({"quantity": 6, "cost_max_fen": 10**6}, Reason.OTHER),
        ({"quantity": 1001, "cost_max_fen": 10**6}, Reason.NOT_SUPPORTED),
        ({"account": "10001"}, Reason.WRONG_ACCOUNT),
        ({"callback_url": "http://10.0.0.1/"}, Reason.NOT_ALLOWED),
    ],
)
async def test_a_known_no_orders_nothing(
    shop: ServedShop, supplier: Supplier, changes: Mapping[str, Any], reason: Reason
) -> None:
    answer = await supplier.place(an_ask(shop, **changes))
    assert isinstance(answer, Refused), answer
    assert answer.reason is reason
    assert await shop.count("orders") == 0
    assert isinstance(await supplier.query(an_ask(shop), supplier_no=None), NotFound)


async def test_sold_out_and_too_little_money(shop: ServedShop, supplier: Supplier) -> None:
    four = {"quantity": 4, "cost_max_fen": 10**6}
    assert isinstance(await supplier.place(an_ask(shop, **four)), Delivered)
    sold_out = await supplier.place(an_ask(shop, number="N-2", quantity=5, cost_max_fen=10**6))
    assert isinstance(sold_out, Refused)
    assert sold_out.reason is Reason.OUT_OF_STOCK
    async with shop.db.transaction() as tx:
        await save_sku(tx, SkuDraft("honor-of-kings", "980 点", 10**6, quantity_max=5))
    poor = await supplier.place(an_ask(shop, number="N-3", quantity=1, cost_max_fen=10**7))
    assert isinstance(poor, Refused)
    assert poor.reason is Reason.BALANCE_LOW
    withdrawn = await supplier.query(an_ask(shop, number="N-3", quantity=1), supplier_no=None)
    assert isinstance(withdrawn, Failed)
    assert (withdrawn.cost_fen, withdrawn.refund_fen) == (0, 0)


async def test_money_that_is_back(shop: ServedShop, supplier: Supplier) -> None:
    placed = await supplier.place(an_ask(shop))
    assert isinstance(placed, Delivered)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE orders SET state = 'refunding'")
    assert isinstance(await supplier.query(an_ask(shop), supplier_no=None), Accepted)
    async with shop.db.transaction() as tx:
        await tx.connection.execute("UPDATE orders SET state = 'refunded'")
    assert isinstance(await supplier.query(an_ask(shop), supplier_no=None), InDoubt), "refunded, and nothing came back"
    async with shop.db.transaction() as tx:
        await tx.connection.execute(
            "INSERT INTO refunds (receipt_id, order_id, amount_fen, state, cause, requested_at) "
            "SELECT r.id, o.id, 1800, 'done', 'staff', $1 FROM receipts r, orders o",
            tx.now,
        )
    refunded = await supplier.query(an_ask(shop), supplier_no=None)
    assert isinstance(refunded, Failed)
    assert (refunded.cost_fen, refunded.refund_fen) == (1800, 1800)


async def test_a_wrong_secret_is_a_known_no(shop: ServedShop, http: HttpClient) -> None:
    for changes in ({"secret": "0" * 32}, {"key": "1234567890"}):
        stranger = adapter(shop, http, **changes)
        for answer in (await stranger.place(an_ask(shop)), await stranger.balance(), await stranger.catalogue()):
            assert isinstance(answer, Refused)
            assert answer.reason is Reason.NOT_ALLOWED
            assert shop.caller.secret not in str(answer)
    assert await shop.count("orders") == 0


async def test_a_clock_that_is_wrong_is_a_known_no(shop: ServedShop, http: HttpClient) -> None:
    late = PROTOCOLS["kameng"].maker(http, VirtualClock(shop.clock.now() + timedelta(minutes=6)))(
        {"base_url": shop.url, "key": shop.caller.key.id, "secret": shop.caller.secret}
    )
    answer = await late.place(an_ask(shop))
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.NOT_ALLOWED


async def test_a_callback_reaches_the_adapter_and_is_a_reason_to_ask(
    shop: ServedShop, supplier: Supplier, http: HttpClient
) -> None:
    async with stand_in(lambda _: says("ok")) as there:
        ask = an_ask(shop, callback_url=f"{there.url}callbacks/suppliers/kameng?x=1")
        placed = await supplier.place(ask)
        assert isinstance(placed, Delivered)
        post = await _called_back(shop, http, there)
        told = supplier.read_callback(post)
        assert (told.number, told.supplier_no, told.says) == (NUMBER, placed.supplier_no, None)
        body = json.loads(post.body)
        body["data"]["out_order_no"] = "another"
        for forged in (
            replace(post, body=json.dumps(body).encode()),
            replace(post, body=b""),
            replace(post, headers={}),
            replace(post, headers={"authorization": post.headers["authorization"].replace("ts=1", "ts=2")}),
        ):
            with pytest.raises(Forged):
                supplier.read_callback(forged)
        with pytest.raises(Forged):
            adapter(shop, http, key="1234567890").read_callback(post)
        shop.clock.go_on(timedelta(minutes=6))
        with pytest.raises(Forged):
            supplier.read_callback(post)


async def _called_back(shop: ServedShop, http: HttpClient, there: StandIn) -> Post:
    hearer = Callbacks(http, reachable=(network_of("127.0.0.0/8"),))
    assert await tell_merchants(db=shop.db, keyring=shop.keyring, hearer=hearer) == 1
    return post_of(there.heard[-1])
