"""The sweep that keeps the promises in sight: warn, escalate, close what its buyer has left alone."""

from datetime import timedelta

from kameng.aftersales import store
from kameng.aftersales.case import (
    Case,
    CaseRules,
    CaseState,
    Escalated,
    Outcome,
    TakenAsSolved,
    Warned,
    WentQuiet,
    case_subject,
)
from kameng.aftersales.clocks import warn_at
from kameng.aftersales.move import SYSTEM, move
from kameng.kernel.database import Database, Transaction
from kameng.orders.number import printed
from kameng.risk.alarms import AlarmKind, raise_alarm

AT_A_TIME = 50
MINUTE = timedelta(minutes=1)


async def watch_cases(*, db: Database, rules: CaseRules) -> int:
    """How many were looked at. Any number of workers may do so at once."""
    async with db.transaction() as tx:
        cases = await store.lock_to_look_at(tx, at_most=AT_A_TIME)
        for case in cases:
            await _look(tx, rules, case)
    return len(cases)


async def _look(tx: Transaction, rules: CaseRules, case: Case) -> None:
    if case.state is CaseState.SOLVED:
        await move(tx, rules, case, TakenAsSolved, by=SYSTEM, closed_at=tx.now)
    elif case.state is CaseState.WAITING_FOR_BUYER:
        await move(tx, rules, case, WentQuiet, by=SYSTEM, outcome=Outcome.WITHDRAWN, closed_at=tx.now)
    elif case.due_at is not None and case.due_at <= tx.now:
        await _escalate(tx, rules, case)
    elif (warn := warn_at(case, rules)) is not None and warn <= tx.now:
        await move(tx, rules, case, Warned, by=SYSTEM, warned_at=tx.now)


async def _escalate(tx: Transaction, rules: CaseRules, case: Case) -> None:
    """A promise is broken: staff are alarmed, and again when as much time has gone by once more."""
    assert case.due_at is not None
    await move(
        tx, rules, case, Escalated, by=SYSTEM,
        warned_at=case.warned_at or tx.now, missed_at=tx.now, escalations=case.escalations + 1,
    )  # fmt: skip
    late = int((tx.now - case.due_at) / MINUTE)
    await raise_alarm(
        tx, AlarmKind.CASE_OVERDUE, case_subject(case.id),
        order_no=printed(case.order_id), promise=case.due_for, minutes_late=late,
    )  # fmt: skip
