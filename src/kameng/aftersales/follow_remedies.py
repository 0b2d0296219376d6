"""The sweep that follows what was begun for cases, tells of every step, and asks the buyer once it is done; and that
hands over to after-sales what resubmission had to leave to a person."""

from typing import Any

import structlog

from kameng.aftersales import remedy_store, store
from kameng.aftersales.case import Case, CaseKind, CaseRules, Outcome, Solved
from kameng.aftersales.clocks import opened
from kameng.aftersales.facts import snapshot
from kameng.aftersales.move import SYSTEM, By, lock_case, move
from kameng.aftersales.remedy import ENDED, RemedyKind, RemedyStage
from kameng.aftersales.solve_case import outcomes_of
from kameng.kernel.database import Database, Transaction
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId

AT_A_TIME = 50

#: What a buyer complains of whose resubmission came to nothing.
_KINDS = {
    "replace_code": CaseKind.CODES_INVALID,
    "correct_account": CaseKind.WRONG_ACCOUNT,
    "deliver_again": CaseKind.NOT_ARRIVED,
    "paid_not_seen": CaseKind.PAID_NOT_SHOWN,
    "pay_again": CaseKind.PAID_NOT_SHOWN,
}

_OUTCOMES = {
    RemedyKind.REFUND: (Outcome.REFUNDED, Outcome.REFUNDED_PART),
    RemedyKind.REPLACEMENT: (Outcome.REPLACED,),
}

log = structlog.get_logger()


async def follow_remedies(*, db: Database, rules: CaseRules) -> int:
    """How much was found. Any number of workers may do so at once."""
    async with db.reading() as connection:
        left = await remedy_store.left_to_staff(connection, at_most=AT_A_TIME)
        moved = await remedy_store.moved(connection, at_most=AT_A_TIME)
        said = await remedy_store.supplier_said(connection, at_most=AT_A_TIME)
    for rows, verb in ((left, _take_over), (moved, _follow), (said, _hear_supplier)):
        for row in rows:
            try:
                async with db.transaction() as tx:
                    await verb(tx, rules, dict(row))
            except Exception:
                # It is found again in the next round, and must not keep the others waiting.
                log.exception("case.not_followed", row=row["id"], step=verb.__name__)
    return max(len(left), len(moved), len(said))


async def _take_over(tx: Transaction, rules: CaseRules, row: dict[str, Any]) -> None:
    """A person has to decide about a resubmission: its order's case is where they find it, with its history."""
    order_id = OrderId(row["order_id"])
    await lock_order(tx, order_id)
    if not await remedy_store.is_left_to_staff(tx, row["id"]):
        return
    case = await store.lock_newest(tx, order_id)
    if case is None or case.closed_at is not None:
        kind = _KINDS.get(row["kind"], CaseKind.OTHER)
        case = await store.open_case(tx, (order_id, kind, await snapshot(tx, order_id), *opened(rules, tx.now)))
        assert case is not None, "whoever holds the order opens its case"
        await store.tell(tx, case, "opened", SYSTEM.actor, None, {"kind": kind})
    stage = RemedyStage.WITH_STAFF
    if await remedy_store.begin(tx, case.id, request_id=None, resubmission_id=row["id"], stage=stage):
        facts = {"remedy": RemedyKind.REPLACEMENT, "stage": stage}
        await store.tell(tx, case, "remedy_moved", SYSTEM.actor, None, facts)


async def _follow(tx: Transaction, rules: CaseRules, row: dict[str, Any]) -> None:
    """One step of what was begun, held after its case."""
    case = await lock_case(tx, row["case_id"])
    before = await remedy_store.lock(tx, row["id"])
    stage = RemedyStage(row["stage"])
    if before is None or before == stage:
        return
    await remedy_store.set_stage(tx, row["id"], stage, is_ended=stage in ENDED)
    kind = RemedyKind.REFUND if row["is_refund"] else RemedyKind.REPLACEMENT
    await store.tell(tx, case, "remedy_moved", SYSTEM.actor, None, {"remedy": kind, "stage": stage})
    is_over = stage is RemedyStage.DONE and not await remedy_store.is_one_under_way(tx.connection, case.id)
    if is_over and case.is_under_way:
        await _solve(tx, rules, case, kind)


async def _solve(tx: Transaction, rules: CaseRules, case: Case, kind: RemedyKind) -> None:
    """The buyer is asked whether that is the end of it."""
    proven = await outcomes_of(tx.connection, case)
    outcome = next((one for one in _OUTCOMES[kind] if one in proven), None)
    if outcome is not None:
        await move(
            tx, rules, case, Solved, by=By(SYSTEM.actor, facts={"outcome": outcome}), outcome=outcome,
            first_answered_at=case.first_answered_at or tx.now, reference=proven[outcome], solved_at=tx.now,
            follow_up_at=None,
        )  # fmt: skip


async def _hear_supplier(tx: Transaction, _rules: CaseRules, row: dict[str, Any]) -> None:
    """What came of the order at its supplier stands in the case, which somebody looks at again."""
    case = await lock_case(tx, row["id"])
    if case.closed_at is None and await remedy_store.supplier_heard(tx, case.id, row["settled_at"]):
        await store.tell(tx, case, "supplier_said", SYSTEM.actor, None, {"number": row["number"], "said": row["state"]})
