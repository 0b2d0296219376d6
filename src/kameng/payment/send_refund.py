"""A refund goes out: claim, ask what is known, call, record."""

from dataclasses import dataclass
from datetime import timedelta

from kameng.kernel.database import Database, Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import (
    LIFECYCLE,
    Actor,
    ActorKind,
    Refunded,
    RefundStuck,
    SurplusReturned,
)
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import refund_store
from kameng.payment.attempt import (
    REFUND_AGAIN_AFTER,
    SURPLUS_CAUSES,
    RefundCause,
    RefundState,
    reference_of,
)
from kameng.payment.gateway import InDoubt, RefundAnswer, RefundAsk, RefundDone, Refused, SentBack
from kameng.payment.gateways import Channel, Gateways
from kameng.risk.alarms import AlarmKind, raise_alarm

WORDS_MAX = 300


@dataclass(frozen=True)
class _Refund:
    id: int
    order_id: OrderId
    amount_fen: int
    whole_fen: int
    cause: RefundCause
    trade_no: str
    attempt_id: int
    tries: int
    asked_before: bool


async def send_refund(*, db: Database, gateways: Gateways, refund_id: int) -> RefundState | None:
    """Send one refund back, or find out that it was sent. None when there is nothing to do now."""
    async with db.reading() as connection:
        row = await refund_store.refund(connection, refund_id)
    if row is None:
        return None
    channel = await gateways.with_id(row["gateway_id"])
    async with db.transaction() as tx:
        tries = await refund_store.claim_refund(tx, refund_id, tx.now + _pause(row["tries"]))
    if tries is None:
        return None
    refund = _Refund(
        id=refund_id,
        order_id=OrderId(row["order_id"]),
        amount_fen=row["amount_fen"],
        whole_fen=row["whole_fen"],
        cause=RefundCause(row["cause"]),
        trade_no=row["gateway_trade_no"],
        attempt_id=row["attempt_id"],
        tries=tries,
        asked_before=RefundState(row["state"]) is not RefundState.INTENDED,
    )
    return await _record(db, channel, refund, await _call(channel, refund))


async def _call(channel: Channel, refund: _Refund) -> RefundAnswer:
    reference = reference_of(refund.attempt_id)
    if refund.asked_before:
        known = await channel.gateway.query(reference, trade_no=refund.trade_no)
        if isinstance(known, SentBack):
            return RefundDone("found refunded when asked")
        if isinstance(known, InDoubt):
            return known
        if refund.amount_fen < refund.whole_fen:
            # A part sent twice would be money given away: this protocol has no number to keep two parts apart.
            return InDoubt("the gateway can't say whether this part was sent back")
    return await channel.gateway.refund(
        RefundAsk(
            number=f"R{refund.id}",
            reference=reference,
            trade_no=refund.trade_no,
            amount_fen=refund.amount_fen,
            whole_fen=refund.whole_fen,
        )
    )


async def _record(db: Database, channel: Channel, refund: _Refund, answer: RefundAnswer) -> RefundState:
    actor = Actor(ActorKind.GATEWAY, channel.code)
    async with db.transaction() as tx:
        order = await lock_order(tx, refund.order_id)
        match answer:
            case RefundDone(words):
                if await refund_store.settle_refund(tx, refund.id, RefundState.DONE, words[:WORDS_MAX], None):
                    await _tell_done(tx, refund, actor)
                return RefundState.DONE
            case Refused(words):
                state, try_at = RefundState.REFUSED, None
            case InDoubt(words):
                is_last = refund.tries > len(REFUND_AGAIN_AFTER)
                state, try_at = RefundState.IN_DOUBT, None if is_last else tx.now + _pause(refund.tries)
        if await refund_store.settle_refund(tx, refund.id, state, words[:WORDS_MAX], try_at) and try_at is None:
            facts = {"refund_fen": refund.amount_fen, "answer": words[:WORDS_MAX]}
            await raise_alarm(tx, AlarmKind.REFUND_STUCK, f"order:{refund.order_id}", **facts)
            if refund.cause not in SURPLUS_CAUSES and LIFECYCLE.allows(order.state, RefundStuck):
                await advance(tx, order, RefundStuck(actor, reason=words[:WORDS_MAX], facts=facts))
        return state


async def _tell_done(tx: Transaction, refund: _Refund, actor: Actor) -> None:
    order = await lock_order(tx, refund.order_id)
    facts = {"refund_fen": refund.amount_fen}
    if refund.cause in SURPLUS_CAUSES:
        await advance(tx, order, SurplusReturned(actor, facts=facts))
    elif await refund_store.unsettled_of_order(tx, order.id) == 0 and LIFECYCLE.allows(order.state, Refunded):
        await advance(tx, order, Refunded(actor, facts=facts))


def _pause(tries: int) -> timedelta:
    return REFUND_AGAIN_AFTER[min(tries, len(REFUND_AGAIN_AFTER) - 1)]
