"""How a supplier answers when it does not answer as it should. Set for the next calls, for always, or by chance."""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from litestar import Response

from kameng.web.sandbox import breakage
from kameng.web.sandbox.suppliers.emulation import Call, Emulation, Said, compact
from kameng.web.sandbox.suppliers.wares import No

HUGE_BYTES = 2_000_000
#: An order nobody placed.
OTHER_ORDER = "X000000000000000000"


class How(StrEnum):
    """NOT_DONE_… leave the books as they were; the others do what was asked and then fail to say so."""

    REFUSE = "refuse"
    NOT_DONE_502 = "not_done_502"
    NOT_DONE_HANG = "not_done_hang"
    NOT_DONE_DROP = "not_done_drop"
    HTML_502 = "html_502"
    HTML_200 = "html_200"
    HANG = "hang"
    SLOW = "slow"
    DROP = "drop"
    CUT_OFF = "cut_off"
    HALF_JSON = "half_json"
    EMPTY = "empty"
    NULL = "null"
    LIST = "list"
    HUGE = "huge"
    REDIRECT = "redirect"
    OTHER_ORDER = "other_order"
    WRONG_TYPES = "wrong_types"
    NUMBERS_AS_TEXT = "numbers_as_text"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_CODE = "unknown_code"
    NO_CODE = "no_code"


NOT_DONE = frozenset({How.REFUSE, How.NOT_DONE_502, How.NOT_DONE_HANG, How.NOT_DONE_DROP})


@dataclass
class Whim:
    """`times` None: until something else is set. `seconds`: how long HANG and SLOW take. `no`: what REFUSE says."""

    how: How
    times: int | None = 1
    seconds: float = 15.0
    no: No = No.MAINTENANCE


@dataclass(frozen=True)
class Chance:
    """One call in `1 / odds` has this whim."""

    call: Call
    how: How
    odds: float
    seconds: float = 15.0


class Whims(breakage.Due[Call, Whim]):
    """Those that were set come first; without any, chance decides (by the seed, the same each time)."""

    def __init__(self) -> None:
        super().__init__(Call)
        self._chances: tuple[Chance, ...] = ()
        self._random = random.Random(0)  # noqa: S311 - it plays

    def leave_to_chance(self, *chances: Chance, seed: int = 0) -> None:
        self._chances = chances
        self._random.seed(seed)

    def next(self, call: Call) -> Whim | None:
        if due := super().next(call):
            return due
        for chance in self._chances:
            if chance.call is call and self._random.random() < chance.odds:
                return Whim(chance.how, seconds=chance.seconds)
        return None


async def whimsical(
    act: Callable[[], Said], *, whim: Whim | None, call: Call, emulation: Emulation, seal: Callable[[Any], Any]
) -> Response[Any]:
    """Acts, or does not, and says so, or does not."""
    if whim is None:
        return written(act(), seal)
    match whim.how:
        case How.REFUSE:
            return written(emulation.decline(call, whim.no), seal)
        case How.NOT_DONE_502:
            return breakage.broken_page(status=502)
        case How.NOT_DONE_DROP:
            return breakage.cut_off("")
        case How.NOT_DONE_HANG:
            await asyncio.sleep(whim.seconds)
            return breakage.broken_page(status=504)
    said = act()
    if whim.how in {How.HANG, How.SLOW}:
        await asyncio.sleep(whim.seconds)
        return written(said, seal)
    if whim.how in _ALTERATIONS:
        return written(Said(_ALTERATIONS[whim.how](said.body, emulation), said.status, said.headers), seal)
    return _broken(whim.how, written(said, seal))


def written(said: Said, seal: Callable[[Any], Any]) -> Response[Any]:
    body = said.body if isinstance(said.body, str) else seal(said.body)
    text = body if isinstance(body, str) else compact(body)
    return Response(text.encode(), media_type=said.media_type, status_code=said.status, headers=dict(said.headers))


def _broken(how: How, proper: Response[Any]) -> Response[Any]:
    text = proper.content.decode()
    fixed: Mapping[How, Callable[[], Response[Any]]] = {
        How.HTML_502: lambda: breakage.broken_page(status=502),
        How.HTML_200: lambda: breakage.broken_page(status=200),
        How.DROP: lambda: breakage.cut_off(""),
        How.CUT_OFF: lambda: breakage.cut_off(text),
        How.HALF_JSON: lambda: breakage.unfinished(text),
        How.EMPTY: breakage.nothing,
        How.REDIRECT: breakage.redirect,
        How.HUGE: lambda: _text(text + " " * HUGE_BYTES),
        How.NULL: lambda: _text("null"),
        How.LIST: lambda: _text(f"[{text}]"),
    }
    return fixed[how]()


def _text(text: str) -> Response[Any]:
    return Response(text.encode(), media_type=breakage.JSON_TYPE, status_code=200)


def _each(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """Every single value of a JSON tree, by the name of the field it stands in."""
    if isinstance(value, dict):
        return {key: _each(inner, change, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_each(inner, change, name) for inner in value]
    return change(name, value)


def _other_order(body: Any, _: Emulation) -> Any:
    """Every order number becomes another one; they are known by their length and digits."""

    def other(_name: str, value: Any) -> Any:
        looks_so = isinstance(value, str) and len(value) >= 9 and sum(c.isdigit() for c in value) >= 6
        return OTHER_ORDER if looks_so else value

    return _each(body, other)


def _wrong_types(body: Any, emulation: Emulation) -> Any:
    """Result codes stay readable; everything behind them has the wrong shape."""
    return _each(body, lambda name, value: value if name in emulation.code_names else [[value]])


def _numbers_as_text(body: Any, _: Emulation) -> Any:
    def texted(_name: str, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    return _each(body, texted)


def _unknown(names: Callable[[Emulation], frozenset[str]]) -> Callable[[Any, Emulation], Any]:
    def altered(body: Any, emulation: Emulation) -> Any:
        wanted = names(emulation)

        def other(name: str, value: Any) -> Any:
            return (77 if isinstance(value, int) else "77") if name in wanted else value

        return _each(body, other)

    return altered


def _no_code(body: Any, emulation: Emulation) -> Any:
    return {name: value for name, value in body.items() if name not in emulation.code_names}


_ALTERATIONS: Mapping[How, Callable[[Any, Emulation], Any]] = {
    How.OTHER_ORDER: _other_order,
    How.WRONG_TYPES: _wrong_types,
    How.NUMBERS_AS_TEXT: _numbers_as_text,
    How.UNKNOWN_STATUS: _unknown(lambda emulation: emulation.status_names),
    How.UNKNOWN_CODE: _unknown(lambda emulation: emulation.code_names),
    How.NO_CODE: _no_code,
}
