"""Amounts, answers and catalogues of suppliers: read exactly or not at all."""

from collections.abc import Awaitable

import pytest

from kameng.adapters.http import Answer
from kameng.adapters.suppliers.reading import (
    Unsent,
    asked,
    catalogue_of,
    count_of,
    fen_down,
    fen_up,
    goods_in,
    masked,
    one_of,
    read_json,
    redacted,
    signed_fen_down,
    text_of,
    unplaced,
)
from kameng.kernel.errors import Outage
from kameng.supply.answer import InDoubt, Reason, Refused
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods, GoodsKind, Unusable

pytestmark = pytest.mark.anyio


NO_AMOUNTS: tuple[object, ...] = ("", "-1", "1e3", "NaN", "１", "1,000", "1.", None, True, [], {}, 1.5, "9" * 20)
NO_TEXTS: tuple[object, ...] = ({"a": True}, {"a": None}, {"a": []}, {}, [], None, "a")


def goods(number: str = "1", name: str = "话费 100 元", price_fen: int = 9_800, **more: object) -> Goods:
    return Goods(number, name, price_fen, GoodsKind.TOP_UP, **more)  # type: ignore[arg-type]  # named in each test


@pytest.mark.parametrize(
    ("value", "up", "down"),
    [
        ("98.5", 9850, 9850),
        ("0.2000", 20, 20),
        ("13.364", 1337, 1336),
        (" 5 ", 500, 500),
        (7, 700, 700),
        ("0", 0, 0),
    ],
)
def test_an_amount_is_rounded_against_us(value: object, up: int, down: int) -> None:
    assert (fen_up(value), fen_down(value)) == (up, down)


@pytest.mark.parametrize("value", NO_AMOUNTS)
def test_what_is_no_amount_is_none(value: object) -> None:
    assert (fen_up(value), fen_down(value)) == (None, None)


def test_a_balance_may_be_below_nothing() -> None:
    assert signed_fen_down("-2257.2950") == -225_730
    assert signed_fen_down("abc") is None


def test_texts_and_counts_are_read_from_objects_alone() -> None:
    assert text_of({"a": " b "}, "a") == "b"
    assert text_of({"a": 7}, "a") == "7"
    assert [text_of(entry, "a") for entry in NO_TEXTS] == [""] * len(NO_TEXTS)
    assert [count_of({"n": value}, "n") for value in ("5", 5, "-5", "5.0", "", None)] == [5, 5, None, None, None, None]


def test_numbers_keep_their_digits() -> None:
    assert read_json('{"a": 1.10, "b": 12345678901234567890}') == {"a": "1.10", "b": "12345678901234567890"}
    assert read_json("[" * 100_000) is None
    assert read_json("") is None


async def answered(text: str, status: int = 200) -> Answer:
    return Answer(status, text.encode())


async def failed(*, outcome_known: bool) -> Answer:
    msg = "not reached"
    raise Outage(msg, outcome_known=outcome_known)


@pytest.mark.parametrize("call", [answered("<html>"), answered("[]"), answered("{}", 302), answered("")])
async def test_what_is_no_object_is_in_doubt(call: Awaitable[Answer]) -> None:
    assert isinstance(await asked(call, secret="k"), InDoubt)


async def test_a_secret_that_is_echoed_is_taken_out() -> None:
    said = await asked(answered("no such key: s3cret of 13812345678"), secret="s3cret", more_secrets=["13812345678"])
    assert isinstance(said, InDoubt)
    assert said.words.endswith("no such key: *** of ***")
    assert redacted("x" * 1000, "") == "x" * 200
    assert masked("号码 13812345678 或 a.b@example.com 异常, code 505") == "号码 *** 或 *** 异常, code 505"


async def test_what_never_left_is_a_known_no_for_orders_alone() -> None:
    unsent = await asked(failed(outcome_known=True), secret="k")
    assert isinstance(unsent, Unsent)
    assert unplaced(unsent) == Refused(Reason.OTHER, "not reached")
    lost = await asked(failed(outcome_known=False), secret="k")
    assert lost == InDoubt("not reached")
    assert isinstance(lost, InDoubt)
    assert unplaced(lost) is lost


@pytest.mark.parametrize(
    "bad",
    [
        goods(name="<b>话费</b>"),
        goods(name=""),
        goods(name="a\u202eb"),
        goods(name="x" * 201),
        goods(number=""),
        goods(price_fen=0),
        goods(price_fen=100_000_001),
        goods(category="<i>"),
        goods(quantity_min=5, quantity_max=2),
    ],
)
def test_goods_that_cant_be_are_refused_with_a_reason(bad: Goods) -> None:
    good = goods("2", "话费 <100 元 & 更多")
    read = catalogue_of([bad, good, Unusable("3", "no price")])
    assert isinstance(read, Catalogue)
    assert read.goods == (good,)
    assert [entry.number for entry in read.unusable] == [bad.number, "3"]
    assert all(entry.why for entry in read.unusable)
    assert isinstance(one_of(bad), Refused)


def test_a_number_for_two_goods_is_nobodys() -> None:
    read = catalogue_of([goods("1"), goods("1", price_fen=1), goods("2")])
    assert isinstance(read, Catalogue)
    assert [one.number for one in read.goods] == ["2"]
    assert len(read.unusable) == 2
    missing, doubled = goods_in(read, "3"), goods_in(read, "1")
    assert isinstance(missing, Refused)
    assert missing.reason is Reason.GOODS_GONE
    assert isinstance(doubled, Refused)
    assert doubled.reason is Reason.NOT_SUPPORTED
    assert goods_in(read, "2") == read.goods[0]


def test_too_many_are_refused_as_a_whole() -> None:
    assert isinstance(catalogue_of(goods(str(number)) for number in range(GOODS_MAX + 1)), Refused)
