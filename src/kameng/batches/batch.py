"""A batch 批量处理: what is done, where it stands, what may happen to it; and its items, one an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kameng.kernel.errors import Refusal
from kameng.kernel.lifecycle import Lifecycle
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.staff.member import Staff
from kameng.staff.roles import Permission

ORDERS_MAX = 10_000
#: A preview is good for so long.
DRAFT_LASTS = timedelta(hours=1)
#: Nobody has agreed by then, or nobody has let it go on: it ends.
LAPSES_AFTER = timedelta(days=7)


class Action(StrEnum):
    RESUBMIT = "resubmit"
    REFUND = "refund"
    RELEASE = "release"


ACTION_NAMES: Mapping[Action, Words] = {
    Action.RESUBMIT: Words("批量补交"),
    Action.REFUND: Words("批量退款"),
    Action.RELEASE: Words("批量审核放行"),
}

#: Who may ask for it; agreeing to it takes BATCH_APPROVE.
PERMISSIONS: Mapping[Action, Permission] = {
    Action.RESUBMIT: Permission.BATCH_RESUBMIT,
    Action.REFUND: Permission.BATCH_REFUND,
    Action.RELEASE: Permission.BATCH_RELEASE,
}


class BatchState(StrEnum):
    """`draft` is a preview, `waiting` and `agreed_once` wait for others to agree, `ended` was broken off by a person,
    `lapsed` by time."""

    DRAFT = "draft"
    WAITING = "waiting"
    AGREED_ONCE = "agreed_once"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    ENDED = "ended"
    DECLINED = "declined"
    LAPSED = "lapsed"


BATCH_STATE_NAMES: Mapping[BatchState, Words] = {
    BatchState.DRAFT: Words("预览，尚未执行"),
    BatchState.WAITING: Words("等待审批"),
    BatchState.AGREED_ONCE: Words("已有一人同意，等待第二人"),
    BatchState.RUNNING: Words("执行中"),
    BatchState.STOPPED: Words("已暂停"),
    BatchState.DONE: Words("已全部处理"),
    BatchState.ENDED: Words("已终止"),
    BatchState.DECLINED: Words("未同意"),
    BatchState.LAPSED: Words("超过时限，已失效"),
}


class Confirmed:
    """Whoever drew it up has seen the preview and says why; nobody else has to agree."""


class ConfirmedToWait:
    """The same, and others have to agree first."""


class AgreedByOne:
    """The first of two people agrees."""


class AgreedByEnough:
    """As many different people as are needed have agreed."""


class Declined:
    """One person does not agree."""


class Stopped:
    """A person stops it, or its asker may not do this any more. What is at hand is finished."""


class GoneOn:
    """A person lets it go on."""


class BrokenOff:
    """A person ends it for good; what was not done is left."""


class AllTried:
    """Every item has its result."""


class TimePassed:
    """Nobody has confirmed it, agreed to it, or let it go on."""


_S = BatchState

BATCH_LIFECYCLE = Lifecycle[BatchState](
    {
        (_S.DRAFT, Confirmed): _S.RUNNING,
        (_S.DRAFT, ConfirmedToWait): _S.WAITING,
        (_S.WAITING, AgreedByOne): _S.AGREED_ONCE,
        (_S.WAITING, AgreedByEnough): _S.RUNNING,
        (_S.AGREED_ONCE, AgreedByEnough): _S.RUNNING,
        (_S.WAITING, Declined): _S.DECLINED,
        (_S.AGREED_ONCE, Declined): _S.DECLINED,
        (_S.RUNNING, Stopped): _S.STOPPED,
        (_S.STOPPED, GoneOn): _S.RUNNING,
        **{(state, BrokenOff): _S.ENDED for state in (_S.DRAFT, _S.WAITING, _S.AGREED_ONCE, _S.RUNNING, _S.STOPPED)},
        (_S.RUNNING, AllTried): _S.DONE,
        **{(state, TimePassed): _S.LAPSED for state in (_S.DRAFT, _S.WAITING, _S.AGREED_ONCE, _S.STOPPED)},
    }
)
#: Agreeing is still possible.
WAITING = frozenset({BatchState.WAITING, BatchState.AGREED_ONCE})


class ItemState(StrEnum):
    """`unfit` from the preview on. `waiting`: the verb was called, and others have to decide now. `changed`: it is not
    as the preview saw it, and was left alone. `left`: its batch ended before its turn."""

    UNFIT = "unfit"
    TODO = "todo"
    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"
    CHANGED = "changed"
    FAILED = "failed"
    LEFT = "left"


ITEM_STATE_NAMES: Mapping[ItemState, Words] = {
    ItemState.UNFIT: Words("不符合"),
    ItemState.TODO: Words("待处理"),
    ItemState.DONE: Words("已执行"),
    ItemState.WAITING: Words("等待人工或审批"),
    ItemState.REFUSED: Words("未能处理"),
    ItemState.CHANGED: Words("预览后有变化，未处理"),
    ItemState.FAILED: Words("程序出错，未处理"),
    ItemState.LEFT: Words("终止前未处理"),
}


class Unfit(StrEnum):
    """Why an order is left out of a batch, beside what resubmission itself says."""

    ORDER_MISSING = "order_missing"
    WRONG_STATE = "wrong_state"
    NOTHING_LEFT = "nothing_left"
    DELIVERY_IN_DOUBT = "delivery_in_doubt"
    UNDER_WAY = "under_way"
    ONE_BY_ONE = "one_by_one"


UNFIT_WORDS: Mapping[Unfit, Words] = {
    Unfit.ORDER_MISSING: Words("没有这个订单"),
    Unfit.WRONG_STATE: Words("订单现在的状态不适用"),
    Unfit.NOTHING_LEFT: Words("没有可以再退的款项"),
    Unfit.DELIVERY_IN_DOUBT: Words("货源的发货结果还没有核实"),
    Unfit.UNDER_WAY: Words("已有补交正在进行"),
    Unfit.ONE_BY_ONE: Words("风险较高，请逐单核对"),
}


@dataclass(frozen=True)
class Batch:
    """A row of `order_batches`. `asker` is None for a merchant's."""

    id: int
    action: Action
    state: BatchState
    asker: Staff | None
    merchant_id: int | None
    key: str | None
    chosen: Mapping[str, Any]
    unread: tuple[int, ...]
    cause: str | None
    reason: str | None
    needs: int
    stopped_why: str | None
    address: str | None
    drawn_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    lapse_at: datetime | None


@dataclass(frozen=True)
class Item:
    """An order that is to be done, as the preview saw it."""

    batch_id: int
    order_id: OrderId
    seen_state: OrderState
    amount_fen: int
    tries: int


class BatchMissing(Refusal):
    code = "batch_missing"
    status = 404
    words = Words("没有找到这个批量处理")


class BatchMoved(Refusal):
    """Somebody else, or time, has moved it on."""

    code = "batch_moved"
    words = Words("这个批量处理的状态已经变了，请刷新查看")


class NothingFits(Refusal):
    code = "nothing_fits"
    words = Words("没有符合条件的订单，不用执行")


class OwnBatch(Refusal):
    code = "own_batch"
    status = 403
    words = Words("不能审批自己提出的批量处理")


class AgreedToBefore(Refusal):
    code = "batch_agreed_before"
    words = Words("您已经同意过，需要另一位同事审批")
