"""What the console calls everything about batches."""

from collections.abc import Iterator, Mapping
from functools import cache

from kameng.batches.batch import (
    ACTION_NAMES,
    BATCH_STATE_NAMES,
    ITEM_STATE_NAMES,
    PERMISSIONS,
    UNFIT_WORDS,
    Action,
    BatchState,
    ItemState,
)
from kameng.batches.carry_out import ASKER_GONE
from kameng.batches.choose import REASONS
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.payment.request import REQUEST_STATE_NAMES
from kameng.resubmission.resubmission import RESUBMISSION_STATE_NAMES, WHY_WORDS

ACTIONS = ACTION_NAMES
STATES = BATCH_STATE_NAMES
ITEMS = ITEM_STATE_NAMES
NEEDED = PERMISSIONS
WHYS = REASONS

STATE_COLOURS: Mapping[BatchState, str] = {
    BatchState.DRAFT: "azure",
    BatchState.WAITING: "orange",
    BatchState.AGREED_ONCE: "orange",
    BatchState.RUNNING: "blue",
    BatchState.STOPPED: "yellow",
    BatchState.DONE: "green",
    BatchState.ENDED: "secondary",
    BatchState.DECLINED: "red",
    BatchState.LAPSED: "secondary",
}

ITEM_COLOURS: Mapping[ItemState, str] = {
    ItemState.UNFIT: "secondary",
    ItemState.TODO: "azure",
    ItemState.DONE: "green",
    ItemState.WAITING: "orange",
    ItemState.REFUSED: "red",
    ItemState.CHANGED: "yellow",
    ItemState.FAILED: "red",
    ItemState.LEFT: "secondary",
}

#: What a resubmission or a refund request has come to since.
RESULTS: Mapping[Action, Mapping[str, Words]] = {
    Action.RESUBMIT: {str(state): words for state, words in RESUBMISSION_STATE_NAMES.items()},
    Action.REFUND: {str(state): words for state, words in REQUEST_STATE_NAMES.items()},
    Action.RELEASE: {},
}

EXPLAINED: Mapping[Action, Words] = {
    Action.RESUBMIT: Words("异常订单接着发货，未支付或已取消的订单向支付渠道核对付款。不会重复发货，不会再次收费。"),
    Action.REFUND: Words("退回订单全部可退的款项，原路退回。超过审批额度时，要同事先同意整批的金额。"),
    Action.RELEASE: Words("把审核中的订单按已付足放行，马上发货。超过审批额度时，要同事先同意整批的金额。"),
}

STOPPED_WHY: Mapping[str, Words] = {
    ASKER_GONE: Words("提出人的账号已停用，或角色已没有这项权限，系统自动暂停"),
}


def why_words(code: str) -> Words | None:
    """What a code of an item says; None for the name of an error that nobody has words for."""
    return _words_by_code().get(code)


@cache
def _words_by_code() -> Mapping[str, Words]:
    refusals = {refusal.code: refusal.words for refusal in _refusals(Refusal) if hasattr(refusal, "words")}
    rules = {str(why): words for why, words in WHY_WORDS.items()}
    return refusals | rules | {str(unfit): words for unfit, words in UNFIT_WORDS.items()}


def _refusals(parent: type[Refusal]) -> Iterator[type[Refusal]]:
    for refusal in parent.__subclasses__():
        yield refusal
        yield from _refusals(refusal)
