"""A shop in which invented people order, and what became of their orders.

Every order goes through the verbs a real one goes through, with a clock of its own. Whoever is asked for a second
proof gives it at once, honest or not: they typed the contact themselves a minute ago.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

import asyncpg

from benchmarks.goods import stock_up
from benchmarks.risk_people import PRICES, Deed, two_weeks
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.checkout.place_order import CheckoutRules, Wish, place_order
from kameng.fulfilment.end_holds import end_holds
from kameng.journey import FOLLOWING
from kameng.kernel.clock import SHANGHAI, VirtualClock
from kameng.kernel.crypto import Keyring, keyring_of, new_key
from kameng.kernel.database import Database, open_pool
from kameng.kernel.errors import Refusal
from kameng.orders.number import OrderId
from kameng.orders.weigh import learn_usual_amounts
from kameng.payment.add_gateway import GatewayDraft, add_gateway
from kameng.payment.attempt import HeardFrom
from kameng.payment.expire import expire_orders
from kameng.payment.gateway import Ask, Paid, PayByLink, RefundAsk, RefundDone
from kameng.payment.gateways import Gateways
from kameng.payment.settle import settle
from kameng.payment.start_payment import Payer, start_payment
from kameng.risk.guard import GuardRules, count_failure, subjects_of
from kameng.tracking.access import Access
from kameng.tracking.prove import ProveAsk, prove
from kameng.tracking.reveal import RevealAsk, reveal

BEGINS = datetime(2026, 11, 2, tzinfo=SHANGHAI).astimezone(UTC)
PAYER = Payer("goods", "60.0.0.1", on_phone=False, notify_url="https://shop/cb", return_url="https://shop/")
METHODS = ("alipay", "wxpay")
TILLS = ("till", "other-till", "third-till")

# What staff give back once the codes were read; how they do it is no matter here.
GIVE_BACK = """
INSERT INTO refunds (receipt_id, order_id, amount_fen, state, cause, requested_at, settled_at)
SELECT r.id, p.order_id, r.amount_fen, 'done', 'staff', $2, $2
FROM payment_attempt_orders p JOIN receipts r ON r.attempt_id = p.attempt_id WHERE p.order_id = $1
"""
EVENTS = "SELECT event FROM order_events WHERE order_id = $1 ORDER BY id"


class Till:
    """A gateway at which everybody pays what they owe."""

    acknowledgement, rejection = "success", "fail"

    def __init__(self) -> None:
        self.owed: dict[str, int] = {}

    async def start(self, ask: Ask) -> PayByLink:
        self.owed[ask.reference] = ask.amount_fen
        return PayByLink("https://till/")

    async def query(self, reference: str, *, trade_no: str | None) -> Paid:
        return Paid(reference, trade_no or f"T{reference}", self.owed[reference])

    async def refund(self, ask: RefundAsk) -> RefundDone:
        raise NotImplementedError

    def read_notify(self, fields: Mapping[str, str]) -> object:
        raise NotImplementedError


@dataclass
class Tally:
    """What became of the orders of one kind of people. `bothered` are contacts that were held up at least once."""

    orders: int = 0
    refused: int = 0
    unpaid: int = 0
    flowed: int = 0
    asked: int = 0
    held: int = 0
    proved: int = 0
    people: set[str] = field(default_factory=set)
    bothered: set[str] = field(default_factory=set)

    @property
    def paid(self) -> int:
        return self.flowed + self.asked + self.held

    def __iadd__(self, other: "Tally") -> Self:
        for name in ("orders", "refused", "unpaid", "flowed", "asked", "held", "proved"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.people |= other.people
        self.bothered |= other.bothered
        return self


@dataclass
class Shop:
    db: Database
    clock: VirtualClock
    keyring: Keyring
    gateways: Gateways
    sku_ids: list[int]


async def open_shop(pool: asyncpg.Pool, *, cards: int) -> Shop:
    """Four goods, a till, and midnight in Shanghai."""
    clock = VirtualClock(BEGINS)
    db, keyring = Database(pool, following=FOLLOWING, clock=clock), keyring_of(new_key())
    tills = {code: Till() for code in TILLS}
    makers = {"till": lambda config: tills[config["code"]]}
    async with db.transaction() as tx:
        await save_type(tx, TypeDraft("cards", "点卡"))
        await save_product(tx, ProductDraft("card", "cards", "点卡"))
        sku_ids = [await save_sku(tx, SkuDraft("card", f"{fen} 分", fen, quantity_max=9)) for fen in PRICES]
        for code in TILLS:
            await add_gateway(tx, keyring, makers, GatewayDraft(code, code, "till", METHODS, {"code": code}))  # type: ignore[arg-type]
    for sku_id in sku_ids:
        await stock_up(db, keyring, sku_id, cards)
    return Shop(db, clock, keyring, Gateways(db, keyring, makers), sku_ids)  # type: ignore[arg-type]


async def play(shop: Shop, deeds: list[Deed]) -> dict[str, Tally]:
    """Let everything happen in its order; what became of it by kind of people."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    learned = shop.clock.now()
    for deed in deeds:
        shop.clock.go_on(max(BEGINS + deed.at - shop.clock.now(), timedelta(0)))
        await expire_orders(db=shop.db)
        if shop.clock.now() - learned > timedelta(hours=6):
            learned = shop.clock.now()
            await learn_usual_amounts(shop.db)
            await end_holds(db=shop.db)
        await _happens(shop, deed, tallies[deed.kind])
    return tallies


async def _happens(shop: Shop, deed: Deed, tally: Tally) -> None:
    tally.orders += 1
    tally.people.add(deed.contact)
    await _miss(shop, deed)
    wish = Wish(
        site_id=1, sku_id=shop.sku_ids[deed.goods], quantity=deed.quantity, contact=deed.contact,
        unit_price_fen=PRICES[deed.goods], terms_accepted=True, client_address=deed.address, device=deed.device,
    )  # fmt: skip
    try:
        placed = await place_order(db=shop.db, keyring=shop.keyring, rules=CheckoutRules(), wish=wish)
    except Refusal:
        tally.refused += 1
        return
    attempts = [await _start(shop, placed.order_id, way) for way in range(deed.ways)]
    if not deed.pays:
        tally.unpaid += 1
        return
    await settle(db=shop.db, gateways=shop.gateways, attempt_id=attempts[-1], heard_from=HeardFrom.POLL)
    await _see(shop, deed, placed.order_id, tally)


async def _see(shop: Shop, deed: Deed, order_id: OrderId, tally: Tally) -> None:
    events = await _events(shop, order_id)
    if "held_for_review" in events:
        tally.held += 1
    elif "proof_asked" in events:
        tally.asked += 1
        ask = ProveAsk(order_id, deed.address, deed.contact)
        patient = GuardRules(address_proof_after=10**6, address_waits_after=10**6, global_proof_after=10**6)
        await prove(db=shop.db, keyring=shop.keyring, rules=patient, ask=ask)
        tally.proved += "proof_given" in await _events(shop, order_id)
    else:
        tally.flowed += 1
    if {"held_for_review", "proof_asked"} & set(events):
        tally.bothered.add(deed.contact)
    if deed.wants_money_back and "delivered" in await _events(shop, order_id):
        ask_codes = RevealAsk(order_id, Access.OWNER, deed.address)
        await reveal(db=shop.db, keyring=shop.keyring, rules=GuardRules(), ask=ask_codes)
        await shop.db.pool.execute(GIVE_BACK, order_id, shop.clock.now())


async def _miss(shop: Shop, deed: Deed) -> None:
    rules, now = GuardRules(), shop.clock.now()
    budgets = [(subject, rules.window_of(subject, now)) for subject in subjects_of(deed.address, [])]
    async with shop.db.reading() as connection:
        for _ in range(deed.misses):
            await count_failure(connection, budgets)


async def _start(shop: Shop, order_id: OrderId, way: int) -> int:
    attempt = await start_payment(
        db=shop.db, gateways=shop.gateways, order_ids=[order_id], gateway_code=TILLS[way // len(METHODS)],
        method=METHODS[way % len(METHODS)], payer=PAYER,
    )  # fmt: skip
    return attempt.id


async def _events(shop: Shop, order_id: OrderId) -> list[str]:
    return [row["event"] for row in await shop.db.pool.fetch(EVENTS, order_id)]


async def evaluate(url: str, seed: int) -> tuple[dict[str, Tally], Mapping[str, bool]]:
    """Two weeks on an empty migrated database."""
    deeds, is_fraud = two_weeks(seed)
    async with await open_pool(url, size=4) as pool:
        shop = await open_shop(pool, cards=3000)
        return await play(shop, deeds), is_fraud
