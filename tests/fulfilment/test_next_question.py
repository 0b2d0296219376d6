"""When a supplier is asked again, what "never heard of it" is worth, and when a person has to look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kameng.catalogue.filling import Delivers
from kameng.fulfilment.attempt import (
    DOUBT_ASK_EVERY,
    DOUBT_ASKS_MAX,
    DOUBT_MAX,
    LIVE,
    PLACED_MAX,
    Attempt,
    AttemptState,
)
from kameng.fulfilment.next_question import ask_at, needs_a_person, weighed
from kameng.supply.answer import Accepted, Failed, InDoubt, NotFound, Reason
from kameng.supply.supplier import Abilities
from tests.builders.supplier import ABILITIES

CALLED = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
CODES, TOP_UP = Delivers.CODES, Delivers.TOP_UP
BLIND = replace(ABILITIES, asks_by_number=False)
PROVES_NOTHING = replace(ABILITIES, not_found_means_no=None)


def an_attempt(state: AttemptState = AttemptState.IN_DOUBT, **changes: object) -> Attempt:
    values: dict[str, object] = {
        **dict.fromkeys(Attempt.__dataclass_fields__), "state": state, "called_at": CALLED, "asks": 0, "words": "",
    }  # fmt: skip
    return Attempt(**{**values, **changes})  # type: ignore[arg-type]


def after(**passed: float) -> datetime:
    return CALLED + timedelta(**passed)


@pytest.mark.parametrize(
    ("attempt", "abilities", "minutes", "is_no"),
    [
        (an_attempt(AttemptState.CALLING), ABILITIES, 4, True),
        (an_attempt(), ABILITIES, 4, True),
        (an_attempt(), ABILITIES, 2, False),
        (an_attempt(), PROVES_NOTHING, 600, False),
        (an_attempt(), None, 600, False),
        # It knew the order once: it may know it again.
        (an_attempt(placed_at=after(seconds=1)), ABILITIES, 600, False),
        (an_attempt(supplier_no="N1"), ABILITIES, 600, False),
    ],
)
def test_never_heard_of_it_is_a_no_only_of_old_orders_nobody_ever_knew(
    attempt: Attempt, abilities: Abilities | None, minutes: float, is_no: bool
) -> None:
    answer = weighed(NotFound("no such order"), attempt, abilities, now=after(minutes=minutes))
    assert answer == (NotFound("no such order") if is_no else InDoubt("no such order"))


def test_an_accepted_order_that_is_not_found_is_in_doubt_once_it_is_old() -> None:
    placed = an_attempt(AttemptState.PLACED, placed_at=CALLED)
    assert weighed(NotFound(), placed, ABILITIES, now=after(minutes=1)) == InDoubt("not found")
    assert weighed(NotFound(), placed, ABILITIES, now=after(minutes=4)) == NotFound()
    assert weighed(NotFound(), placed, PROVES_NOTHING, now=after(minutes=1)) == NotFound()


@pytest.mark.parametrize("answer", [Accepted("N1"), InDoubt("HTTP 502"), Failed(Reason.OTHER, "失败")])
def test_everything_else_is_what_it_says(answer: Accepted | InDoubt | Failed) -> None:
    assert weighed(answer, an_attempt(), ABILITIES, now=after(minutes=1)) is answer


def test_pauses_grow_as_the_platform_wants_and_the_last_one_repeats() -> None:
    pauses = [
        ask_at(an_attempt(asks=asks), AttemptState.PLACED, supplier_no=None, abilities=ABILITIES, now=CALLED)
        for asks in range(9)
    ]
    assert pauses == [CALLED + pause for pause in (*ABILITIES.ask_after, *ABILITIES.ask_after[-1:] * 2)]


def test_long_doubt_is_asked_about_rarely_but_on_and_on() -> None:
    attempt = an_attempt(asks=DOUBT_ASKS_MAX)
    asked = ask_at(attempt, AttemptState.IN_DOUBT, supplier_no=None, abilities=ABILITIES, now=after(days=29))
    assert asked == after(days=29) + DOUBT_ASK_EVERY


@pytest.mark.parametrize(
    ("abilities", "supplier_no", "days", "can"),
    [(BLIND, None, 0, False), (BLIND, "N1", 0, True), (ABILITIES, None, 31, False), (None, None, 99, True)],
)
def test_what_cannot_be_asked_is_not(
    abilities: Abilities | None, supplier_no: str | None, days: int, can: bool
) -> None:
    asked = ask_at(
        an_attempt(), AttemptState.IN_DOUBT, supplier_no=supplier_no, abilities=abilities, now=after(days=days)
    )
    assert (asked is not None) is can


def test_nobody_is_called_while_asking_may_help() -> None:
    young = an_attempt(asks=DOUBT_ASKS_MAX, doubted_at=CALLED)
    assert not needs_a_person(young, AttemptState.IN_DOUBT, delivers=CODES, next_ask=CALLED, now=after(minutes=14))
    assert needs_a_person(young, AttemptState.IN_DOUBT, delivers=CODES, next_ask=CALLED, now=CALLED + DOUBT_MAX)
    hardly_asked = replace(young, asks=DOUBT_ASKS_MAX - 1)
    assert not needs_a_person(hardly_asked, AttemptState.IN_DOUBT, delivers=CODES, next_ask=CALLED, now=after(hours=5))
    fresh = replace(young, doubted_at=None)
    assert not needs_a_person(fresh, AttemptState.IN_DOUBT, delivers=CODES, next_ask=CALLED, now=after(hours=5))


@pytest.mark.parametrize("delivers", list(Delivers))
def test_an_accepted_top_up_has_a_day_and_codes_have_two_hours(delivers: Delivers) -> None:
    placed, most = an_attempt(AttemptState.PLACED), PLACED_MAX[delivers]
    assert most in {timedelta(hours=2), timedelta(hours=24)}
    for early, is_over in ((timedelta(minutes=1), False), (timedelta(0), True)):
        now = CALLED + most - early
        assert needs_a_person(placed, AttemptState.PLACED, delivers=delivers, next_ask=CALLED, now=now) is is_over


@pytest.mark.parametrize("state", sorted(LIVE))
def test_without_a_question_to_come_a_person_is_called_at_once(state: AttemptState) -> None:
    assert needs_a_person(an_attempt(state), state, delivers=TOP_UP, next_ask=None, now=CALLED)


@pytest.mark.parametrize("state", [AttemptState.PLACED, AttemptState.IN_DOUBT])
def test_of_a_supplier_that_cannot_be_asked_a_person_hears_soon(state: AttemptState) -> None:
    attempt = an_attempt(state)
    for now, is_over in ((after(minutes=3), False), (CALLED + DOUBT_MAX, True)):
        told = needs_a_person(attempt, state, delivers=TOP_UP, next_ask=CALLED, now=now, can_be_asked=False)
        assert told is is_over
