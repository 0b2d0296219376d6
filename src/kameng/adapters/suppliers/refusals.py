"""Platforms with one code for every no: what their words tell, where they can't mean anything else."""

from kameng.supply.answer import Reason

#: Words, any of which stands for the reason; looked for in this order.
Signs = tuple[tuple[tuple[str, ...], Reason], ...]

# Said of an order that may well exist, whatever else is said.
_UNSURE = ("重复", "已存在", "处理中", "系统", "超时", "稍后", "繁忙", "异常", "网络")


def reason_in(words: str, signs: Signs) -> Reason | None:
    """Why the platform says no; None when its words leave open whether it does."""
    if any(word in words for word in _UNSURE):
        return None
    return next((reason for told, reason in signs if any(word in words for word in told)), None)
