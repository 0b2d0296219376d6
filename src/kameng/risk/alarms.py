"""Alarms 告警: things a person should look at. Equal ones that nobody has seen yet are one row with a count."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from kameng.kernel.database import Connection, Transaction
from kameng.risk import store

SHOWN_MAX = 200


class AlarmKind(StrEnum):
    LOOKUP_SCANNING = "lookup_scanning"
    FORGED_NOTICE = "forged_notice"
    UNKNOWN_PAYMENT = "unknown_payment"
    NOTICE_CONTRADICTED = "notice_contradicted"
    PAID_TOO_LITTLE = "paid_too_little"
    PAYMENT_UNSETTLED = "payment_unsettled"
    REFUND_STUCK = "refund_stuck"
    REFUND_LAPSED = "refund_lapsed"
    JOB_GAVE_UP = "job_gave_up"
    STAFF_LOCKED_OUT = "staff_locked_out"
    PRICE_DRIFT = "price_drift"
    GOODS_GONE = "goods_gone"
    SUPPLIER_BALANCE_LOW = "supplier_balance_low"
    SUPPLIER_UNREADABLE = "supplier_unreadable"
    SUPPLIER_TROUBLE = "supplier_trouble"
    DELIVERY_STUCK = "delivery_stuck"
    DELIVERED_SHORT = "delivered_short"
    SUPPLIER_CONTRADICTS = "supplier_contradicts"
    SUPPLIER_OVERCHARGED = "supplier_overcharged"
    UNKNOWN_DELIVERY = "unknown_delivery"
    ORDER_HELD = "order_held"
    ORDER_BLOCKED = "order_blocked"
    RESUBMISSION_LEFT = "resubmission_left"
    MERCHANT_NOT_REACHED = "merchant_not_reached"
    CASE_OVERDUE = "case_overdue"
    ORDER_STUCK = "order_stuck"


@dataclass(frozen=True)
class Alarm:
    id: int
    kind: AlarmKind
    subject: str
    facts: dict[str, Any]
    times: int
    first_at: datetime
    last_at: datetime
    seen_by: int | None
    seen_at: datetime | None


async def raise_alarm(tx: Transaction, kind: AlarmKind, subject: str, **facts: object) -> None:
    """In the caller's transaction. `facts` hold no secret and no contact."""
    await store.raise_alarm(tx, kind, subject, facts)


async def list_alarms(connection: Connection, *, with_seen: bool = False) -> list[Alarm]:
    """Unseen ones first, newest first."""
    rows = await store.list_alarms(connection, with_seen=with_seen, at_most=SHOWN_MAX)
    return [Alarm(**{**dict(row), "kind": AlarmKind(row["kind"])}) for row in rows]


async def mark_seen(tx: Transaction, alarm_id: int, *, staff_id: int) -> bool:
    """False when it is gone or was seen before."""
    return await store.mark_seen(tx, alarm_id, staff_id) is not None
