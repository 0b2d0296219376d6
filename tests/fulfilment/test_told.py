"""Whatever a supplier says can be written down."""

from hypothesis import given
from hypothesis import strategies as st

from kameng.fulfilment.attempt import Unproven
from kameng.fulfilment.told import NUMBER_MAX, WORDS_MAX, told_of
from kameng.kernel.money import FEN_MAX
from kameng.supply.answer import Accepted, Delivered, Failed, InDoubt, Partly, Reason

ANYTHING = st.text(st.characters(codec=None), max_size=400)


@given(words=ANYTHING, number=ANYTHING, receipt=ANYTHING, fen=st.integers())
def test_nothing_a_database_refuses_gets_through(words: str, number: str, receipt: str, fen: int) -> None:
    told = told_of(Partly(1, words, supplier_no=number, receipt=receipt, cost_fen=fen, refund_fen=fen))
    for text in (told.words, told.receipt, told.supplier_no or "x"):
        assert "\0" not in text
        text.encode()
    assert told.supplier_no in {None, number}
    assert told.cost_fen in ({fen} if 0 <= fen <= FEN_MAX else {None})
    assert told.refund_fen == told.cost_fen


def test_contacts_are_struck_out_and_length_has_an_end() -> None:
    told = told_of(InDoubt("请联系 13800001234 " + "啊" * 400))
    assert told.words.startswith("请联系 ***")
    assert len(told.words) <= WORDS_MAX


def test_a_number_longer_than_any_is_none() -> None:
    assert told_of(Accepted(supplier_no="9" * NUMBER_MAX)).supplier_no == "9" * NUMBER_MAX
    assert told_of(Accepted(supplier_no="9" * (NUMBER_MAX + 1))).supplier_no is None
    assert told_of(Accepted(supplier_no="")).supplier_no is None


def test_what_is_not_said_stays_open() -> None:
    told = told_of(Accepted())
    assert (told.said, told.supplier_no, told.cost_fen, told.refund_fen, told.reason) == ("accepted", *[None] * 4)
    assert told_of(Failed(Reason.BALANCE_LOW, "余额不足")).reason is Reason.BALANCE_LOW
    assert told_of(Unproven("no codes")).said == "indoubt"
    assert "AAAA" not in repr(told_of(Delivered(receipt="AAAA")))
