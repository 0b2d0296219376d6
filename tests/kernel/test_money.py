"""Money is whole fen; text in yuan becomes fen exactly or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kameng.kernel.money import fen_of, yuan


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (1, "0.01"), (10, "0.10"), (100, "1.00"), (1234, "12.34"), (-5, "-0.05")]
)
def test_fen_are_shown_as_yuan(fen: int, text: str) -> None:
    assert yuan(fen) == text


@given(fen=st.integers(0, 10**12 - 1))
def test_what_is_shown_reads_back_the_same(fen: int) -> None:
    assert fen_of(yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"), [("12", 1200), ("12.3", 1230), ("12.34", 1234), ("12.3400", 1234), ("0.01", 1), ("0", 0)]
)
def test_amounts_as_gateways_write_them(text: str, fen: int) -> None:
    assert fen_of(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", " ", "1,00", "1.", ".5", "-1", "+1", "1e3", "0.001", "12.345", "NaN", "Infinity", "1 ", " 1", "1\n",
     "１２", "١٢", "0x10", "99999999999", "1.000000001"],
)  # fmt: skip
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        fen_of(text)
