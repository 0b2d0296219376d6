"""A refund request 退款申请: somebody wants money to go back; whether it may is for others to agree to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kameng.kernel.errors import Refusal
from kameng.kernel.lifecycle import Lifecycle
from kameng.kernel.text import Words
from kameng.orders.lifecycle import Actor, OrderState
from kameng.orders.number import OrderId
from kameng.payment.attempt import RefundCause

#: A request that nobody has decided about for so long ends; staff are told.
LAPSES_AFTER = timedelta(days=7)

#: The order's states in which a person may send money back.
ASKED_IN = frozenset({OrderState.DELIVERED, OrderState.COMPLETED, OrderState.EXCEPTION, OrderState.UNDER_REVIEW})


class RequestState(StrEnum):
    WAITING = "waiting"
    AGREED_ONCE = "agreed_once"
    APPROVED = "approved"
    DECLINED = "declined"
    OVERTAKEN = "overtaken"
    LAPSED = "lapsed"


REQUEST_STATE_NAMES: Mapping[RequestState, Words] = {
    RequestState.WAITING: Words("等待审批"),
    RequestState.AGREED_ONCE: Words("已有一人同意，等待第二人"),
    RequestState.APPROVED: Words("已同意，开始退款"),
    RequestState.DECLINED: Words("未同意"),
    RequestState.OVERTAKEN: Words("款项已由其他退款退回"),
    RequestState.LAPSED: Words("超过七天无人审批，已失效"),
}


class AgreedByOne:
    """The first of two people agrees."""


class AgreedByEnough:
    """As many different people as are needed have agreed: the refunds are opened with it."""


class Declined:
    """One person does not agree."""


class Overtaken:
    """The money has gone back another way, or is on its way."""


class TimePassed:
    """Nobody has decided."""


REQUEST_LIFECYCLE = Lifecycle[RequestState](
    {
        (RequestState.WAITING, AgreedByOne): RequestState.AGREED_ONCE,
        (RequestState.WAITING, AgreedByEnough): RequestState.APPROVED,
        (RequestState.AGREED_ONCE, AgreedByEnough): RequestState.APPROVED,
        (RequestState.WAITING, Declined): RequestState.DECLINED,
        (RequestState.AGREED_ONCE, Declined): RequestState.DECLINED,
        (RequestState.WAITING, Overtaken): RequestState.OVERTAKEN,
        (RequestState.AGREED_ONCE, Overtaken): RequestState.OVERTAKEN,
        (RequestState.WAITING, TimePassed): RequestState.LAPSED,
        (RequestState.AGREED_ONCE, TimePassed): RequestState.LAPSED,
    }
)


@dataclass(frozen=True)
class RefundRules:
    """Limits in fen for all that was asked for of one order, so that nobody gets under them in small steps."""

    approve_above_fen: int = 50_000
    two_above_fen: int = 200_000

    def needs(self, asked_fen: int) -> int:
        """How many people have to agree."""
        limits = (self.approve_above_fen, max(self.two_above_fen, self.approve_above_fen))
        return sum(asked_fen > limit for limit in limits)


@dataclass(frozen=True)
class RefundRequest:
    """`needs` is how many people have to agree; `asker` is none of them."""

    id: int
    order_id: OrderId
    amount_fen: int
    state: RequestState
    cause: RefundCause
    reason: str
    asker: Actor
    needs: int
    asked_at: datetime


class RequestMissing(Refusal):
    code = "refund_request_missing"
    status = 404
    words = Words("没有找到这笔退款申请")


class RequestEnded(Refusal):
    """Somebody else has decided meanwhile, or time has."""

    code = "refund_request_ended"
    words = Words("这笔退款申请已经有了结果，请刷新查看")


class OwnRequest(Refusal):
    code = "own_refund_request"
    status = 403
    words = Words("不能审批自己提出的退款申请")


class AgreedBefore(Refusal):
    code = "agreed_before"
    words = Words("您已经同意过，需要另一位同事审批")
