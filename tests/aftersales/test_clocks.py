"""Whatever happens to a case and however long it takes, its clocks fit its state; nothing under way is forgotten."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kameng.aftersales.case import CASE_LIFECYCLE, Case, CaseKind, CaseRules, CaseState, Declined, Escalated, Warned
from kameng.aftersales.clocks import clocked, opened, warn_at
from kameng.orders.number import OrderId
from tests.conftest import START

EVENTS = sorted({event for _, event in CASE_LIFECYCLE.moves}, key=lambda event: event.__name__)
ANSWERS = ("StaffWrote", "AskedBuyer", "AskedSupplier", "Solved")


def a_case(rules: CaseRules) -> Case:
    opened_at, answer_by, solve_by, due_at, due_for, look_at = opened(rules, START)
    return Case(
        1, OrderId(1), CaseKind.OTHER, CaseState.OPEN, opened_at, answer_by, None, solve_by, None, due_at, due_for,
        None, None, 0, None, None, None, None, None, None, 0, None, None, look_at,
    )  # fmt: skip


def fits(case: Case, rules: CaseRules) -> None:
    waits = case.state is CaseState.WAITING_FOR_BUYER
    assert (case.paused_at is not None) == waits
    assert (case.due_at is not None) == (case.is_under_way and not waits)
    assert (case.close_at is not None) == (waits or case.state is CaseState.SOLVED)
    # Time alone changes every case in the end, but one that is closed.
    assert (case.look_at is None) == (case.state is CaseState.CLOSED)
    assert case.solve_by >= START + rules.solve_within
    if case.due_at is not None:
        warn = warn_at(case, rules)
        assert warn is not None
        assert warn < case.due_at


@given(
    st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 10_000)), max_size=30),
    st.integers(1, 300), st.integers(1, 300),
)  # fmt: skip
def test_clocks_fit_the_state_whatever_happens(
    happenings: list[tuple[type, int]], answer_within: int, solve_within: int
) -> None:
    rules = CaseRules(timedelta(minutes=answer_within), timedelta(minutes=solve_within), timedelta(minutes=500))
    case, now, waited = a_case(rules), START, timedelta()
    fits(case, rules)
    for event, minutes in happenings:
        if CASE_LIFECYCLE.allows(case.state, event):
            now += timedelta(minutes=minutes)
            before, changes = case, dict[str, Any]()
            if event.__name__ in ANSWERS:
                changes["first_answered_at"] = case.first_answered_at or now
            if event is Declined:
                changes["solve_by"] = now + rules.solve_within
            if event is Warned:
                changes["warned_at"] = now
            if event is Escalated:
                changes["missed_at"] = now
            after = replace(case, state=CASE_LIFECYCLE.after(case.state, event), **changes)
            case = clocked(case, after, rules=rules, now=now)
            fits(case, rules)
            if before.paused_at is not None and case.paused_at is None:
                waited += now - before.paused_at
            if event is Declined:
                waited = timedelta()
                assert case.due_at == now + rules.solve_within
            elif case.reopened == 0 and Declined not in {one for one, _ in happenings}:
                # It stood still while the buyer was waited for, and no longer.
                assert case.solve_by == START + rules.solve_within + waited
