"""When to ask a supplier about an attempt again, and when asking is no longer enough. Pure."""

from datetime import datetime

from kameng.catalogue.filling import Delivers
from kameng.fulfilment.attempt import (
    DOUBT_ASK_EVERY,
    DOUBT_ASKS_MAX,
    DOUBT_MAX,
    PLACED_MAX,
    Answer,
    Attempt,
    AttemptState,
)
from kameng.supply.answer import InDoubt, NotFound
from kameng.supply.supplier import Abilities


def weighed(answer: Answer, attempt: Attempt, abilities: Abilities | None, *, now: datetime) -> Answer:
    """ "Never heard of it" is in doubt about a young order, from a platform where it proves nothing, and about an order
    the supplier had heard of before."""
    if not isinstance(answer, NotFound):
        return answer
    means_no = abilities.not_found_means_no if abilities else None
    is_old = means_no is not None and now - attempt.called_at >= means_no
    if attempt.state is AttemptState.PLACED:
        # So shortly after it was accepted, it may not have come around to everybody there.
        return InDoubt(answer.words or "not found") if means_no is not None and not is_old else answer
    was_known = attempt.placed_at is not None or attempt.supplier_no is not None
    return answer if is_old and not was_known else InDoubt(answer.words or "not found")


def ask_at(
    attempt: Attempt, state: AttemptState, *, supplier_no: str | None, abilities: Abilities | None, now: datetime
) -> datetime | None:
    """The moment of the next question; None when nothing can be asked (any more). `abilities` None: the supplier can't
    be asked at present."""
    if abilities is None:
        return now + DOUBT_ASK_EVERY
    if not abilities.asks_by_number and supplier_no is None:
        return None
    if now - attempt.called_at >= abilities.query_window:
        return None
    pause = abilities.ask_after[min(attempt.asks, len(abilities.ask_after) - 1)]
    if state is AttemptState.IN_DOUBT and attempt.asks >= DOUBT_ASKS_MAX:
        pause = max(pause, DOUBT_ASK_EVERY)
    return now + pause


def needs_a_person(
    attempt: Attempt,
    state: AttemptState,
    *,
    delivers: Delivers,
    next_ask: datetime | None,
    now: datetime,
    can_be_asked: bool = True,
) -> bool:
    """Whether somebody has to look into it: asking is impossible, or hasn't helped for long enough."""
    if next_ask is None:
        return True
    if not can_be_asked:
        return now - attempt.called_at >= DOUBT_MAX
    if state is AttemptState.IN_DOUBT:
        since = attempt.doubted_at or now
        return attempt.asks >= DOUBT_ASKS_MAX and now - since >= DOUBT_MAX
    return now - attempt.called_at >= PLACED_MAX[delivers]
