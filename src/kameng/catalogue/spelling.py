"""The forms of a name that people type: plain, pinyin, initials.

重庆 reads chongqing as a phrase and zhongqing letter by letter; both are kept.
"""

from itertools import chain

from pypinyin import Style, lazy_pinyin

from kameng.kernel.text import narrowed


def plain(text: str) -> str:
    """NFKC, lower case, without blanks."""
    return "".join(narrowed(text).lower().split())


def pinyin_of(text: str) -> str:
    """Syllables joined: by phrase, and once more letter by letter where that differs."""
    return _both(text, Style.NORMAL)


def initials_of(text: str) -> str:
    """The first letter of each syllable: 王者荣耀 → wzry."""
    return _both(text, Style.FIRST_LETTER)


def _both(text: str, style: Style) -> str:
    letters = plain(text)
    by_phrase = "".join(lazy_pinyin(letters, style=style))
    by_letter = "".join(chain.from_iterable(lazy_pinyin(letter, style=style) for letter in letters))
    return by_phrase if by_phrase == by_letter else f"{by_phrase} {by_letter}"
