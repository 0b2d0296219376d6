"""The forms of a name that people type: plain, pinyin, initials.

重庆 reads chongqing as a phrase and zhongqing letter by letter; both are kept.
"""

from functools import cache
from importlib import import_module
from itertools import chain
from typing import Any

from kameng.kernel.text import narrowed


def plain(text: str) -> str:
    """NFKC, lower case, without blanks."""
    return "".join(narrowed(text).lower().split())


def pinyin_of(text: str) -> str:
    """Syllables joined: by phrase, and once more letter by letter where that differs."""
    return _both(text, "NORMAL")


def initials_of(text: str) -> str:
    """The first letter of each syllable: 王者荣耀 → wzry."""
    return _both(text, "FIRST_LETTER")


def _both(text: str, style_name: str) -> str:
    pypinyin = _pypinyin()
    style = pypinyin.Style[style_name]
    letters = plain(text)
    by_phrase = "".join(pypinyin.lazy_pinyin(letters, style=style))
    by_letter = "".join(chain.from_iterable(pypinyin.lazy_pinyin(letter, style=style) for letter in letters))
    return by_phrase if by_phrase == by_letter else f"{by_phrase} {by_letter}"


@cache
def _pypinyin() -> Any:
    """Loaded by whoever first saves a product: its dictionary takes 55 MB, and hardly any process ever needs it."""
    return import_module("pypinyin")
