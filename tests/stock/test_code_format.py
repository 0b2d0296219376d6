"""Formats people write for codes, and those nobody may write."""

import pytest

from kameng.stock.code_format import CodeFormat, UnsafeFormat


@pytest.mark.parametrize(
    ("expression", "code", "fits"),
    [
        (r"[A-Z0-9]{16}", "ABCD1234EFGH5678", True),
        (r"[A-Z0-9]{16}", "ABCD1234EFGH567", False),
        (r"[A-Z0-9]{16}", "ABCD1234EFGH56789", False),
        (r"^[A-Z0-9]{4}(-[A-Z0-9]{4}){3}$", "ABCD-1234-EFGH-5678", True),
        (r"\d{10,12}", "12345678901", True),
        (r"[^\s]+----\S+", "user@example.com----pass]word", True),
        (r"[]x]{2}", "]x", True),
        (r"(?:XBOX|PSN)\d{8}", "PSN12345678", True),
        (r"(?:A|B){16}", "ABABABABABABABAB", True),
        (r"卡\d+", "卡123", True),
        (r"a.c", "abc", True),
    ],
)
def test_a_code_fits_its_format_as_a_whole(expression: str, code: str, fits: bool) -> None:
    pattern = CodeFormat(expression, keeps_case=True).pattern
    assert pattern is not None
    assert (pattern.fullmatch(code) is not None) is fits


@pytest.mark.parametrize(("keeps_case", "fits"), [(True, False), (False, True)])
def test_case_counts_only_where_codes_keep_it(keeps_case: bool, fits: bool) -> None:
    pattern = CodeFormat("[A-Z]{4}", keeps_case=keeps_case).pattern
    assert pattern is not None
    assert (pattern.fullmatch("abcd") is not None) is fits


def test_no_format_takes_any_code() -> None:
    assert CodeFormat(None, keeps_case=False).pattern is None


@pytest.mark.parametrize(
    "expression",
    [
        r"(a+)+",
        r"(a|a)*b",
        r"(a?){30}a{30}",
        r"(\d+\s?)+",
        r".*.*.*x",
        r"([A-Z]+|\d)+",
        r"((ab|cd){8}){8}",
        r"(?=a)b",
        r"(a)\1",
        r"a**",
        r"a+?",
        r"(?P<x>a)",
        r"(?i)a",
        r"[a-z",
        r"(a",
        r"a)",
        r"*a",
        r"a{2",
        r"[z-a]",
        "a" * 201,
    ],
)
def test_what_could_take_for_ever_or_cannot_be_read_is_refused(expression: str) -> None:
    with pytest.raises(UnsafeFormat):
        CodeFormat(expression, keeps_case=False)
