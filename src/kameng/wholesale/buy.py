"""A merchant buys: placed and paid from the balance in one call, and a repeat of the call gives the first result."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kameng.catalogue.browse import find_offer
from kameng.checkout.place_order import (
    AskedBefore,
    CheckoutRules,
    PriceChanged,
    Remember,
    SkuUnavailable,
    Wish,
    place_remembered,
)
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.public_address import Network
from kameng.kernel.text import Words
from kameng.ledger.post import BalanceTooLow
from kameng.merchants.merchant import Caller
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.payment.pay_from_balance import pay_from_balance
from kameng.wholesale import store
from kameng.wholesale.order import MerchantOrder, actor_of, find_order
from kameng.wholesale.purchase import PURPOSE_CALLBACK, Purchase, check_purchase

PURPOSE_FINGERPRINT = "merchant order"
PRICE_TRIES = 3


class OutOrderNoConflict(Refusal):
    """The number made an order for something else."""

    code = "out_order_no_conflict"
    words = Words("这个外部订单号已用于另一个订单")


class CostsTooMuch(Refusal):
    """`amount_fen` is what it would cost now."""

    code = "costs_too_much"
    words = Words("当前价格高于您允许的最高金额")


class NotPaid(Refusal):
    """The balance was too low when the order was placed; it is cancelled, and its number is used up.
    `order_no` and `order_id` are the order's."""

    code = "insufficient_balance"
    status = 402
    words = Words("余额不足，订单已取消，请充值后换一个外部订单号重新下单")


@dataclass(frozen=True)
class WholesaleRules:
    """`reachable`: private networks that callbacks may go to all the same (tests, shops side by side)."""

    checkout: CheckoutRules
    reachable: Sequence[Network] = ()


async def buy(
    *, db: Database, keyring: Keyring, rules: WholesaleRules, caller: Caller, purchase: Purchase
) -> MerchantOrder:
    """The merchant's number makes one order, for ever.

    Raises InvalidInput, CallbackNotAllowed, SkuUnavailable, OutOfStock, CostsTooMuch: nothing was ordered and the
    number is free. Raises NotPaid, OutOrderNoConflict.
    """
    merchant = caller.merchant
    check_purchase(purchase, merchant, rules.reachable)
    fingerprint = _fingerprint(keyring, purchase)
    order_id = await _known(db, merchant.id, purchase, fingerprint)
    if order_id is None:
        try:
            order_id = await _place(db, keyring, rules.checkout, caller, purchase, _remember(keyring, caller, purchase))
        except (AskedBefore, Refusal):
            # A twin that won may have taken the last card.
            order_id = await _known(db, merchant.id, purchase, fingerprint)
            if order_id is None:
                raise
    return await _paid(db, caller, order_id)


async def _paid(db: Database, caller: Caller, order_id: OrderId) -> MerchantOrder:
    merchant = caller.merchant
    order = await find_order(db, merchant.id, order_id=order_id)
    if order.state is OrderState.AWAITING_PAYMENT:
        try:
            await pay_from_balance(db=db, order_id=order_id, owner=merchant.id, payer=actor_of(merchant.code))
        except BalanceTooLow:
            raise NotPaid(order_no=order.order_no, order_id=order_id) from None
        order = await find_order(db, merchant.id, order_id=order_id)
    if order.balance_too_low:
        raise NotPaid(order_no=order.order_no, order_id=order_id)
    return order


async def _place(
    db: Database, keyring: Keyring, rules: CheckoutRules, caller: Caller, purchase: Purchase, remember: Remember
) -> OrderId:
    merchant = caller.merchant
    own_rules = replace(rules, open_orders_max=None, price_percent=merchant.price_percent)
    for tries_left in reversed(range(PRICE_TRIES)):
        wish = await _wish(db, caller, purchase)
        try:
            placed = await place_remembered(db=db, keyring=keyring, rules=own_rules, wish=wish, remember=remember)
        except PriceChanged:
            # The price moved between reading and promising it; the new one is held against what it may cost.
            if tries_left == 0:
                raise
        else:
            return placed.order_id
    raise AssertionError


async def _wish(db: Database, caller: Caller, purchase: Purchase) -> Wish:
    async with db.reading() as connection:
        offer = await find_offer(connection, purchase.sku_id)
    if offer is None or not offer.on_sale:
        raise SkuUnavailable
    unit_price_fen = caller.merchant.price_of(offer.price_fen)
    amount_fen = unit_price_fen * purchase.quantity
    if purchase.cost_max_fen is not None and amount_fen > purchase.cost_max_fen:
        raise CostsTooMuch(amount_fen=amount_fen)
    return Wish(
        site_id=purchase.site_id,
        sku_id=purchase.sku_id,
        quantity=purchase.quantity,
        contact=caller.merchant.contact,
        unit_price_fen=unit_price_fen,
        terms_accepted=True,
        client_address=purchase.client_address,
        account=purchase.account,
        operator=purchase.operator,
    )


async def _known(db: Database, merchant_id: int, purchase: Purchase, fingerprint: bytes) -> OrderId | None:
    async with db.reading() as connection:
        row = await store.known(connection, merchant_id, purchase.out_order_no)
    if row is None:
        return None
    if row["fingerprint"] != fingerprint:
        raise OutOrderNoConflict
    return OrderId(row["order_id"])


def _remember(keyring: Keyring, caller: Caller, purchase: Purchase) -> Remember:
    new = store.NewOrder(
        merchant_id=caller.merchant.id,
        key_id=caller.key.id,
        protocol=purchase.protocol,
        out_order_no=purchase.out_order_no,
        fingerprint=_fingerprint(keyring, purchase),
    )

    async def remember(tx: Transaction, order_id: OrderId) -> bool:
        if not await store.insert_order(tx, order_id, new):
            return False
        if purchase.callback_url is not None:
            url = purchase.callback_url.encode()
            sealed = keyring.seal(url, purpose=PURPOSE_CALLBACK, bound_to=str(order_id).encode())
            await store.insert_webhook(tx, order_id, sealed)
        return True

    return remember


def _fingerprint(keyring: Keyring, purchase: Purchase) -> bytes:
    """What must be equal for a repeat to be a repeat. Neither the price nor where to call back."""
    parts = [purchase.sku_id, purchase.quantity, sorted(purchase.account.items()), purchase.operator]
    return keyring.index(json.dumps(parts), purpose=PURPOSE_FINGERPRINT)
