"""Everything that waits for staff, queue by queue, in one shape: what it is, since when, until when, and whose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kameng.aftersales.case import CASE_STATE_NAMES, KIND_NAMES
from kameng.aftersales.queue import CaseLine, Filter, list_cases
from kameng.attention.bounds import Thing
from kameng.attention.claim import Claim, Queue, claims_of
from kameng.attention.stuck import Stuck, count_stuck, list_stuck
from kameng.desk.exceptions import ExceptionKind, ExceptionLine, count_wanting, list_exceptions
from kameng.desk.refunds import WaitingRequest, list_waiting_requests
from kameng.desk.work import (
    Followed,
    Held,
    LeftToStaff,
    count_work,
    list_followed,
    list_held_for_staff,
    list_left_to_staff,
)
from kameng.kernel.database import Database
from kameng.kernel.text import Words
from kameng.orders.lifecycle import STATE_NAMES, OrderState
from kameng.orders.number import OrderId, printed
from kameng.payment.request import REQUEST_STATE_NAMES
from kameng.resubmission.resubmission import KIND_NAMES as RESUBMISSION_KINDS
from kameng.resubmission.resubmission import WHY_WORDS, Kind, Why
from kameng.risk.scorecard import RULE_NAMES
from kameng.staff.roles import ROLE_NAMES, Permission
from kameng.web.console.supply_wording import EXCEPTIONS


class WorkQueue(StrEnum):
    DOUBT = "doubt"
    STUCK = "stuck"
    REVIEW = "review"
    CASES = "cases"
    REFUNDS = "refunds"
    RESUBMISSIONS = "resubmissions"
    FOLLOWED = "followed"


QUEUE_NAMES: Mapping[WorkQueue, Words] = {
    WorkQueue.DOUBT: Words("存疑发货"),
    WorkQueue.STUCK: Words("卡住"),
    WorkQueue.REVIEW: Words("风险审核"),
    WorkQueue.CASES: Words("售后工单"),
    WorkQueue.REFUNDS: Words("退款审批"),
    WorkQueue.RESUBMISSIONS: Words("补交转人工"),
    WorkQueue.FOLLOWED: Words("跟进订单"),
}

#: After g; the first letter of its name in pinyin where that is free.
KEYS: Mapping[WorkQueue, str] = {
    WorkQueue.DOUBT: "d",
    WorkQueue.STUCK: "k",
    WorkQueue.REVIEW: "s",
    WorkQueue.CASES: "c",
    WorkQueue.REFUNDS: "t",
    WorkQueue.RESUBMISSIONS: "b",
    WorkQueue.FOLLOWED: "f",
}

LOOKS: Mapping[WorkQueue, Permission] = {
    WorkQueue.DOUBT: Permission.ORDER_LOOK,
    WorkQueue.STUCK: Permission.ORDER_LOOK,
    WorkQueue.REVIEW: Permission.RISK_LOOK,
    WorkQueue.CASES: Permission.CASE_LOOK,
    WorkQueue.REFUNDS: Permission.REFUND_APPROVE,
    WorkQueue.RESUBMISSIONS: Permission.ORDER_LOOK,
    WorkQueue.FOLLOWED: Permission.ORDER_LOOK,
}
TAKES: Mapping[WorkQueue, Permission] = {
    WorkQueue.DOUBT: Permission.DELIVERY_HANDLE,
    WorkQueue.STUCK: Permission.ORDER_HANDLE,
    WorkQueue.REVIEW: Permission.PAYMENT_ACCEPT,
    WorkQueue.CASES: Permission.CASE_HANDLE,
    WorkQueue.REFUNDS: Permission.REFUND_APPROVE,
    WorkQueue.RESUBMISSIONS: Permission.RESUBMISSION_DECIDE,
    WorkQueue.FOLLOWED: Permission.ORDER_HANDLE,
}


@dataclass(frozen=True)
class Line:
    """`about` and `details` are words, or text as it was said. `is_late`: somebody was promised it by now. `can_take`:
    it is open to be taken; attempts that have ended are not."""

    queue: WorkQueue
    item: int
    order_id: OrderId | None
    about: Words
    details: Sequence[Words | str]
    goods: str
    since: datetime
    due_at: datetime | None
    href: str
    owner_id: int | None = None
    owner: str | None = None
    follow_up_at: datetime | None = None
    is_late: bool = False
    can_take: bool = True

    @property
    def key(self) -> str:
        return f"{self.queue}-{self.item}"


async def count_queues(db: Database) -> dict[WorkQueue, int]:
    """How many wait in each."""
    async with db.reading() as connection:
        counts = await count_work(connection, now=db.clock.now())
        doubt, stuck = await count_wanting(connection), await count_stuck(connection)
    return {
        WorkQueue.DOUBT: doubt,
        WorkQueue.STUCK: stuck,
        WorkQueue.REVIEW: counts.review,
        WorkQueue.CASES: counts.cases,
        WorkQueue.REFUNDS: counts.refunds,
        WorkQueue.RESUBMISSIONS: counts.resubmissions,
        WorkQueue.FOLLOWED: counts.followed,
    }


async def lines_of(db: Database, queue: WorkQueue) -> list[Line]:
    """What is due first on top; what has no due moment, the longest waiting first."""
    match queue:
        case WorkQueue.DOUBT:
            kinds = (ExceptionKind.IN_DOUBT, ExceptionKind.STUCK, ExceptionKind.HELD)
            found = [one for kind in kinds for one in await list_exceptions(db, kind=kind)]
            return sorted((_doubt(one) for one in found), key=lambda line: line.since)
        case WorkQueue.STUCK:
            async with db.reading() as connection:
                return [_stuck(one, db.clock.now()) for one in await list_stuck(connection)]
        case WorkQueue.REVIEW:
            async with db.reading() as connection:
                lines = [_held(one) for one in await list_held_for_staff(connection)]
        case WorkQueue.CASES:
            cases = await list_cases(db, Filter.UNDER_WAY, staff_id=0)
            return [_case(one, db.clock.now()) for one in cases if one.case.due_at is not None]
        case WorkQueue.REFUNDS:
            lines = [_refund(one) for one in await list_waiting_requests(db)]
        case WorkQueue.RESUBMISSIONS:
            async with db.reading() as connection:
                lines = [_resubmission(one) for one in await list_left_to_staff(connection)]
        case WorkQueue.FOLLOWED:
            async with db.reading() as connection:
                return [_followed(one, db.clock.now()) for one in await list_followed(connection)]
    async with db.reading() as connection:
        claims = await claims_of(connection, Queue(queue), [line.item for line in lines])
    return [_claimed(line, claims.get(line.item)) for line in lines]


def _claimed(line: Line, claim: Claim | None) -> Line:
    if claim is None or claim.changed_at < line.since:
        return line
    return replace(line, owner_id=claim.owner_id, owner=claim.owner, follow_up_at=claim.follow_up_at)


def _doubt(one: ExceptionLine) -> Line:
    order = f"/console/orders/{printed(one.order_id)}" if one.order_id is not None else "/console/exceptions"
    return Line(
        WorkQueue.DOUBT, one.attempt_id or 0, one.order_id, EXCEPTIONS[one.kind],
        [text for text in (one.supplier_name, one.words) if text], f"{one.product_name} {one.face_value}", one.since,
        None, f"/console/exceptions/{one.attempt_id}" if one.attempt_id else order, one.owner_id, one.owner,
        can_take=one.attempt_id is not None and one.kind is not ExceptionKind.HELD,
    )  # fmt: skip


STANDS: Mapping[Thing, Words] = {
    Thing.ORDER: Words("订单卡住"),
    Thing.RESUBMISSION: Words("补交卡住"),
    Thing.REFUND: Words("退款卡住"),
    Thing.REFUND_REQUEST: Words("退款申请无人审批"),
    Thing.CASE: Words("工单超过承诺"),
}


def _stuck(one: Stuck, now: datetime) -> Line:
    escalated = [Words("已升级")] if one.escalations else []
    state = STATE_NAMES[OrderState(one.state)] if one.thing is Thing.ORDER else STATE_NAMES[one.order_state]
    href = {
        Thing.CASE: f"/console/cases/{one.thing_id}",
        Thing.RESUBMISSION: f"/console/resubmissions/{one.thing_id}",
        Thing.REFUND_REQUEST: f"/console/refunds#request-{one.thing_id}",
    }.get(one.thing, f"/console/orders/{printed(one.order_id)}")
    return Line(
        WorkQueue.STUCK, one.id, one.order_id, STANDS[one.thing], [state, ROLE_NAMES[one.role], *escalated],
        f"{one.product_name} {one.face_value}", one.since, one.promise_at, href, one.owner_id, one.owner,
        one.follow_up_at, is_late=one.promise_at <= now or one.escalations > 0,
    )  # fmt: skip


def _held(one: Held) -> Line:
    return Line(
        WorkQueue.REVIEW, one.order_id, one.order_id, Words("风险审核"),
        [str(one.points), *(RULE_NAMES[reason.rule] for reason in one.reasons[:2])],
        f"{one.product_name} {one.face_value}", one.at, one.decide_by, f"/console/risk/orders/{printed(one.order_id)}",
    )  # fmt: skip


def _case(one: CaseLine, now: datetime) -> Line:
    case = one.case
    return Line(
        WorkQueue.CASES, case.id, case.order_id, KIND_NAMES[case.kind], [CASE_STATE_NAMES[case.state]],
        f"{one.product_name} {one.face_value}", case.opened_at, case.due_at, f"/console/cases/{case.id}",
        case.owner_id, one.owner, case.follow_up_at,
        is_late=case.missed_at is not None or (case.due_at is not None and case.due_at <= now),
    )  # fmt: skip


def _refund(one: WaitingRequest) -> Line:
    line = one.line
    return Line(
        WorkQueue.REFUNDS, line.id, line.order_id, REQUEST_STATE_NAMES[line.state],
        [f"¥{line.amount_fen / 100:.2f}", line.reason], f"{one.facts.product_name} {one.facts.face_value}",
        line.asked_at, line.lapse_at, f"/console/refunds#request-{line.id}",
    )  # fmt: skip


def _resubmission(one: LeftToStaff) -> Line:
    return Line(
        WorkQueue.RESUBMISSIONS, one.id, one.order_id, RESUBMISSION_KINDS[Kind(one.kind)],
        [WHY_WORDS[Why(why)] for why in one.why], f"{one.product_name} {one.face_value}", one.applied_at, one.due_at,
        f"/console/resubmissions/{one.id}",
    )  # fmt: skip


def _followed(one: Followed, now: datetime) -> Line:
    return Line(
        WorkQueue.FOLLOWED, one.order_id, one.order_id, Words("跟进订单"), [STATE_NAMES[one.state]],
        f"{one.product_name} {one.face_value}", one.changed_at, one.follow_up_at,
        f"/console/orders/{printed(one.order_id)}", one.owner_id, one.owner,
        is_late=one.follow_up_at is not None and one.follow_up_at <= now,
    )  # fmt: skip
