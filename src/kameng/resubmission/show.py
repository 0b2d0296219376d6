"""What an order's page shows of putting it right."""

from dataclasses import dataclass
from datetime import datetime

from kameng.catalogue.browse import find_offer
from kameng.catalogue.form import AccountForm
from kameng.kernel.database import Database
from kameng.orders.lifecycle import LIFECYCLE, ArrivalConfirmed, CancelledAfterPayment, OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.resubmission import store
from kameng.resubmission.change_goods import Alternative, alternatives
from kameng.resubmission.offer import Offer, offers
from kameng.resubmission.resubmission import (
    Kind,
    Resubmission,
    ResubmissionRules,
    ResubmissionState,
    Step,
    Verdict,
    steps_of,
)
from kameng.resubmission.situation import Situation, find_situation
from kameng.resubmission.verify import verify


@dataclass(frozen=True)
class Shown:
    """`newest` is the last resubmission and `steps` its five. `form` is what can be corrected now, empty if nothing;
    `correct_until` where the buyer was asked to. `cancel_until`: until then a paid order can be taken back. `replaces`:
    the order that this one took the place of. `alternatives`: face values it could be changed to. `tries_left` before
    a person takes over."""

    offers: list[Offer]
    newest: Resubmission | None
    steps: list[Step]
    form: AccountForm
    sku_id: int
    correct_until: datetime | None
    cancel_until: datetime | None
    can_confirm: bool
    replaces: OrderId | None
    alternatives: list[Alternative]
    tries_left: int


async def show(*, db: Database, rules: ResubmissionRules, order_id: OrderId) -> Shown:
    """The caller has checked that its reader may see the order. Raises OrderMissing."""
    now = db.clock.now()
    async with db.reading() as connection:
        order = await find_situation(connection, order_id, now=now)
        if order is None:
            raise OrderMissing
        replaces = await store.by_new_order(connection, order_id)
        correct_until = _correct_until(order, rules)
        may_correct = verify(Kind.CORRECT_ACCOUNT, order, rules, now=now).verdict is Verdict.PASSED
        can_correct = correct_until is not None or (order.open is None and may_correct)
        offer = await find_offer(connection, order.sku_id) if can_correct else None
    offered = offers(order, rules, now=now)
    others: list[Alternative] = []
    if any(one.kind is Kind.CHANGE_GOODS for one in offered):
        others = await alternatives(db, order)
    return Shown(
        offers=[one for one in offered if one.kind is not Kind.CHANGE_GOODS or others],
        newest=order.newest,
        steps=steps_of(order.newest) if order.newest else [],
        form=offer.form if offer else (),
        sku_id=order.sku_id,
        correct_until=correct_until,
        cancel_until=_cancel_until(order, rules, now),
        can_confirm=LIFECYCLE.allows(order.state, ArrivalConfirmed) and order.open is None,
        replaces=replaces,
        alternatives=others,
        tries_left=max(0, rules.tries_max - order.tries),
    )


async def history(db: Database, order_id: OrderId) -> list[Resubmission]:
    """All of an order's resubmissions, oldest first: what after-sales and staff look at."""
    async with db.reading() as connection:
        return await store.all_of(connection, order_id)


def _correct_until(order: Situation, rules: ResubmissionRules) -> datetime | None:
    is_asked = order.open is not None and order.open.state is ResubmissionState.ASKED
    if order.open is None or not is_asked or order.state is not OrderState.EXCEPTION:
        return None
    return order.open.applied_at + rules.correct_within


def _cancel_until(order: Situation, rules: ResubmissionRules, now: datetime) -> datetime | None:
    if order.paid_at is None or not LIFECYCLE.allows(order.state, CancelledAfterPayment):
        return None
    is_bound = order.was_read or order.attempts or order.is_merchants or order.owes_refund or order.open is not None
    until = order.paid_at + rules.cancel_within
    return until if not is_bound and now <= until else None
