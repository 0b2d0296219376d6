"""What can be done in every state by every role, and that everything else says why not."""

from dataclasses import replace

import pytest

from kameng.desk.actions import NOT_PERMITTED, TABLE, Act, Standing, next_steps
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.staff.roles import Role, may

_S, _R = OrderState, Role

#: An order of which everything is so that nothing but its state, or the reader's role, is in the way.
READY = Standing(
    state=_S.PAID, was_paid=True, left_fen=1000, cards=1, has_account=True, delivery="stuck", open_attempts=1,
    askable_attempts=1, is_held=True, corrections_left=1, offers=1, has_open_case=True, stuck_refunds=1,
    others_requests=1,
)  # fmt: skip

#: What depends on the state; all else depends on what there is besides.
BY_STATE: dict[OrderState, set[Act]] = {
    _S.AWAITING_PAYMENT: set(),
    _S.UNDER_REVIEW: {Act.ACCEPT, Act.REFUND},
    _S.PAID: set(),
    _S.DELIVERING: {Act.ASK_CORRECTION},
    _S.DELIVERED: {Act.REFUND, Act.REVEAL},
    _S.COMPLETED: {Act.REFUND, Act.REVEAL},
    _S.EXCEPTION: {Act.ASK_CORRECTION, Act.REFUND},
    _S.RESUBMITTING: {Act.ASK_CORRECTION},
    _S.CANCELLED: set(),
    _S.REFUNDING: set(),
    _S.REFUNDED: set(),
}
IN_ANY = {
    Act.SETTLE_DELIVERY, Act.ASK_SUPPLIER, Act.ROUTE_AGAIN, Act.RESUBMIT, Act.ANSWER_CASE, Act.SETTLE_REFUND,
    Act.APPROVE_REFUND, Act.SHOW_ACCOUNT, Act.SHOW_CONTACT,
}  # fmt: skip
BY_ROLE: dict[Role, set[Act]] = {
    _R.OWNER: set(Act),
    _R.OPERATOR: {
        Act.SETTLE_DELIVERY, Act.ASK_SUPPLIER, Act.ROUTE_AGAIN, Act.DECIDE_RESUBMISSION, Act.RESUBMIT,
        Act.ASK_CORRECTION, Act.ANSWER_CASE,
    },
    _R.CUSTOMER_SERVICE: {
        Act.ASK_SUPPLIER, Act.DECIDE_RESUBMISSION, Act.RESUBMIT, Act.ASK_CORRECTION, Act.ANSWER_CASE, Act.REFUND,
        Act.REVEAL, Act.SHOW_ACCOUNT, Act.SHOW_CONTACT,
    },
    _R.FINANCE: {Act.RELEASE, Act.ACCEPT, Act.SETTLE_REFUND, Act.APPROVE_REFUND, Act.REFUND},
}  # fmt: skip


def possible(order: Standing, role: Role = _R.OWNER) -> set[Act]:
    return {step.act for step in next_steps(order, role) if step.why_not is None}


def why_not(order: Standing, act: Act, role: Role = _R.OWNER) -> Words | None:
    return next(step.why_not for step in next_steps(order, role) if step.act is act)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", OrderState)
def test_every_state_for_every_role(state: OrderState, role: Role) -> None:
    steps = next_steps(replace(READY, state=state), role)
    assert {step.act for step in steps} == set(Act)
    fits = BY_STATE[state] | IN_ANY
    assert {step.act for step in steps if step.why_not is None} == fits & BY_ROLE[role]
    for step in steps:
        if step.why_not is not None:
            assert step.why_not.chinese
            assert (step.why_not == NOT_PERMITTED) == (step.act in fits)


def test_the_table_of_roles_is_the_one_everybody_asks() -> None:
    assert {role: {act for act in Act if may(role, TABLE[act][0])} for role in Role} == BY_ROLE


def test_what_can_be_done_stands_first() -> None:
    steps = [step.why_not is not None for step in next_steps(READY, _R.OWNER)]
    assert steps == sorted(steps)


@pytest.mark.parametrize(
    ("act", "change"),
    [
        (Act.REFUND, {"left_fen": 0}),
        (Act.REFUND, {"was_paid": False}),
        (Act.REVEAL, {"cards": 0}),
        (Act.SHOW_ACCOUNT, {"has_account": False}),
        (Act.RESUBMIT, {"offers": 0}),
        (Act.RESUBMIT, {"resubmission": "under_way"}),
        (Act.SETTLE_DELIVERY, {"open_attempts": 0}),
        (Act.ASK_SUPPLIER, {"askable_attempts": 0}),
        (Act.ROUTE_AGAIN, {"is_held": False}),
        (Act.ANSWER_CASE, {"has_open_case": False}),
        (Act.SETTLE_REFUND, {"stuck_refunds": 0}),
        (Act.APPROVE_REFUND, {"others_requests": 0}),
        (Act.APPROVE_REFUND, {"others_requests": 0, "own_requests": 1}),
    ],
)
def test_what_is_not_there_is_in_the_way(act: Act, change: dict[str, object]) -> None:
    order = replace(READY, state=_S.DELIVERED)
    assert act in possible(order)
    assert act not in possible(replace(order, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"has_account": False}, {"live_attempts": 1}, {"delivery": "done"}, {"corrections_left": 0}]
)
def test_a_buyer_is_asked_only_while_nothing_is_on_its_way(change: dict[str, object]) -> None:
    order = replace(READY, state=_S.EXCEPTION)
    assert Act.ASK_CORRECTION in possible(order)
    assert Act.ASK_CORRECTION not in possible(replace(order, **change))  # type: ignore[arg-type]


def test_an_order_held_back_is_released_and_one_paid_short_is_accepted() -> None:
    short = replace(READY, state=_S.UNDER_REVIEW)
    held = replace(short, held_back=True)
    assert possible(short) & {Act.ACCEPT, Act.RELEASE} == {Act.ACCEPT}
    assert possible(held) & {Act.ACCEPT, Act.RELEASE} == {Act.RELEASE}


def test_a_resubmission_is_decided_only_while_it_waits_for_a_person() -> None:
    for state in (None, "applied", "waiting", "asked", "under_way"):
        assert why_not(replace(READY, resubmission=state), Act.DECIDE_RESUBMISSION) is not None
    assert why_not(replace(READY, resubmission="with_staff"), Act.DECIDE_RESUBMISSION) is None
    assert why_not(replace(READY, resubmission="with_staff"), Act.DECIDE_RESUBMISSION, _R.FINANCE) == NOT_PERMITTED
