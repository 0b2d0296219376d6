"""When a case is due: the promises that run in each state, and the moments at which time alone changes something."""

from dataclasses import replace
from datetime import datetime

from kameng.aftersales.case import Case, CaseRules, CaseState, Clock

#: Of the time that was promised, how much is left when we warn.
WARN_AT_LAST = 4
_WAITS_FOR_BUYER = frozenset({CaseState.WAITING_FOR_BUYER, CaseState.SOLVED})


def opened(rules: CaseRules, now: datetime) -> tuple[datetime, datetime, datetime, datetime, Clock, datetime]:
    """The clocks of a new case: when it was opened, answer by, solve by, due at, for what, and when to look at it."""
    answer_by, solve_by = now + rules.answer_within, now + rules.solve_within
    due_at, due_for = min((answer_by, Clock.ANSWER), (solve_by, Clock.SOLUTION))
    return now, answer_by, solve_by, due_at, due_for, due_at - rules.within(due_for) / WARN_AT_LAST


def clocked(before: Case, after: Case, *, rules: CaseRules, now: datetime) -> Case:
    """`after` with its clocks set: paused while the buyer is waited for, moved on by that pause when the buyer is back.

    Whatever happens while the buyer is waited for gives them the whole time again.
    """
    case = after
    waits = case.state is CaseState.WAITING_FOR_BUYER
    if waits and case.paused_at is None:
        case = replace(case, paused_at=now)
    elif not waits and case.paused_at is not None:
        case = replace(case, solve_by=case.solve_by + (now - case.paused_at), paused_at=None)
    case = replace(case, close_at=now + rules.closes_after if case.state in _WAITS_FOR_BUYER else None)
    due_for, due_at = _due(case)
    if (due_for, due_at) != (before.due_for, before.due_at):
        case = replace(case, due_for=due_for, due_at=due_at, warned_at=None, missed_at=None)
    return replace(case, look_at=_look_at(case, rules))


def warn_at(case: Case, rules: CaseRules) -> datetime | None:
    """From when on the promise that ends next is near its end."""
    if case.due_at is None or case.due_for is None:
        return None
    return case.due_at - rules.within(case.due_for) / WARN_AT_LAST


def _due(case: Case) -> tuple[Clock | None, datetime | None]:
    if not case.is_under_way or case.paused_at is not None:
        return None, None
    if case.first_answered_at is None and case.answer_by <= case.solve_by:
        return Clock.ANSWER, case.answer_by
    return Clock.SOLUTION, case.solve_by


def _look_at(case: Case, rules: CaseRules) -> datetime | None:
    """Nothing under way is without such a moment: a promise that is broken is told of again and again."""
    if case.due_at is None or case.due_for is None:
        return case.close_at
    if case.missed_at is not None:
        return case.missed_at + rules.within(case.due_for)
    return case.due_at if case.warned_at is not None else warn_at(case, rules)
