"""Which orders a batch is about: those of a filter, or those whose numbers were pasted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kameng.batches import choice_store
from kameng.batches.batch import ORDERS_MAX, Action
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import floor, read
from kameng.payment.request import ASKED_IN

#: Longer stretches of time are done in several batches.
STRETCH_MAX = timedelta(days=92)
UNREAD_MAX = 20

_S = OrderState
#: In which states an action can do anything at all.
STATES: Mapping[Action, tuple[OrderState, ...]] = {
    Action.RESUBMIT: (_S.EXCEPTION, _S.CANCELLED, _S.AWAITING_PAYMENT),
    Action.REFUND: tuple(state for state in _S if state in ASKED_IN),
    Action.RELEASE: (_S.UNDER_REVIEW,),
}
#: What brought an order to one of these states, by the name of its event.
REASONS: Mapping[OrderState, tuple[str, ...]] = {
    _S.EXCEPTION: ("delivery_stuck", "refund_stuck", "correction_asked"),
    _S.UNDER_REVIEW: ("held_for_review", "proof_asked", "paid_too_little"),
}


@dataclass(frozen=True)
class Filter:
    """Placed from `since` until before `until`. `product` is a slug, `supplier` a code, `why` one of REASONS."""

    state: OrderState
    since: datetime
    until: datetime
    product: str = ""
    supplier: str = ""
    why: str = ""

    def facts(self) -> dict[str, str]:
        chosen = {"product": self.product, "supplier": self.supplier, "why": self.why}
        stretch = {"state": self.state, "since": self.since.isoformat(), "until": self.until.isoformat()}
        return stretch | {name: text for name, text in chosen.items() if text}


@dataclass(frozen=True)
class Pasted:
    """What was read of pasted text: each number once. `unread` counts lines from 1, the first of those that are no
    order numbers; what stood there is not kept, for it may be anything."""

    order_ids: tuple[int, ...]
    unread: tuple[int, ...]


async def choose(db: Database, action: Action, wanted: Filter) -> list[int]:
    """At most ORDERS_MAX, the oldest first. Raises InvalidInput (fields state, since, product, supplier)."""
    if wanted.state not in STATES[action]:
        raise InvalidInput(fields={"state": Words("这个操作不适用于该状态的订单")})
    if not timedelta(0) < wanted.until - wanted.since <= STRETCH_MAX:
        raise InvalidInput(fields={"since": Words("请填写起止时间，最长 92 天")})
    async with db.reading() as connection:
        skus = await choice_store.skus_of_product(connection, wanted.product) if wanted.product else None
        supplier = await choice_store.supplier_id(connection, wanted.supplier) if wanted.supplier else None
        if skus == []:
            raise InvalidInput(fields={"product": Words("没有这个商品")})
        if wanted.supplier and supplier is None:
            raise InvalidInput(fields={"supplier": Words("没有这个货源")})
        return await choice_store.choose(
            connection, floor(wanted.since), floor(wanted.until), states=[wanted.state], sku_ids=skus,
            supplier_id=supplier, why=wanted.why or None, at_most=ORDERS_MAX,
        )  # fmt: skip


def read_pasted(text: str) -> Pasted:
    """Order numbers, one a line or parted by commas. Raises InvalidInput (field numbers)."""
    found: dict[int, None] = {}
    unread: list[int] = []
    for line, content in enumerate(text.splitlines(), start=1):
        for part in filter(None, (part.strip() for part in re.split(r"[,，;；\t]", content))):
            order_id = read(part)
            if order_id is None:
                unread.append(line)
            else:
                found[order_id] = None
    if not found:
        raise InvalidInput(fields={"numbers": Words("没有读到订单号，请每行粘贴一个完整的订单号")})
    if len(found) > ORDERS_MAX:
        raise InvalidInput(fields={"numbers": Words("一次最多 10000 个订单号，请分几批")})
    return Pasted(tuple(found), tuple(dict.fromkeys(unread))[:UNREAD_MAX])
