"""A shop with goods, buyers and two banks, made by the verbs that make a real one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from itertools import count

from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.checkout.place_order import CheckoutRules, PlacedOrder, Wish, place_order
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.payment.add_gateway import GatewayDraft, add_gateway
from kameng.payment.attempt import Attempt
from kameng.payment.gateways import Gateways
from kameng.payment.hear_notify import hear_notify
from kameng.payment.start_payment import Payer, start_payment
from kameng.risk.guard import GuardRules
from kameng.stock.card import FileKind
from kameng.stock.import_cards import import_cards
from kameng.stock.open_batch import Incoming, open_batch
from tests.builders.bank import Bank, Trade

PHONE = "13800001234"
ADDRESS = "203.0.113.7"
SITE = 1
PAYER = Payer(
    goods="点卡", client_address=ADDRESS, on_phone=False, notify_url="https://shop/cb", return_url="https://shop/"
)

EVENTS = "SELECT event FROM order_events WHERE order_id = $1 ORDER BY id"
STATE = "SELECT state FROM orders WHERE id = $1"
CARDS = "SELECT state, count(*) AS cards FROM cards WHERE sku_id = $1 GROUP BY state"
REFUNDS = "SELECT id, state, cause, amount_fen, try_at, tries FROM refunds ORDER BY id"
RECEIPTS = "SELECT gateway_trade_no, amount_fen, use, heard_from FROM receipts ORDER BY id"
ALARMS = "SELECT kind, subject, times FROM alarms ORDER BY id"


@dataclass
class Shop:
    """Everything a verb may ask for, and short questions about what came of it."""

    db: Database
    keyring: Keyring
    clock: VirtualClock
    gateways: Gateways
    bank: Bank
    other_bank: Bank
    checkout: CheckoutRules = field(default_factory=CheckoutRules)
    guard: GuardRules = field(default_factory=GuardRules)
    serial: "count[int]" = field(default_factory=lambda: count(1))

    async def state(self, order_id: OrderId) -> OrderState:
        async with self.db.reading() as connection:
            return OrderState(await connection.fetchval(STATE, order_id))

    async def events(self, order_id: OrderId) -> list[str]:
        async with self.db.reading() as connection:
            return [row["event"] for row in await connection.fetch(EVENTS, order_id)]

    async def cards(self, sku_id: int) -> Counter[str]:
        """How many cards of the sku are in which state."""
        async with self.db.reading() as connection:
            return Counter({row["state"]: row["cards"] for row in await connection.fetch(CARDS, sku_id)})

    async def refunds(self) -> list[dict[str, object]]:
        return await self.rows(REFUNDS)

    async def refund_lines(self) -> list[tuple[object, ...]]:
        """Cause, fen and state of every refund."""
        return [(refund["cause"], refund["amount_fen"], refund["state"]) for refund in await self.refunds()]

    async def receipts(self) -> list[tuple[object, ...]]:
        """Fen and use of every receipt."""
        return [(receipt["amount_fen"], receipt["use"]) for receipt in await self.rows(RECEIPTS)]

    async def alarms(self) -> list[str]:
        return [str(row["kind"]) for row in await self.rows(ALARMS)]

    async def rows(self, statement: str, *values: object) -> list[dict[str, object]]:
        async with self.db.reading() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    async def counts(self) -> dict[str, int]:
        """Rows of every table an order leaves something in."""
        tables = ("orders", "order_events", "order_requests", "payment_attempts", "receipts", "refunds", "pgqueuer")
        async with self.db.reading() as connection:
            return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


async def a_shop(db: Database, keyring: Keyring, clock: VirtualClock) -> Shop:
    """Two banks, each a gateway under its own name, and nothing for sale yet."""
    banks = {name: Bank(name, clock) for name in ("bank", "other")}
    makers = {"bank": lambda config: banks[config["bank"]]}
    async with db.transaction() as tx:
        for position, name in enumerate(banks):
            draft = GatewayDraft(name, name.title(), "bank", ("alipay", "wxpay"), {"bank": name}, position=position)
            await add_gateway(tx, keyring, makers, draft)
    gateways = Gateways(db, keyring, makers)
    return Shop(db, keyring, clock, gateways, banks["bank"], banks["other"])


@dataclass(frozen=True)
class Goods:
    """A sku and the codes in its stock."""

    sku_id: int
    price_fen: int
    slug: str
    codes: tuple[str, ...]


async def a_stocked_sku(
    shop: Shop, *, cards: int = 5, price_fen: int = 1000, quantity_max: int = 100, name: str = "点卡"
) -> Goods:
    """A product with one face value and so many cards."""
    number = next(shop.serial)
    slug = f"goods-{number}"
    async with shop.db.transaction() as tx:
        await save_type(tx, TypeDraft("games", "游戏"))
        await save_product(tx, ProductDraft(slug, "games", name))
        sku_id = await save_sku(tx, SkuDraft(slug, "10元", price_fen, quantity_max))
    codes = tuple(f"CARD{number:05d}X{index:06d}" for index in range(cards))
    await stock_up(shop, sku_id, codes)
    return Goods(sku_id, price_fen, slug, codes)


async def stock_up(shop: Shop, sku_id: int, codes: Sequence[str], *, expires_on: date | None = None) -> None:
    """More cards."""
    if not codes:
        return
    if expires_on is None:
        kind, text = FileKind.TXT, "\n".join(codes)
    else:
        kind, text = FileKind.CSV, "\n".join(["code,expires_on", *(f"{code},{expires_on}" for code in codes)])
    incoming = Incoming(sku_id, "codes.txt", kind, f"file {next(shop.serial)}".encode(), staff_id=None)
    async with shop.db.transaction() as tx:
        batch_id = await open_batch(tx, shop.keyring, incoming)
    batch = await import_cards(db=shop.db, keyring=shop.keyring, batch_id=batch_id, file=BytesIO(text.encode()))
    assert batch.imported == len(codes), batch.refused_reasons


def a_wish(goods: Goods, *, quantity: int = 1, contact: str = PHONE, price_fen: int | None = None) -> Wish:
    return Wish(
        site_id=SITE,
        sku_id=goods.sku_id,
        quantity=quantity,
        contact=contact,
        unit_price_fen=goods.price_fen if price_fen is None else price_fen,
        terms_accepted=True,
        client_address=ADDRESS,
    )


async def an_order(
    shop: Shop, goods: Goods, *, quantity: int = 1, contact: str = PHONE, key: str | None = None
) -> PlacedOrder:
    wish = a_wish(goods, quantity=quantity, contact=contact)
    return await place_order(db=shop.db, keyring=shop.keyring, rules=shop.checkout, wish=wish, idempotency_key=key)


async def a_started_payment(shop: Shop, *order_ids: OrderId, bank: Bank | None = None) -> Attempt:
    """The buyer stands before the bank's page."""
    return await start_payment(
        db=shop.db, gateways=shop.gateways, order_ids=order_ids, gateway_code=(bank or shop.bank).name,
        method="alipay", payer=PAYER,
    )  # fmt: skip


async def hear(shop: Shop, trade: Trade, *, bank: Bank | None = None, **changes: str) -> str:
    """The bank's notify arrives; what it is answered with."""
    bank = bank or shop.bank
    fields = bank.notify(trade, **changes)
    return await hear_notify(db=shop.db, gateways=shop.gateways, gateway_code=bank.name, fields=fields)


async def paid(shop: Shop, attempt: Attempt, *, fen: int | None = None, bank: Bank | None = None) -> Trade:
    """The buyer pays at the bank, and we hear of it."""
    trade = (bank or shop.bank).pay(attempt.reference, fen)
    assert await hear(shop, trade, bank=bank) == "success"
    return trade


async def a_paid_order(
    shop: Shop, goods: Goods, *, quantity: int = 1, contact: str = PHONE, fen: int | None = None
) -> PlacedOrder:
    """Placed, paid and, if that was enough, delivered."""
    order = await an_order(shop, goods, quantity=quantity, contact=contact)
    await paid(shop, await a_started_payment(shop, order.order_id), fen=fen)
    return order
