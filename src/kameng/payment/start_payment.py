"""The buyer chooses how to pay: intend, call the gateway, record where to pay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

import asyncpg

from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders import number
from kameng.orders.advance import advance
from kameng.orders.lifecycle import BUYER, OrderState, PaymentStarted
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import store
from kameng.payment.attempt import ASK_AFTER, Attempt, AttemptState, reference_of
from kameng.payment.gateway import Ask, InDoubt, PayBy, PayByCode, PayByForm, PayByLink, Refused
from kameng.payment.gateways import Channel, Gateways, GatewayUnknown


class OrderNotPayable(Refusal):
    code = "order_not_payable"
    words = Words("订单不在待支付状态，不能支付")


class PaymentRefused(Refusal):
    code = "payment_refused"
    status = 502
    words = Words("支付渠道拒绝了这笔支付，请换一种支付方式")


class PaymentUnavailable(Refusal):
    code = "payment_unavailable"
    status = 503
    words = Words("支付渠道没有回应，请稍后再试或换一种支付方式")


@dataclass(frozen=True)
class Payer:
    """Who pays, from where, and where the gateway finds us. `goods` is what the gateway shows."""

    goods: str
    client_address: str
    on_phone: bool
    notify_url: str
    return_url: str


async def start_payment(
    *,
    db: Database,
    gateways: Gateways,
    order_ids: Sequence[OrderId],
    gateway_code: str,
    method: str,
    payer: Payer,
) -> Attempt:
    """An attempt with a place to pay; choosing the same way again gives the waiting one.

    Raises OrderMissing, OrderNotPayable, GatewayUnknown, PaymentRefused, PaymentUnavailable.
    """
    channel = await gateways.named(gateway_code)
    if not channel.enabled or method not in channel.methods:
        raise GatewayUnknown
    attempt = await _intend(db, channel, order_ids, method)
    if attempt.pay_by is not None:
        return attempt
    answer = await channel.gateway.start(
        Ask(
            reference=attempt.reference,
            method=method,
            amount_fen=attempt.amount_fen,
            goods=payer.goods,
            notify_url=payer.notify_url,
            return_url=payer.return_url,
            client_address=payer.client_address,
            on_phone=payer.on_phone,
        )
    )
    return await _record(db, attempt, answer)


async def _intend(db: Database, channel: Channel, order_ids: Sequence[OrderId], method: str) -> Attempt:
    async with db.transaction() as tx:
        orders = [await lock_order(tx, order_id) for order_id in sorted(set(order_ids))]
        for order in orders:
            if order.state is not OrderState.AWAITING_PAYMENT or order.pay_until <= tx.now:
                raise OrderNotPayable
        waiting = await store.waiting_attempt(tx.connection, [order.id for order in orders], channel.id, method)
        if waiting is not None:
            return attempt_of(waiting)
        shares = {order.id: order.amount_fen for order in orders}
        attempt_id = number.draw(tx.now)
        while not await store.insert_attempt(
            tx,
            attempt_id=attempt_id,
            gateway_id=channel.id,
            method=method,
            shares=shares,
            ask_at=tx.now + ASK_AFTER[0],
        ):
            attempt_id = number.draw(tx.now)
        facts = {"gateway": channel.code, "method": method, "reference": reference_of(attempt_id)}
        for order in orders:
            await advance(tx, order, PaymentStarted(BUYER, facts=facts))
        return Attempt(
            id=attempt_id,
            gateway_id=channel.id,
            method=method,
            state=AttemptState.STARTED,
            amount_fen=sum(shares.values()),
            pay_by=None,
            gateway_trade_no=None,
            started_at=tx.now,
            order_ids=tuple(shares),
        )


async def _record(db: Database, attempt: Attempt, answer: PayBy | Refused | InDoubt) -> Attempt:
    if isinstance(answer, InDoubt):
        # The gateway may know the payment or not; the poller goes on asking, the buyer may try again.
        raise PaymentUnavailable
    async with db.one_statement() as tx:
        if isinstance(answer, Refused):
            await store.record_refusal(tx, attempt.id)
        else:
            await store.record_start(tx, attempt.id, _stored(answer))
    if isinstance(answer, Refused):
        raise PaymentRefused(gateway_words=answer.words)
    return replace(attempt, pay_by=answer)


def attempt_of(row: asyncpg.Record) -> Attempt:
    """An attempt from its row."""
    return Attempt(
        **{
            **dict(row),
            "state": AttemptState(row["state"]),
            "order_ids": tuple(OrderId(order_id) for order_id in row["order_ids"]),
            "pay_by": _pay_by_of(row["pay_by"]),
        }
    )


def _pay_by_of(stored: dict[str, Any] | None) -> PayBy | None:
    match stored:
        case None:
            return None
        case {"kind": "link", "url": url}:
            return PayByLink(url)
        case {"kind": "code", "text": text}:
            return PayByCode(text)
        case {"kind": "form", "url": url, "fields": fields}:
            return PayByForm(url, fields)
        case _:
            msg = "a way to pay that nobody wrote"
            raise AssertionError(msg)


def _stored(pay_by: PayBy) -> dict[str, Any]:
    match pay_by:
        case PayByLink(url):
            return {"kind": "link", "url": url}
        case PayByCode(text):
            return {"kind": "code", "text": text}
        case PayByForm(url, fields):
            return {"kind": "form", "url": url, "fields": dict(fields)}
        case _:
            assert_never(pay_by)
