"""A wish becomes an order: price promised, goods made sure of, a quarter of an hour to pay."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kameng.catalogue.browse import find_offer
from kameng.catalogue.product import Offer
from kameng.catalogue.read_account import read_account
from kameng.checkout import store
from kameng.checkout.secure import secure
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.money import percent_of
from kameng.kernel.text import Words, narrowed
from kameng.orders.account import Account
from kameng.orders.contact import Contact, contact_of, whole_index
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId, floor
from kameng.orders.order import NewOrder
from kameng.orders.place import place
from kameng.orders.weigh import Candidate, weigh_new
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.risk.score_order import Judged
from kameng.risk.scorecard import Listed

PURPOSE_REQUEST = "order request"
PURPOSE_WISH = "order request, its wish"
REQUEST_KEY_MAX = 255
REQUESTS_KEPT = timedelta(days=3)


class SkuUnavailable(Refusal):
    code = "sku_unavailable"
    status = 404
    words = Words("这个商品已下架，请选择其他面值")


class PriceChanged(Refusal):
    """`now_fen` is the present price of one."""

    code = "price_changed"
    words = Words("价格刚刚变动，请按新价格重新确认")


class OutOfStock(Refusal):
    code = "out_of_stock"
    words = Words("库存不足，请减少数量或选择其他面值")


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"
    status = 422
    words = Words("同一个 Idempotency-Key 已用于另一个请求")


class OrderDeclined(Refusal):
    """Somebody the order comes from is on the list of those who are kept out. Whoever is, isn't told which."""

    code = "order_declined"
    status = 403
    words = Words("暂时不能为您下单。如有疑问，请联系客服")


class TooManyOpenOrders(Refusal):
    code = "too_many_open_orders"
    status = 429
    words = Words("未支付的订单太多，请先支付或取消它们")


@dataclass(frozen=True)
class CheckoutRules:
    """How long an unpaid order holds its cards, and how many a contact may hold open at a time (None: any number).

    `price_percent` of the shop's price is what is asked for: a merchant's price level. Guests' orders are weighed for
    risk; merchants are known to us and have paid before.
    """

    pay_within: timedelta = timedelta(minutes=15)
    open_orders_max: int | None = 5
    price_percent: int = 100
    weighed: bool = True


@dataclass(frozen=True)
class Wish:
    """What the buyer asked for, as it was typed. `unit_price_fen` is the price that was shown.

    `account` holds the answers to the product's form by the fields' names. `operator` is the buyer's word for whose a
    phone number is by now; empty leaves it to the number. `device` is what the browser is known by, where it is.
    """

    site_id: int
    sku_id: int
    quantity: int
    contact: str
    unit_price_fen: int
    terms_accepted: bool
    client_address: str | None = None
    account: Mapping[str, str] = field(default_factory=dict, repr=False)
    operator: str = ""
    device: str | None = None


@dataclass(frozen=True)
class PlacedOrder:
    order_id: OrderId
    state: OrderState
    amount_fen: int
    pay_until: datetime


class AskedBefore(Exception):
    """Rolls back a repeat that lost the race against its twin."""


#: Writes down, with the order, who asked for it; False when the same was asked before.
Remember = Callable[[Transaction, OrderId], Awaitable[bool]]


async def place_order(
    *, db: Database, keyring: Keyring, rules: CheckoutRules, wish: Wish, idempotency_key: str | None = None
) -> PlacedOrder:
    """Promise the price, make sure of the goods and write the order, all or nothing.

    The same key with the same wish gives the first order again. Raises InvalidInput, SkuUnavailable, PriceChanged,
    OutOfStock, IdempotencyConflict, TooManyOpenOrders, OrderDeclined.
    """
    contact = contact_of(wish.contact)
    if not wish.terms_accepted:
        raise InvalidInput(fields={"terms_accepted": Words("请勾选确认：数字商品显示后不支持退货")})
    if idempotency_key is None:
        return await _place(db, keyring, rules, wish, contact)
    key = _request_key(keyring, idempotency_key)
    fingerprint = _fingerprint(keyring, wish, contact)
    if (first := await _first_answer(db, key, fingerprint)) is not None:
        return first

    async def remember(tx: Transaction, order_id: OrderId) -> bool:
        return await store.remember(tx, key, fingerprint, order_id)

    try:
        return await _place(db, keyring, rules, wish, contact, remember=remember)
    except (AskedBefore, Refusal):
        # A twin that won may have taken the last card or the last place among the open orders.
        first = await _first_answer(db, key, fingerprint)
        if first is None:
            raise
        return first


async def place_remembered(
    *, db: Database, keyring: Keyring, rules: CheckoutRules, wish: Wish, remember: Remember
) -> PlacedOrder:
    """Place an order for somebody who keeps their own list of what was asked for, in the order's own transaction.

    Raises AskedBefore, and what `place_order` raises; whoever is told no looks into the list whether a twin was faster.
    """
    unweighed = replace(rules, weighed=False)
    return await _place(db, keyring, unweighed, wish, contact_of(wish.contact), remember=remember)


async def _place(
    db: Database,
    keyring: Keyring,
    rules: CheckoutRules,
    wish: Wish,
    contact: Contact,
    *,
    remember: Remember | None = None,
) -> PlacedOrder:
    offer, account, judged = await _weighed(db, keyring, rules, wish, contact)
    async with db.transaction() as tx:
        await _refuse_hoarding(tx, keyring, rules, contact)
        new = NewOrder(
            site_id=wish.site_id,
            sku_id=offer.sku_id,
            sku_version_id=offer.sku_version_id,
            quantity=wish.quantity,
            unit_price_fen=wish.unit_price_fen,
            contact_kind=contact.kind,
            contact=contact.text,
            client_address=wish.client_address,
            pay_until=tx.now + rules.pay_within,
            judged=judged,
        )
        order = await place(tx, keyring, new, account=account)
        if remember is not None and not await remember(tx, order.id):
            raise AskedBefore
        if not await secure(tx, offer, order, account):
            raise OutOfStock
        return PlacedOrder(order.id, order.state, order.amount_fen, order.pay_until)


async def _weighed(
    db: Database, keyring: Keyring, rules: CheckoutRules, wish: Wish, contact: Contact
) -> tuple[Offer, Account | None, Judged | None]:
    """What is offered, what it tops up, and what speaks against it.

    Outside the order's transaction: counting holds a row that all orders of a network meet at, and may hold it for no
    longer than a moment.
    """
    async with db.one_statement() as tx:
        offer = _checked(await find_offer(tx.connection, wish.sku_id), wish, rules)
        account = read_account(offer.form, wish.account, operator=wish.operator)
        if not rules.weighed:
            return offer, account, None
        candidate = Candidate(
            site_id=wish.site_id,
            sku_id=wish.sku_id,
            amount_fen=wish.quantity * wish.unit_price_fen,
            contact=contact,
            account=account,
            address=wish.client_address,
            device=wish.device,
        )
        judged = await weigh_new(tx, keyring, candidate)
    if judged.listed is Listed.BLOCK:
        async with db.transaction() as tx:
            await raise_alarm(tx, AlarmKind.ORDER_BLOCKED, f"list:{judged.list_entry}", points=judged.points)
        raise OrderDeclined
    return offer, account, judged


def _checked(offer: Offer | None, wish: Wish, rules: CheckoutRules) -> Offer:
    if offer is None or not offer.on_sale:
        raise SkuUnavailable
    if not 1 <= wish.quantity <= offer.quantity_max:
        raise InvalidInput(fields={"quantity": Words("数量应为 1 到 %(most)s")}, most=offer.quantity_max)
    now_fen = percent_of(offer.price_fen, rules.price_percent)
    if wish.unit_price_fen != now_fen:
        raise PriceChanged(now_fen=now_fen)
    return offer


async def _refuse_hoarding(tx: Transaction, keyring: Keyring, rules: CheckoutRules, contact: Contact) -> None:
    if rules.open_orders_max is None:
        return
    index = whole_index(keyring, contact)
    await store.take_turns(tx, index)
    open_orders = await store.open_orders(
        tx.connection,
        index,
        since=floor(tx.now - rules.pay_within),
        at_most=rules.open_orders_max,
    )
    if open_orders >= rules.open_orders_max:
        raise TooManyOpenOrders


async def _first_answer(db: Database, key: bytes, fingerprint: bytes) -> PlacedOrder | None:
    async with db.reading() as connection:
        row = await store.recall(connection, key)
    if row is None:
        return None
    if row["fingerprint"] != fingerprint:
        raise IdempotencyConflict
    return PlacedOrder(OrderId(row["id"]), OrderState.AWAITING_PAYMENT, row["amount_fen"], row["pay_until"])


def _request_key(keyring: Keyring, text: str) -> bytes:
    if not 1 <= len(text) <= REQUEST_KEY_MAX:
        raise InvalidInput(fields={"Idempotency-Key": Words("Idempotency-Key 应为 1–255 个字符")})
    return keyring.index(text, purpose=PURPOSE_REQUEST)


def _fingerprint(keyring: Keyring, wish: Wish, contact: Contact) -> bytes:
    """What must be equal for a repeat to be a repeat."""
    parts = (wish.site_id, wish.sku_id, wish.quantity, wish.unit_price_fen, contact.text)
    answers = [(name, narrowed(text)) for name, text in sorted(wish.account.items())]
    more = [json.dumps([answers, wish.operator])] if answers or wish.operator else []
    return keyring.index("\n".join([*map(str, parts), *more]), purpose=PURPOSE_WISH)


async def forget_old_requests(db: Database) -> None:
    """Idempotency keys are promised for three days."""
    async with db.transaction() as tx:
        await store.forget_requests(tx, tx.now - REQUESTS_KEPT)
