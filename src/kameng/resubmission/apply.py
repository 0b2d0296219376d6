"""One tap: a buyer applies, the rules verify, and what can be put right by itself is put right at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import BUYER, Actor
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.resubmission import store
from kameng.resubmission.change_goods import change_goods
from kameng.resubmission.deliver_again import deliver_again
from kameng.resubmission.desk import Desk
from kameng.resubmission.find_out import IN_TWO_STEPS, find_out
from kameng.resubmission.judge import SecondProofNeeded, exchanges_often, judge
from kameng.resubmission.move import move
from kameng.resubmission.replace_code import replace_code
from kameng.resubmission.resubmission import (
    Declined,
    Kind,
    LeftToStaff,
    Resubmission,
    ResubmissionState,
    Verdict,
    Why,
)
from kameng.resubmission.situation import find_situation
from kameng.resubmission.verify import Judgement, verify
from kameng.risk.scorecard import Verdict as Risk

PURPOSE_HINT = "resubmission hint"
HINT_MAX = 64
#: Number and tail won't do: these decide where goods go, and which.
NEED_OWNER = frozenset({Kind.REPLACE_CODE, Kind.CHANGE_GOODS})
REASON_MAX = 300
#: Whoever taps again within this is told what the last tap came to.
SAME_TAP = timedelta(seconds=10)
#: A worker looks after what a process left half done.
LOOK_AFTER = timedelta(seconds=30)


class OwnerNeeded(Refusal):
    """Number and tail open the page; what changes where goods go, or which, needs the whole contact."""

    code = "owner_needed"
    status = 403
    words = Words("为了您的订单安全，请填写下单时的完整手机号或邮箱")


class CorrectionNeeded(Refusal):
    """This kind takes the answers to the product's form; see `correct_account`."""

    code = "correction_needed"
    status = 422
    words = Words("请填写要修改的充值信息")


@dataclass(frozen=True)
class Application:
    """Who wants what. `has_proved`: the whole contact was typed just now. `hint` is a gateway's number as it was typed;
    `places` of codes that don't work count from 0. `wanted_sku_id`: what goods are changed to."""

    order_id: OrderId
    kind: Kind
    is_owner: bool
    has_proved: bool = False
    actor: Actor = BUYER
    reason: str = ""
    hint: str = field(default="", repr=False)
    places: Sequence[int] = ()
    wanted_sku_id: int | None = None
    address: str | None = None


async def apply(desk: Desk, application: Application) -> Resubmission:
    """The resubmission as it stands after this tap. Five taps at once are one; what is open already is given again.

    What the rules decline is no error: it is kept with its reasons. Raises OrderMissing, OwnerNeeded, CorrectionNeeded,
    SecondProofNeeded, AlreadySent.
    """
    if application.kind is Kind.CORRECT_ACCOUNT:
        raise CorrectionNeeded
    if application.kind in NEED_OWNER and not application.is_owner:
        raise OwnerNeeded
    async with desk.db.transaction() as tx:
        order = await lock_order(tx, application.order_id)
        one = await _known(tx, application) or await _new(tx, desk, order, application)
    if one is None:
        # What it was weighed at is kept.
        raise SecondProofNeeded
    if one.kind in IN_TWO_STEPS and one.state in {ResubmissionState.APPLIED, ResubmissionState.WAITING}:
        return await find_out(desk, one, address=application.address)
    return one


async def _known(tx: Transaction, application: Application) -> Resubmission | None:
    if (one := await store.open_of(tx, application.order_id)) is not None:
        return one
    newest = await store.newest(tx.connection, application.order_id)
    if newest is None or newest.kind is not application.kind or newest.ended_at is None:
        return None
    return newest if tx.now - newest.ended_at < SAME_TAP else None


async def _new(tx: Transaction, desk: Desk, order: Order, application: Application) -> Resubmission | None:
    """None when the buyer has to prove it theirs first."""
    situation = await find_situation(tx.connection, order.id, now=tx.now)
    assert situation is not None
    judgement = verify(application.kind, situation, desk.rules, now=tx.now)
    risk = await _risk_of(tx, order, application, judgement)
    if risk is Risk.MIDDLE:
        return None
    hint = application.hint.strip()[:HINT_MAX].encode()
    new = store.New(
        order.id,
        application.kind,
        application.actor,
        without_contacts(application.reason.strip()[:REASON_MAX]),
        desk.keyring.seal(hint, purpose=PURPOSE_HINT, bound_to=str(order.id).encode()) if hint else None,
        application.wanted_sku_id if application.kind is Kind.CHANGE_GOODS else None,
    )
    one = await store.insert(tx, new, look_at=tx.now + LOOK_AFTER)
    if judgement.verdict is Verdict.DECLINED:
        return await move(tx, one, Declined, why=judgement.why)
    if judgement.verdict is Verdict.LEFT_TO_STAFF or risk is Risk.HIGH:
        return await move(tx, one, LeftToStaff, why=judgement.why or [Why.RISKY])
    if application.kind is Kind.DELIVER_AGAIN:
        return await deliver_again(tx, order, one, actor=application.actor)
    if application.kind is Kind.REPLACE_CODE:
        if await exchanges_often(tx, order, desk.rules, actor=application.actor):
            return await move(tx, one, LeftToStaff, why=[Why.EXCHANGED_OFTEN])
        return await replace_code(tx, order, one, actor=application.actor, places=application.places)
    if application.kind is Kind.CHANGE_GOODS:
        return await change_goods(tx, order, one, actor=application.actor, keyring=desk.keyring)
    return one


async def _risk_of(tx: Transaction, order: Order, application: Application, judgement: Judgement) -> Risk:
    """What the rules decline is not weighed: it moves nothing."""
    if judgement.verdict is Verdict.DECLINED:
        return Risk.LOW
    return await judge(tx, order, application.kind, actor=application.actor, has_proved=application.has_proved)
