import pytest

from kameng.kernel.text import Words
from kameng.web.design.translation import Translator, choose_language


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "language"),
    [
        ("en", "zh-CN", "zh", "en"),
        (None, "en", "zh-CN", "en"),
        ("xx", None, "en-US,en;q=0.9,zh;q=0.8", "en"),
        (None, None, "zh-TW,en", "zh-CN"),
        (None, None, "fr,de", "zh-CN"),
        (None, None, "", "zh-CN"),
    ],
)
def test_the_language_is_asked_for_then_remembered_then_the_browsers(
    asked: str | None, remembered: str | None, accepted: str, language: str
) -> None:
    assert choose_language(asked=asked, remembered=remembered, accepted=accepted) == language


def test_what_nobody_translated_stays_chinese() -> None:
    words = Translator("en", {"你好": "Hello", "剩 %(n)s 件": "%(n)s left"})
    assert words("你好") == "Hello"
    assert words(Words("剩 %(n)s 件"), n=3) == "3 left"
    assert words("再见") == "再见"


def test_words_among_the_values_are_translated_too() -> None:
    words = Translator("en", {"预计：%(when)s": "Expected: %(when)s", "马上": "at once"})
    assert words("预计：%(when)s", when=Words("马上")) == "Expected: at once"
