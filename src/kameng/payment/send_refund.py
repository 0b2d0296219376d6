"""A refund goes out: claim, ask what is known, call, record."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from kameng.kernel.database import Database, Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import LIFECYCLE, Actor, ActorKind, RefundStuck
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.payment import refund_store
from kameng.payment.attempt import (
    REFUND_AGAIN_AFTER,
    REFUND_CALL_TAKES,
    SURPLUS_CAUSES,
    RefundCause,
    RefundState,
    reference_of,
)
from kameng.payment.close_refund import close_refund
from kameng.payment.gateway import InDoubt, RefundAnswer, RefundAsk, RefundDone, Refused, SentBack
from kameng.payment.gateways import Channel, Gateways
from kameng.payment.refund_to_balance import refund_to_balance
from kameng.risk.alarms import AlarmKind, raise_alarm

WORDS_MAX = 300

log = structlog.get_logger()


@dataclass(frozen=True)
class _Refund:
    """`claimed` marks this try; `tried` and `unsure` say whether one was made before, and whether it was settled."""

    id: int
    order_id: OrderId
    amount_fen: int
    whole_fen: int
    cause: RefundCause
    trade_no: str
    attempt_id: int
    tries: int
    claimed: datetime
    tried: bool
    unsure: bool


@dataclass(frozen=True)
class _Unknowable:
    """No question to the gateway can tell any more; a person has to look into its books."""

    words: str


async def send_refund(*, db: Database, gateways: Gateways, refund_id: int) -> RefundState | None:
    """Send one refund back, or find out that it was sent. None when there is nothing to do now."""
    async with db.reading() as connection:
        row = await refund_store.refund(connection, refund_id)
    if row is None:
        return None
    if row["balance_owner"] is not None:
        return await refund_to_balance(
            db=db,
            refund_id=refund_id,
            order_id=OrderId(row["order_id"]),
            owner=row["balance_owner"],
            amount_fen=row["amount_fen"],
            cause=RefundCause(row["cause"]),
        )
    channel = await gateways.with_id(row["gateway_id"])
    async with db.transaction() as tx:
        claimed = tx.now + REFUND_CALL_TAKES
        claim = await refund_store.claim_refund(tx, refund_id, claimed)
    if claim is None:
        return None
    refund = _Refund(
        id=refund_id,
        order_id=OrderId(row["order_id"]),
        amount_fen=row["amount_fen"],
        whole_fen=row["whole_fen"],
        cause=RefundCause(row["cause"]),
        trade_no=row["gateway_trade_no"],
        attempt_id=row["attempt_id"],
        tries=claim["tries"],
        claimed=claimed,
        tried=claim["tries"] > 1,
        unsure=RefundState(claim["state_before"]) is not RefundState.INTENDED,
    )
    return await _record(db, channel, refund, await _call(channel, refund))


async def _call(channel: Channel, refund: _Refund) -> RefundAnswer | _Unknowable:
    try:
        return await _ask_and_send(channel, refund)
    except Exception as error:
        # Whatever broke, broke after the claim: the money may be on its way.
        log.exception("refund.broken", refund=refund.id)
        return InDoubt(f"broken on our side: {type(error).__name__}")


async def _ask_and_send(channel: Channel, refund: _Refund) -> RefundAnswer | _Unknowable:
    reference = reference_of(refund.attempt_id)
    is_part = refund.amount_fen < refund.whole_fen
    # A part that was plainly refused was not sent, and a question about the whole can't say more.
    if refund.unsure or (refund.tried and not is_part):
        known = await channel.gateway.query(reference, trade_no=refund.trade_no)
        if isinstance(known, SentBack):
            return RefundDone("found refunded when asked")
        if isinstance(known, InDoubt):
            return known
        if is_part:
            # A part sent twice would be money given away: this protocol has no number to keep two parts apart.
            return _Unknowable("the gateway can't say whether this part was sent back")
    return await channel.gateway.refund(
        RefundAsk(
            number=f"R{refund.id}",
            reference=reference,
            trade_no=refund.trade_no,
            amount_fen=refund.amount_fen,
            whole_fen=refund.whole_fen,
        )
    )


async def _record(
    db: Database, channel: Channel, refund: _Refund, answer: RefundAnswer | _Unknowable
) -> RefundState | None:
    actor = Actor(ActorKind.GATEWAY, channel.code)
    words = answer.words[:WORDS_MAX]
    async with db.transaction() as tx:
        await lock_order(tx, refund.order_id)
        if isinstance(answer, RefundDone):
            if await refund_store.record_done(tx, refund.id, words):
                await close_refund(
                    tx, order_id=refund.order_id, cause=refund.cause, amount_fen=refund.amount_fen, actor=actor
                )
            return RefundState.DONE
        state = RefundState.REFUSED if isinstance(answer, Refused) else RefundState.IN_DOUBT
        again = isinstance(answer, InDoubt) and refund.tries <= len(REFUND_AGAIN_AFTER)
        try_at = tx.now + REFUND_AGAIN_AFTER[refund.tries - 1] if again else None
        if not await refund_store.record_no(tx, refund.id, state, words, claimed=refund.claimed, try_at=try_at):
            return None
        if not again:
            await _call_a_person(tx, refund, actor, words)
        return state


async def _call_a_person(tx: Transaction, refund: _Refund, actor: Actor, words: str) -> None:
    facts = {"refund_fen": refund.amount_fen, "answer": words}
    await raise_alarm(tx, AlarmKind.REFUND_STUCK, f"order:{refund.order_id}", **facts)
    order = await lock_order(tx, refund.order_id)
    if refund.cause not in SURPLUS_CAUSES and LIFECYCLE.allows(order.state, RefundStuck):
        await advance(tx, order, RefundStuck(actor, reason=words, facts=facts))
