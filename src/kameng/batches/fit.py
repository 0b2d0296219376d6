"""Which orders fit an action, and why the others don't. The verb that does it looks again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from kameng.batches import choice_store, item_store
from kameng.batches.batch import Action, Unfit
from kameng.kernel.database import Database
from kameng.orders.lifecycle import OrderState
from kameng.payment.request import ASKED_IN
from kameng.resubmission.resubmission import Kind, ResubmissionRules, ResubmissionState, Verdict, Why
from kameng.resubmission.situation import Situation, find_situations
from kameng.resubmission.verify import verify

AT_ONCE = 1000

_KINDS = {
    OrderState.EXCEPTION: Kind.DELIVER_AGAIN,
    OrderState.AWAITING_PAYMENT: Kind.PAID_NOT_SEEN,
    OrderState.CANCELLED: Kind.PAID_NOT_SEEN,
}
#: What a person may allow in a batch; whatever else speaks against it is looked at one by one.
_ALLOWED_MANY = frozenset({Why.TOO_MANY_TRIES, Why.SUPPLIER_IN_DOUBT, Why.NO_ANSWER, Why.STUCK_AGAIN})


@dataclass(frozen=True)
class Facts:
    """Money in fen; `left_fen` could go back and is not asked for. `live`: attempts that may still deliver."""

    order_id: int
    state: OrderState
    amount_fen: int
    left_fen: int
    live: int


async def look_at(
    db: Database, action: Action, order_ids: Sequence[int], *, rules: ResubmissionRules
) -> list[item_store.New]:
    """What each is, in the order they were given."""
    items: list[item_store.New] = []
    for start in range(0, len(order_ids), AT_ONCE):
        some = order_ids[start : start + AT_ONCE]
        async with db.reading() as connection:
            rows = await choice_store.facts(connection, some)
            known = {row["id"]: Facts(row["id"], OrderState(row["state"]), *tuple(row)[2:]) for row in rows}
            found = await find_situations(connection, some) if action is Action.RESUBMIT else []
        situations = {int(one.order_id): one for one in found}
        items += [_item(action, id_, known.get(id_), situations.get(id_), rules, db.clock.now()) for id_ in some]
    return items


def _item(
    action: Action, order_id: int, facts: Facts | None, situation: Situation | None, rules: ResubmissionRules,
    now: datetime,
) -> item_store.New:  # fmt: skip
    if facts is None:
        return item_store.New(order_id, None, 0, Unfit.ORDER_MISSING)
    match action:
        case Action.REFUND:
            return item_store.New(order_id, facts.state, max(facts.left_fen, 0), _against_refund(facts))
        case Action.RELEASE:
            why = None if facts.state is OrderState.UNDER_REVIEW else Unfit.WRONG_STATE
            return item_store.New(order_id, facts.state, facts.amount_fen, why)
        case Action.RESUBMIT:
            against = against_resubmission(situation, rules, now=now) if situation else Unfit.ORDER_MISSING
            return item_store.New(order_id, facts.state, facts.amount_fen, against)


def _against_refund(facts: Facts) -> Unfit | None:
    if facts.state not in ASKED_IN:
        return Unfit.WRONG_STATE
    if facts.left_fen <= 0:
        return Unfit.NOTHING_LEFT
    if facts.live and facts.state is OrderState.EXCEPTION:
        return Unfit.DELIVERY_IN_DOUBT
    return None


def kind_for(state: OrderState) -> Kind | None:
    """The one way of putting it right that neither its buyer has to pay for nor anybody has to answer questions for."""
    return _KINDS.get(state)


def may_allow(kind: Kind, why: Collection[Why]) -> bool:
    """Whether what the rules left to a person may be allowed together with others."""
    return kind is Kind.DELIVER_AGAIN and bool(why) and _ALLOWED_MANY.issuperset(why)


def against_resubmission(order: Situation, rules: ResubmissionRules, *, now: datetime) -> str | None:
    """A code of Unfit or of resubmission's Why; None when it fits."""
    if order.open is not None:
        if order.open.state is not ResubmissionState.WITH_STAFF:
            return Unfit.UNDER_WAY
        return (
            None
            if may_allow(order.open.kind, order.open.why) and order.state is OrderState.EXCEPTION
            else Unfit.ONE_BY_ONE
        )
    kind = kind_for(order.state)
    if kind is None:
        return Unfit.WRONG_STATE
    judgement = verify(kind, order, rules, now=now)
    if judgement.verdict is Verdict.DECLINED:
        return judgement.why[0]
    if judgement.verdict is Verdict.LEFT_TO_STAFF and not _ALLOWED_MANY.issuperset(judgement.why):
        return Unfit.ONE_BY_ONE
    return None
