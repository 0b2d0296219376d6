"""A refund goes out: claim, ask what is known, call, record."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from kameng.kernel.database import Database, Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import LIFECYCLE, Actor, ActorKind, RefundStuck
from kameng.orders.lock import lock_order
from kameng.payment import refund_store
from kameng.payment.attempt import (
    REFUND_AGAIN_AFTER,
    REFUND_CALL_TAKES,
    SURPLUS_CAUSES,
    RefundState,
    reference_of,
)
from kameng.payment.close_refund import DoneRefund, close_refund
from kameng.payment.gateway import InDoubt, RefundAnswer, RefundAsk, RefundDone, Refused
from kameng.payment.gateways import Channel, Gateways
from kameng.payment.refund_to_balance import refund_to_balance
from kameng.payment.settle_doubt import DoubtfulRefund, Unknowable, settle_doubt
from kameng.risk.alarms import AlarmKind, raise_alarm

WORDS_MAX = 300

log = structlog.get_logger()


@dataclass(frozen=True)
class _Refund:
    """`claimed` marks this try; `tried` and `unsure` say whether one was made before, and whether it was settled."""

    back: DoneRefund
    whole_fen: int
    trade_no: str
    reference: str
    tries: int
    claimed: datetime
    tried: bool
    unsure: bool

    @property
    def is_part(self) -> bool:
        return self.back.amount_fen < self.whole_fen


async def send_refund(*, db: Database, gateways: Gateways, refund_id: int) -> RefundState | None:
    """Send one refund back, or find out that it was sent. None when there is nothing to do now."""
    async with db.reading() as connection:
        row = await refund_store.refund(connection, refund_id)
    if row is None:
        return None
    if row["balance_owner"] is not None:
        return await refund_to_balance(db=db, back=DoneRefund.of(dict(row)), owner=row["balance_owner"])
    channel = await gateways.with_id(row["gateway_id"])
    async with db.transaction() as tx:
        claimed = tx.now + REFUND_CALL_TAKES
        claim = await refund_store.claim_refund(tx, refund_id, claimed)
    if claim is None:
        return None
    refund = _Refund(
        back=DoneRefund.of(dict(row)),
        whole_fen=row["whole_fen"],
        trade_no=row["gateway_trade_no"],
        reference=reference_of(row["attempt_id"]),
        tries=claim["tries"],
        claimed=claimed,
        tried=claim["tries"] > 1,
        unsure=RefundState(claim["state_before"]) is not RefundState.INTENDED,
    )
    return await _record(db, channel, refund, await _call(db, channel, refund))


async def _call(db: Database, channel: Channel, refund: _Refund) -> RefundAnswer | Unknowable:
    try:
        return await _ask_and_send(db, channel, refund)
    except Exception as error:
        # Whatever broke, broke after the claim: the money may be on its way.
        log.exception("refund.broken", refund=refund.back.id)
        return InDoubt(f"broken on our side: {type(error).__name__}")


async def _ask_and_send(db: Database, channel: Channel, refund: _Refund) -> RefundAnswer | Unknowable:
    back = refund.back
    # A part that was plainly refused was not sent, and a question about the whole can't say more.
    if refund.unsure or (refund.tried and not refund.is_part):
        doubtful = DoubtfulRefund(
            back.id, refund.reference, refund.trade_no, back.amount_fen, is_part=refund.is_part, tries=refund.tries
        )
        known = await settle_doubt(db=db, gateway=channel.gateway, refund=doubtful)
        if known is not None:
            return known
    return await channel.gateway.refund(
        RefundAsk(
            number=f"R{back.id}",
            reference=refund.reference,
            trade_no=refund.trade_no,
            amount_fen=back.amount_fen,
            whole_fen=refund.whole_fen,
        )
    )


async def _record(
    db: Database, channel: Channel, refund: _Refund, answer: RefundAnswer | Unknowable
) -> RefundState | None:
    actor = Actor(ActorKind.GATEWAY, channel.code)
    words, back = answer.words[:WORDS_MAX], refund.back
    async with db.transaction() as tx:
        await lock_order(tx, back.order_id)
        if isinstance(answer, RefundDone):
            if await refund_store.record_done(tx, back.id, words):
                await close_refund(tx, back, actor=actor)
            return RefundState.DONE
        state = RefundState.REFUSED if isinstance(answer, Refused) else RefundState.IN_DOUBT
        again = isinstance(answer, InDoubt) and refund.tries <= len(REFUND_AGAIN_AFTER)
        try_at = tx.now + REFUND_AGAIN_AFTER[refund.tries - 1] if again else None
        if not await refund_store.record_no(tx, back.id, state, words, claimed=refund.claimed, try_at=try_at):
            return None
        if not again:
            await _call_a_person(tx, back, actor, words)
        return state


async def _call_a_person(tx: Transaction, stuck: DoneRefund, actor: Actor, words: str) -> None:
    facts = {"refund_fen": stuck.amount_fen, "answer": words}
    await raise_alarm(tx, AlarmKind.REFUND_STUCK, f"order:{stuck.order_id}", **facts)
    order = await lock_order(tx, stuck.order_id)
    if stuck.cause not in SURPLUS_CAUSES and not stuck.beside and LIFECYCLE.allows(order.state, RefundStuck):
        await advance(tx, order, RefundStuck(actor, reason=words, facts=facts))
