"""The order number: says its age, survives being typed, and a slip of the keyboard leads back to it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kameng.kernel.clock import SHANGHAI
from kameng.orders.number import OrderId, candidates, draw, floor, grouped, printed, read

EXAMPLE = OrderId(261122143055123456)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - zone given
KEYS = st.builds(lambda moment, tail: OrderId(floor(moment) + tail), MOMENTS, st.integers(0, 999_999))

# More candidates than this would no longer be "did you mean", and the database is asked for each.
HANDFUL = 12


Slip = Callable[[str], Iterator[str]]


def some_numbers(count: int) -> list[OrderId]:
    """The same ones in every run, from years that will be."""
    random = Random(2026)
    start = datetime(2026, 1, 1, tzinfo=SHANGHAI)
    return [
        OrderId(floor(start + timedelta(seconds=random.randrange(10 * 365 * 86400))) + random.randrange(10**6))
        for _ in range(count)
    ]


def wrong_digits(digits: str) -> Iterator[str]:
    for place, right in enumerate(digits):
        yield from (digits[:place] + wrong + digits[place + 1 :] for wrong in "0123456789" if wrong != right)


def missing_digits(digits: str) -> Iterator[str]:
    yield from (digits[:place] + digits[place + 1 :] for place in range(len(digits)))


def extra_digits(digits: str) -> Iterator[str]:
    yield from (digits[:place] + extra + digits[place:] for place in range(len(digits) + 1) for extra in "0123456789")


def swapped_neighbours(digits: str) -> Iterator[str]:
    for place in range(len(digits) - 1):
        if digits[place] != digits[place + 1]:
            yield digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]


def test_the_example_of_the_documents() -> None:
    assert printed(EXAMPLE) == "26112214305512345656"
    assert grouped(EXAMPLE) == "2611 2214 3055 1234 5656"
    assert read("2611 2214 3055 1234 5656") == EXAMPLE


@pytest.mark.parametrize(
    "typed",
    [
        "26112214305512345656",
        " 2611 2214 3055 1234 5656 ",
        "2611-2214-3055-1234-5656",
        "2611—2214—3055—1234—5656",
        "２６１１２２１４３０５５１２３４５６５６",
        "２６１１　２２１４　３０５５　１２３４　５６５６",
        "订单号：2611 2214 3055 1234 5656",
        "2611\t2214\n3055 1234 5656",
    ],
)
def test_a_number_is_read_however_it_was_pasted(typed: str) -> None:
    assert read(typed) == EXAMPLE
    assert candidates(typed) == [EXAMPLE]


@pytest.mark.parametrize(
    "typed", ["", "  ", "kameng", "5656", "26112214305512345607", "0" * 20, "9" * 20, "1" * 500, "261122143055123456"]
)
def test_what_is_no_number_is_not_read(typed: str) -> None:
    assert read(typed) is None


@pytest.mark.parametrize("typed", ["", "kameng", "5656", "1" * 18, "1" * 22, "1" * 5000, "٢" * 20])
def test_far_from_a_number_there_are_no_candidates(typed: str) -> None:
    assert candidates(typed) == []


def test_each_key_is_printed_in_one_way() -> None:
    """00 leaves the same remainder as 97, and 01 as 98; only the latter are ever printed."""
    for key in some_numbers(500):
        text = printed(key)
        assert "02" <= text[18:] <= "98"
        twin = f"{text[:18]}{int(text[18:]) - 97:02d}"
        if text[18:] in ("97", "98"):
            assert read(twin) is None


def test_a_drawn_number_says_its_second_in_shanghai() -> None:
    moment = datetime(2026, 11, 22, 6, 30, 55, 999_999, tzinfo=UTC)
    for _ in range(100):
        number = draw(moment)
        assert number // 10**6 == 261122143055
        assert floor(moment) <= number < floor(moment + timedelta(seconds=1))


def test_numbers_of_one_second_are_not_guessed_from_each_other() -> None:
    drawn = {draw(datetime(2026, 11, 22, tzinfo=UTC)) for _ in range(300)}
    assert len(drawn) > 290


@given(key=KEYS)
def test_a_printed_number_reads_back(key: OrderId) -> None:
    assert len(printed(key)) == 20
    assert int(printed(key)) % 97 == 1
    assert read(printed(key)) == read(grouped(key)) == key


@given(earlier=MOMENTS, later=MOMENTS)
def test_numbers_sort_as_their_orders_came(earlier: datetime, later: datetime) -> None:
    assert (floor(earlier) <= floor(later)) or earlier > later


@given(key=KEYS, slip=st.sampled_from([wrong_digits, swapped_neighbours]), data=st.data())
@settings(max_examples=300)
def test_no_slip_of_the_same_length_is_another_number(key: OrderId, slip: Slip, data: st.DataObject) -> None:
    slips = list(slip(printed(key)))
    assert read(data.draw(st.sampled_from(slips))) is None


@pytest.mark.parametrize("slip", [wrong_digits, missing_digits, extra_digits, swapped_neighbours])
def test_every_single_slip_leads_back_to_the_number(slip: Slip) -> None:
    """Each slip at each place of each number; and never to so many that it would be guessing."""
    most = 0
    for key in (EXAMPLE, *some_numbers(60)):
        for typed in slip(printed(key)):
            found = candidates(typed)
            assert key in found, (printed(key), typed)
            assert len(found) == len(set(found))
            most = max(most, len(found))
    assert most <= HANDFUL


@given(typed=st.text(max_size=100))
def test_whatever_is_typed_gets_at_most_a_handful(typed: str) -> None:
    assert len(candidates(typed)) <= HANDFUL


@given(digits=st.text("0123456789", min_size=19, max_size=21))
@settings(max_examples=500)
def test_every_candidate_is_a_number_with_a_date(digits: str) -> None:
    for candidate in candidates(digits):
        assert read(printed(candidate)) == candidate
        datetime.strptime(f"20{candidate // 10**6}+0800", "%Y%m%d%H%M%S%z")
