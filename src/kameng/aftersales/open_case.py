"""One tap opens a case, with the order's facts in it."""

from dataclasses import dataclass
from datetime import timedelta

from kameng.aftersales import store
from kameng.aftersales.case import Actor, Case, CaseKind, CaseRules
from kameng.aftersales.clocks import opened
from kameng.aftersales.facts import snapshot
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId

CASES_A_DAY = 5
DAY = timedelta(days=1)


class TooManyCases(Refusal):
    code = "too_many_cases"
    status = 429
    words = Words("这个订单今天申请售后的次数太多了，请明天再试，或在之前的工单里查看结果")


@dataclass(frozen=True)
class OpenedCase:
    """`is_new` is False when the order had a case under way: a second tap leads to it."""

    case: Case
    is_new: bool


async def open_case(*, db: Database, rules: CaseRules, order_id: OrderId, kind: CaseKind) -> OpenedCase:
    """The caller has checked that its opener owns the order. Raises OrderMissing, TooManyCases."""
    async with db.transaction() as tx:
        await lock_order(tx, order_id)
        under_way = await store.newest(tx.connection, order_id)
        if under_way is not None and under_way.closed_at is None:
            return OpenedCase(under_way, is_new=False)
        if await store.cases_since(tx, order_id, tx.now - DAY) >= CASES_A_DAY:
            raise TooManyCases
        facts = await snapshot(tx, order_id)
        case = await store.open_case(tx, (order_id, kind, facts, *opened(rules, tx.now)))
        assert case is not None, "whoever holds the order opens its case"
        await store.tell(tx, case, "opened", Actor.BUYER, None, {"kind": kind})
        return OpenedCase(case, is_new=True)
