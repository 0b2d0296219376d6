"""An order is paid from a balance: books, receipt and everything that follows from being paid, in one transaction."""

from kameng.kernel.database import Database, Transaction
from kameng.ledger.entry import AccountKind, Entry, EntryKind, moved
from kameng.ledger.post import BalanceTooLow, post
from kameng.orders import number
from kameng.orders.advance import advance
from kameng.orders.lifecycle import Actor, ActorKind, CancelledByBuyer, OrderState, PaymentConfirmed, PaymentStarted
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.payment import store
from kameng.payment.attempt import HeardFrom, ReceiptUse, reference_of
from kameng.payment.confirm import PAYABLE
from kameng.payment.own_gateway import CODE, METHOD, own_gateway


async def pay_from_balance(*, db: Database, order_id: OrderId, owner: int, payer: Actor) -> OrderState:
    """Pay an order that waits for its money, whole and at once; one that doesn't wait is left as it is.

    Raises OrderMissing. Raises BalanceTooLow when there is not enough: the order is cancelled by then, and what it
    held is free again.
    """
    async with db.transaction() as tx:
        order = await lock_order(tx, order_id)
        if order.state is not OrderState.AWAITING_PAYMENT:
            return order.state
        purchase = Entry(
            EntryKind.PURCHASE,
            reference=f"purchase:{order_id}",
            postings=moved(owner, source=AccountKind.BALANCE, target=AccountKind.SPENT, amount_fen=order.amount_fen),
            actor_kind=payer.kind,
            actor_id=payer.id,
        )
        too_low: BalanceTooLow | None = None
        try:
            entry_id = await post(tx, purchase)
        except BalanceTooLow as refusal:
            too_low = refusal
            await advance(tx, order, CancelledByBuyer(payer, reason="the balance is too low"))
        else:
            assert entry_id is not None, "an order that waits for its money was paid before"
            return await _receive(tx, order, payer, trade_no=f"E{entry_id}")
    raise too_low


async def _receive(tx: Transaction, order: Order, payer: Actor, *, trade_no: str) -> OrderState:
    gateway_id = await own_gateway(tx)
    attempt_id = number.draw(tx.now)
    shares = {order.id: order.amount_fen}
    while not await store.insert_attempt(
        tx, attempt_id=attempt_id, gateway_id=gateway_id, method=METHOD, shares=shares, ask_at=None
    ):
        attempt_id = number.draw(tx.now)
    facts = {"gateway": CODE, "method": METHOD, "reference": reference_of(attempt_id)}
    await advance(tx, order, PaymentStarted(payer, facts=facts))
    rows = await store.record_receipt(
        tx,
        attempt_id=attempt_id,
        gateway_id=gateway_id,
        trade_no=trade_no,
        amount_fen=order.amount_fen,
        heard_from=HeardFrom.LEDGER,
        payable=PAYABLE,
    )
    assert [row["use"] for row in rows] == [ReceiptUse.APPLIED], "the whole amount pays an order that waits for it"
    paid = {"receipt_fen": order.amount_fen, "trade_no": trade_no, "late": False}
    return await advance(tx, order, PaymentConfirmed(Actor(ActorKind.GATEWAY, CODE), facts=paid))
