"""When to ask a supplier about an attempt again, and when asking is no longer enough. Pure."""

from datetime import datetime

from kameng.fulfilment.attempt import (
    DOUBT_ASK_EVERY,
    DOUBT_ASKS_MAX,
    DOUBT_MAX,
    PLACED_MAX,
    Answer,
    Attempt,
    AttemptState,
)
from kameng.supply.supplier import Abilities, InDoubt, NotFound


def weighed(answer: Answer, attempt: Attempt, abilities: Abilities, *, now: datetime) -> Answer:
    """ "Never heard of it" about a young order, or from a platform where it proves nothing, is in doubt."""
    if not isinstance(answer, NotFound) or attempt.state is AttemptState.PLACED:
        return answer
    means_no = abilities.not_found_means_no
    if means_no is not None and now - attempt.called_at >= means_no:
        return answer
    return InDoubt(answer.words or "not found")


def ask_at(
    attempt: Attempt, state: AttemptState, *, supplier_no: str | None, abilities: Abilities, now: datetime
) -> datetime | None:
    """The moment of the next question; None when nothing can be asked (any more)."""
    if not abilities.asks_by_number and supplier_no is None:
        return None
    if now - attempt.called_at >= abilities.query_window:
        return None
    pause = abilities.ask_after[min(attempt.asks, len(abilities.ask_after) - 1)]
    if state is AttemptState.IN_DOUBT and attempt.asks >= DOUBT_ASKS_MAX:
        pause = max(pause, DOUBT_ASK_EVERY)
    return now + pause


def needs_a_person(attempt: Attempt, state: AttemptState, *, next_ask: datetime | None, now: datetime) -> bool:
    """Whether somebody has to look into it: asking is impossible, or hasn't helped for long enough."""
    if next_ask is None:
        return True
    if state is AttemptState.IN_DOUBT:
        since = attempt.doubted_at or now
        return attempt.asks >= DOUBT_ASKS_MAX and now - since >= DOUBT_MAX
    return now - attempt.called_at >= PLACED_MAX
