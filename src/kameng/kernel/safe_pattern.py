"""Regular expressions from people, run over texts from other people.

Python can't stop a regular expression that has lost its way, so only those are taken that can't: literals, classes,
groups, alternation and repetition, and together few enough ways to match that the worst text costs milliseconds.
"""

import re

TEXT_CHARACTERS_MAX = 500
PATTERN_CHARACTERS_MAX = 200
# Two unlimited repetitions in a row (account----password) can share 500 characters in 500 × 500 ways.
WAYS_MAX = 300_000

_ATOM = re.compile(
    r"\\[dDwWsS]|\\[^A-Za-z0-9]|\\[tnr]"  # escapes
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]"  # a class
    r"|[^\\\[\](){}|*+?^$]",  # itself
    re.DOTALL,
)
_REPEAT = re.compile(r"[*+?]|\{(\d{1,3})(,(\d{0,3}))?\}")


class UnsafePattern(Exception):
    """It can't be read, or there is no telling how long it would take."""


def safe_pattern(expression: str, *, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """Compiled, for `fullmatch` against texts of at most TEXT_CHARACTERS_MAX. Raises UnsafePattern."""
    if len(expression) > PATTERN_CHARACTERS_MAX or _Reader(expression).ways() > WAYS_MAX:
        raise UnsafePattern
    try:
        return re.compile(expression, flags)
    except re.error as error:
        raise UnsafePattern from error


class _Reader:
    """Counts in how many ways an expression could match one text. Raises UnsafePattern at what it can't read."""

    def __init__(self, expression: str) -> None:
        self._text = expression.removeprefix("^").removesuffix("$")
        self._at = 0

    def ways(self) -> int:
        ways = self._alternatives()
        if self._at != len(self._text):
            raise UnsafePattern
        return ways

    def _alternatives(self) -> int:
        ways = self._sequence()
        while self._takes("|"):
            ways += self._sequence()
        return ways

    def _sequence(self) -> int:
        ways = 1
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            ways = min(ways * self._repeated(self._one()), WAYS_MAX + 1)
        return ways

    def _one(self) -> int:
        if self._takes("(?:") or self._takes("("):
            ways = self._alternatives()
            if not self._takes(")"):
                raise UnsafePattern
            return ways
        if (atom := _ATOM.match(self._text, self._at)) is None:
            raise UnsafePattern
        self._at = atom.end()
        return 1

    def _repeated(self, ways: int) -> int:
        if (repeat := _REPEAT.match(self._text, self._at)) is None:
            return ways
        self._at = repeat.end()
        least, most = _bounds(repeat)
        if ways == 1:
            return max(most - least + 1, 1)
        # Every turn has the choice anew.
        return WAYS_MAX + 1 if most * ways.bit_length() > 64 else (most - least + 1) * ways**most

    def _takes(self, text: str) -> bool:
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True


def _bounds(repeat: re.Match[str]) -> tuple[int, int]:
    match repeat[0]:
        case "*":
            return 0, TEXT_CHARACTERS_MAX
        case "+":
            return 1, TEXT_CHARACTERS_MAX
        case "?":
            return 0, 1
    least = int(repeat[1])
    return least, least if repeat[2] is None else int(repeat[3] or TEXT_CHARACTERS_MAX)
