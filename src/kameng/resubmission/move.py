"""The one writer of resubmissions' states."""

from collections.abc import Sequence
from datetime import timedelta

from kameng.kernel.database import Transaction
from kameng.orders.number import OrderId
from kameng.resubmission import store
from kameng.resubmission.resubmission import (
    OPEN,
    RESUBMISSION_LIFECYCLE,
    Declined,
    LeftToStaff,
    Resubmission,
    Verdict,
    Verified,
    Why,
)
from kameng.risk.alarms import AlarmKind, raise_alarm

LOOK_AFTER = timedelta(seconds=15)
LOOK_AT_STAFFS_AFTER = timedelta(minutes=5)

_VERDICTS: dict[type, Verdict] = {
    Verified: Verdict.PASSED,
    Declined: Verdict.DECLINED,
    LeftToStaff: Verdict.LEFT_TO_STAFF,
}


async def move(
    tx: Transaction,
    one: Resubmission,
    event: type,
    *,
    why: Sequence[Why] = (),
    new_order_id: OrderId | None = None,
) -> Resubmission:
    """Let `event` happen to a resubmission the caller has locked, after its order. Raises IllegalTransition."""
    state = RESUBMISSION_LIFECYCLE.after(one.state, event)
    after = LOOK_AT_STAFFS_AFTER if event is LeftToStaff else LOOK_AFTER
    look_at = tx.now + after if state in OPEN else None
    written = store.Written(state, look_at, _VERDICTS.get(event), why, new_order_id)
    moved = await store.set_state(tx, one, written)
    if event is LeftToStaff:
        facts = {"resubmission": one.kind, "why": [str(reason) for reason in why]}
        await raise_alarm(tx, AlarmKind.RESUBMISSION_LEFT, f"order:{one.order_id}", **facts)
    return moved
