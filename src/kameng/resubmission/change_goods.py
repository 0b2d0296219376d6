"""Before anything was sent the buyer takes another face value: at the same price, or with the difference back."""

from dataclasses import dataclass, replace

from kameng.catalogue.browse import find_offer, find_product_of, same_product
from kameng.catalogue.filling import FilledBy
from kameng.catalogue.product import Offer
from kameng.checkout.secure import BOOKED_WITHIN, secure
from kameng.fulfilment.unsend import unsend
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.account import account_of
from kameng.orders.advance import advance
from kameng.orders.lifecycle import Actor, GoodsChanged, OrderState
from kameng.orders.order import Order
from kameng.orders.take_other_goods import take_other_goods
from kameng.payment.attempt import RefundCause
from kameng.payment.grant_refund import send_back
from kameng.resubmission import store
from kameng.resubmission.move import move
from kameng.resubmission.resubmission import Declined, Resubmission, Succeeded, Verified, Why
from kameng.resubmission.situation import Situation
from kameng.supply.hold import drop_hold, hold


@dataclass(frozen=True)
class Alternative:
    """Another face value of the order's product. `back_fen` goes back of what was paid."""

    sku_id: int
    face_value: str
    price_fen: int
    back_fen: int


class AlreadySent(Refusal):
    """A supplier has been asked for it meanwhile."""

    code = "already_sent"
    words = Words("订单刚刚已提交给供货方，不能再更换面值；如有问题可以申请售后")


async def alternatives(db: Database, order: Situation) -> list[Alternative]:
    """What an order could be changed to: on sale, and not dearer than what was paid. Whether there is enough of it is
    looked at when it is changed."""
    product = await find_product_of(db, order.sku_id)
    return [
        Alternative(sku.id, sku.face_value, sku.price_fen, back_fen)
        for sku in product.skus
        if sku.on_sale and sku.id != order.sku_id
        and (back_fen := order.amount_fen - sku.price_fen * order.quantity) >= 0
    ]  # fmt: skip


async def change_goods(
    tx: Transaction, order: Order, one: Resubmission, *, actor: Actor, keyring: Keyring | None = None
) -> Resubmission:
    """What was meant for the order is free again, the other goods are taken and delivered, and the difference is on its
    way back, all at once. Without enough of them nothing changes.

    The caller has locked the order, of which nothing was read, and its resubmission, which names the goods. With the
    keyring suppliers are chosen for the order's account. Raises AlreadySent.
    """
    before, offer = await find_offer(tx.connection, order.sku_id), await _wanted(tx, order, one)
    if before is None or offer is None:
        return await move(tx, one, Declined, why=[Why.NOT_ON_SALE])
    back_fen = order.amount_fen - offer.price_fen * order.quantity
    if back_fen < 0:
        return await move(tx, one, Declined, why=[Why.DEARER])
    if not await _is_there(tx, keyring, order, before=before, offer=offer):
        return await move(tx, one, Declined, why=[Why.SOLD_OUT])
    if not await unsend(tx, order):
        raise AlreadySent
    one = await move(tx, one, Verified)
    changed = await take_other_goods(
        tx, order, sku_id=offer.sku_id, version_id=offer.sku_version_id, price_fen=offer.price_fen
    )
    if back_fen:
        await send_back(tx, order, amount_fen=back_fen, cause=RefundCause.CHEAPER)
    facts = {"before": before.face_value, "after": offer.face_value, "refund_fen": back_fen}
    await advance(tx, changed, GoodsChanged(actor, facts=facts))
    # Where the cards lay in the vault, their delivery has ended it already.
    now = await store.lock(tx, one.id)
    return await move(tx, now, Succeeded) if now.is_open else now


async def _wanted(tx: Transaction, order: Order, one: Resubmission) -> Offer | None:
    """Another face value of the same product that is on sale."""
    if one.wanted_sku_id is None or one.wanted_sku_id == order.sku_id:
        return None
    offer = await find_offer(tx.connection, one.wanted_sku_id)
    is_sibling = await same_product(tx.connection, order.sku_id, one.wanted_sku_id)
    return offer if offer is not None and offer.on_sale and is_sibling else None


async def _is_there(tx: Transaction, keyring: Keyring | None, order: Order, *, before: Offer, offer: Offer) -> bool:
    """Enough of the wanted goods, and they are held for the order; else what was held for it still is."""
    account = await account_of(tx.connection, keyring, order.id) if keyring else None
    await drop_hold(tx, order.id)
    now = replace(order, pay_until=tx.now)
    if await secure(tx, offer, replace(now, sku_id=offer.sku_id), account):
        return True
    if before.filled_by is FilledBy.SUPPLIER and order.state is OrderState.DELIVERING:
        await hold(
            tx, account, order_id=order.id, sku_id=order.sku_id, quantity=order.quantity, until=tx.now + BOOKED_WITHIN
        )
    return False
