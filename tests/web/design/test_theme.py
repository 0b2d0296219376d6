import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kameng.web.design.theme import contrast, theme_sheet


def colours_of(sheet: str) -> list[tuple[float, float, float]]:
    found = re.findall(r"--brand:#([0-9a-f]{6})", sheet)
    return [(int(c[:2], 16) / 255, int(c[2:4], 16) / 255, int(c[4:], 16) / 255) for c in found]


@given(st.integers(0, 0xFFFFFF))
def test_any_colour_can_be_read_on_white_and_on_dark(colour: int) -> None:
    sheet = theme_sheet(f"{colour:06x}")
    assert sheet is not None
    light, dark = colours_of(sheet)
    assert contrast(light, (1.0, 1.0, 1.0)) >= 4.4
    assert contrast(dark, (0.075, 0.09, 0.11)) >= 4.4


@pytest.mark.parametrize("text", ["", "fff", "red", "12345g", "}body{", "1234567"])
def test_what_is_no_colour_makes_no_sheet(text: str) -> None:
    assert theme_sheet(text) is None
