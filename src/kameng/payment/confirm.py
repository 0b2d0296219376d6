"""Money is here: it is written down whatever the order's state, and pays, waits for a person, or goes back."""

from kameng.kernel.database import Database, Transaction
from kameng.ledger.entry import AccountKind
from kameng.orders.advance import advance
from kameng.orders.lifecycle import (
    LIFECYCLE,
    Actor,
    ActorKind,
    OrderState,
    PaidTooLittle,
    PaymentConfirmed,
    SurplusReceived,
)
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order, order_of
from kameng.payment import refund_store, store
from kameng.payment.attempt import HeardFrom, ReceiptUse, RefundCause, reference_of
from kameng.payment.enter_money import enter_decision, enter_receipt
from kameng.payment.gateway import Paid
from kameng.payment.gateways import Channel
from kameng.payment.open_refund import open_refund
from kameng.risk.alarms import AlarmKind, raise_alarm

PAYABLE = tuple(state for state in OrderState if LIFECYCLE.allows(state, PaymentConfirmed))


async def confirm(
    *, db: Database, channel: Channel, attempt_id: int, paid: Paid, heard_from: HeardFrom
) -> ReceiptUse | None:
    """Record what the gateway says it received, and all that follows from it, in one transaction.

    None when this receipt was recorded before. A payment for several orders pays all of them or, if it is too little
    or one of them can't be paid any more, goes back whole.
    """
    async with db.transaction() as tx:
        rows = await store.record_receipt(
            tx,
            attempt_id=attempt_id,
            gateway_id=channel.id,
            trade_no=paid.trade_no,
            amount_fen=paid.amount_fen,
            heard_from=heard_from,
            payable=PAYABLE,
        )
        if not rows:
            return None
        if rows[0]["receipt_id"] is None:
            await _check_repeat(tx, channel, attempt_id, paid, rows[0]["recorded_under"])
            return None
        receipt_id, use, owed_fen = rows[0]["receipt_id"], ReceiptUse(rows[0]["use"]), int(rows[0]["owed_fen"])
        orders = [order_of(dict(row)) for row in rows]
        actor = Actor(ActorKind.GATEWAY, channel.code)
        shares = [(order.id, int(row["share"])) for order, row in zip(orders, rows, strict=True)]
        await enter_receipt(
            tx, receipt_id, gateway=(channel.id, channel.code), amount_fen=paid.amount_fen, use=use, shares=shares
        )
        match use:
            case ReceiptUse.APPLIED:
                await _apply(tx, orders, actor, paid, owed_fen=owed_fen)
                surplus_fen = paid.amount_fen - owed_fen
                # An order that was sold out has sent back all of it by now.
                if 0 < surplus_fen <= await refund_store.left_of_receipt(tx, receipt_id):
                    await _return_surplus(tx, orders[0].id, actor, paid, surplus_fen=surplus_fen)
                    cause = RefundCause.PAID_TOO_MUCH
                    await open_refund(tx, receipt_id, orders[0].id, amount_fen=surplus_fen, cause=cause)
            case ReceiptUse.SURPLUS:
                cause = RefundCause.PAID_TWICE if paid.amount_fen >= owed_fen else RefundCause.PAID_TOO_LITTLE
                await _return_surplus(tx, orders[0].id, actor, paid, surplus_fen=paid.amount_fen)
                await open_refund(tx, receipt_id, orders[0].id, amount_fen=paid.amount_fen, cause=cause)
            case ReceiptUse.HELD:
                await _hold(tx, orders, actor, paid, owed_fen=owed_fen)
        return use


async def _check_repeat(tx: Transaction, channel: Channel, attempt_id: int, paid: Paid, under: int | None) -> None:
    """One trade number is one sum. A gateway that names it for two payments of ours has to be looked at."""
    if under is not None and under != attempt_id:
        await raise_alarm(
            tx, AlarmKind.NOTICE_CONTRADICTED, f"payment:{reference_of(attempt_id)}", gateway=channel.code,
            trade_no=paid.trade_no, recorded_under=reference_of(under),
        )  # fmt: skip


async def _apply(tx: Transaction, orders: list[Order], actor: Actor, paid: Paid, *, owed_fen: int) -> None:
    # By product, so that two payments that both look for fresh cards never wait for each other.
    for order in sorted(orders, key=lambda order: (order.sku_id, order.id)):
        facts = {
            "receipt_fen": paid.amount_fen,
            **({} if paid.amount_fen == owed_fen else {"owed_fen": owed_fen}),
            "trade_no": paid.trade_no,
            "late": order.state is OrderState.CANCELLED,
        }
        if order.state is OrderState.UNDER_REVIEW:
            # What was too little before is more than enough now.
            for held in await refund_store.free_held_receipts(tx, order.id):
                surplus = {"receipt_fen": held["amount_fen"], "surplus_fen": held["amount_fen"]}
                await advance(tx, order, SurplusReceived(actor, facts=surplus))
                cause = RefundCause.PAID_TOO_LITTLE
                await open_refund(tx, held["id"], order.id, amount_fen=held["amount_fen"], cause=cause)
                await enter_decision(tx, held["id"], order.id, taken={AccountKind.SURPLUS: held["amount_fen"]})
        await advance(tx, order, PaymentConfirmed(actor, facts=facts))


async def _return_surplus(tx: Transaction, order_id: OrderId, actor: Actor, paid: Paid, *, surplus_fen: int) -> None:
    order = await lock_order(tx, order_id)
    facts = {"receipt_fen": paid.amount_fen, "surplus_fen": surplus_fen, "trade_no": paid.trade_no}
    await advance(tx, order, SurplusReceived(actor, facts=facts))


async def _hold(tx: Transaction, orders: list[Order], actor: Actor, paid: Paid, *, owed_fen: int) -> None:
    facts = {"receipt_fen": paid.amount_fen, "owed_fen": owed_fen, "trade_no": paid.trade_no}
    for order in orders:
        await advance(tx, order, PaidTooLittle(actor, facts=facts))
    await raise_alarm(tx, AlarmKind.PAID_TOO_LITTLE, f"order:{orders[0].id}", **facts)
