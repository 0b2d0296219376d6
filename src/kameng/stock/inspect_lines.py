"""Which lines become cards, and why the others don't. No database here: this runs in a thread beside it."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from kameng.stock.card import Reason, RefusedLine
from kameng.stock.code_format import CODE_CHARACTERS_MAX, CodeFormat
from kameng.stock.lines import Line, day_of
from kameng.stock.vault import Index, normal_form

_REPLACED = "\N{REPLACEMENT CHARACTER}"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass
class Inspected:
    """A run of lines. The four lists run in parallel: an entry for each acceptable card."""

    last_line: int
    numbers: list[int] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    blind_indexes: list[bytes] = field(default_factory=list)
    expiries: list[date | None] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)


def inspect_lines(lines: Sequence[Line], *, code_format: CodeFormat, index: Index, on: date) -> Inspected:
    """Everything that can be said of these lines without asking the vault. `on` is the shop's today."""
    found = Inspected(last_line=lines[-1].number)
    seen: set[bytes] = set()
    keeps_case = code_format.keeps_case
    matches = code_format.pattern.fullmatch if code_format.pattern else None
    for number, code, expires, fault in lines:
        day = None
        reason = fault or _fault_of(code)
        if reason is None and matches and not matches(code):
            reason = Reason.WRONG_FORMAT
        if reason is None and expires is not None:
            day = day_of(expires)
            reason = Reason.UNREADABLE_DATE if day is None else Reason.EXPIRED if day <= on else None
        if reason is None:
            blind = index(normal_form(code, keeps_case=keeps_case))
            if blind in seen:
                reason = Reason.REPEATED_IN_FILE
            else:
                seen.add(blind)
                found.numbers.append(number)
                found.codes.append(code)
                found.blind_indexes.append(blind)
                found.expiries.append(day)
                continue
        found.refused.append(RefusedLine(number, reason))
    return found


def _fault_of(code: str) -> Reason | None:
    if len(code) > CODE_CHARACTERS_MAX:
        return Reason.TOO_LONG
    if code.isascii():
        return None if code.isprintable() else Reason.CONTROL_CHARACTER
    if _REPLACED in code:
        return Reason.UNREADABLE_TEXT
    return Reason.CONTROL_CHARACTER if _hides_something(code) else None


def _hides_something(text: Iterable[str]) -> bool:
    """What no buyer could see or type: controls, zero-width characters, code points that mean nothing."""
    return any(unicodedata.category(character) in _INVISIBLE for character in text)
