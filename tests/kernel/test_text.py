"""Forms of text that mean the same compare equal."""

import pytest

from kameng.kernel.text import digits_of, narrowed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("　１３８ ", "138"), ("ＡＢｃ", "ABc"), ("ﬁ", "fi"), ("卡盟", "卡盟"), ("", "")],
)
def test_full_width_forms_become_narrow(typed: str, meant: str) -> None:
    assert narrowed(typed) == meant


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("2611 2214", "26112214"), ("２６－１１", "2611"), ("no 12 三 3", "123"), ("٣", ""), ("②", "2"), ("", "")],
)
def test_only_digits_count(typed: str, digits: str) -> None:
    assert digits_of(typed) == digits
