"""A person decides about a refund that is stuck, after a look into the gateway's own books."""

from dataclasses import dataclass
from enum import StrEnum

from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.money import yuan
from kameng.kernel.text import Words
from kameng.orders.advance import advance
from kameng.orders.lifecycle import Actor, OrderState, RefundRequested
from kameng.orders.lock import lock_order
from kameng.payment import refund_store
from kameng.payment.attempt import SURPLUS_CAUSES, RefundState
from kameng.payment.close_refund import DoneRefund, close_refund
from kameng.payment.jobs import SEND_REFUND
from kameng.payment.parts import read_parts
from kameng.payment.refund import NotNow, checked_reason


class RefundMissing(Refusal):
    code = "refund_missing"
    status = 404
    words = Words("没有找到这笔退款")


class Verdict(StrEnum):
    """`SENT`: the money is back with the buyer. `NOT_SENT`: it is not, send it. `BY_HAND`: the buyer has got it by
    another way than this gateway. `UNKNOWN`: ask the gateway again."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    BY_HAND = "by_hand"
    UNKNOWN = "unknown"


class BooksDiffer(Refusal):
    """What was found doesn't go with what is known: another part of the same payment may have been taken for this one,
    and would be paid twice."""

    code = "refund_books_differ"
    words = Words(
        "和我方记录对不上：如果这一笔已由渠道退回，后台的累计应是 ¥%(if_sent)s；如果没有，应是 ¥%(if_not_sent)s；"
        "同一笔付款有结果未定的其他退款时，可再加上它们。请逐笔核对"
    )


@dataclass(frozen=True)
class Finding:
    """`returned_fen`: what of this payment has gone back in all, as the gateway's own books say; `outside_fen`: how
    much of that was sent from its back office without us. Neither matters for `UNKNOWN`."""

    verdict: Verdict
    reason: str
    returned_fen: int | None = None
    outside_fen: int = 0


async def decide_refund(tx: Transaction, *, refund_id: int, finding: Finding, actor: Actor) -> RefundState:
    """Close a stuck refund as done, or send it on its way again, in the caller's transaction; its state now.

    Raises RefundMissing, NotNow (it is not stuck), BooksDiffer, InvalidInput (fields reason, returned).
    """
    verdict, reason = finding.verdict, checked_reason(finding.reason)
    row = await refund_store.refund(tx.connection, refund_id)
    if row is None:
        raise RefundMissing
    stuck = DoneRefund.of(dict(row))
    order = await lock_order(tx, stuck.order_id)
    if verdict in {Verdict.SENT, Verdict.BY_HAND}:
        if not await refund_store.close_stuck(tx, refund_id, reason, by_hand=verdict is Verdict.BY_HAND):
            raise NotNow
        await _compare(tx, stuck, finding)
        await close_refund(tx, stuck, actor=actor, reason=reason, by_hand=verdict is Verdict.BY_HAND)
        return RefundState.DONE
    state = RefundState.INTENDED if verdict is Verdict.NOT_SENT else RefundState.IN_DOUBT
    if not await refund_store.reopen_stuck(tx, refund_id, state):
        raise NotNow
    await _compare(tx, stuck, finding)
    await SEND_REFUND.defer(tx, refund_id=refund_id)
    if stuck.cause not in SURPLUS_CAUSES and not stuck.beside and order.state is OrderState.EXCEPTION:
        await advance(tx, order, RefundRequested(actor, reason=reason))
    return state


async def _compare(tx: Transaction, stuck: DoneRefund, finding: Finding) -> None:
    """Raises BooksDiffer, InvalidInput."""
    if finding.verdict is Verdict.UNKNOWN:
        return
    if finding.returned_fen is None:
        raise InvalidInput(fields={"returned": Words("请填写渠道后台显示的累计已退金额，没有退过填 0")})
    # Two people deciding about two parts of one payment do so one after the other.
    await refund_store.hold_receipt(tx, stuck.id)
    parts = await read_parts(tx.connection, stuck.id)
    ours_fen = finding.returned_fen - finding.outside_fen
    if not parts.explain(ours_fen - stuck.amount_fen if finding.verdict is Verdict.SENT else ours_fen):
        raise BooksDiffer(if_sent=yuan(parts.done_fen + stuck.amount_fen), if_not_sent=yuan(parts.done_fen))
