"""What of a catalogue can be taken, and why the rest can't: nothing is mended, nothing guessed."""

import re
from dataclasses import dataclass
from typing import Any

from kameng.kernel.money import FEN_MAX
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods, GoodsKind, Unusable

NUMBER_MAX = 100
NAME_MAX = 200
ASKS_MAX = 20
CHOICES_MAX = 1000
COUNT_MAX = 2**31 - 1
#: How many unusable entries a report names, and how long each may be.
NAMED_MAX = 50
WHY_MAX = 120

# `<` alone may stand in a name; a letter, a slash or a bang behind it makes it a tag.
_MARKUP = re.compile(r"<[A-Za-z/!?]")


@dataclass(frozen=True)
class Sifted:
    """`unusable` is complete; `told` shortens it for a report."""

    goods: tuple[Goods, ...]
    unusable: tuple[Unusable, ...]

    def told(self) -> list[dict[str, str]]:
        return [
            {"number": plain(str(entry.number), NUMBER_MAX), "why": plain(str(entry.why), WHY_MAX)}
            for entry in self.unusable[:NAMED_MAX]
        ]


def sift(catalogue: Catalogue) -> Sifted | None:
    """None for a catalogue of more than GOODS_MAX entries: it is garbage as a whole."""
    if len(catalogue.goods) + len(catalogue.unusable) > GOODS_MAX:
        return None
    goods: dict[str, Goods] = {}
    unusable = list(catalogue.unusable)
    for entry in catalogue.goods:
        why = unfit(entry) or ("the number stands for several goods" if entry.number in goods else None)
        if why is None:
            goods[entry.number] = entry
        else:
            unusable.append(Unusable(_number_of(entry), why))
    return Sifted(tuple(goods.values()), tuple(unusable))


def unfit(entry: Goods) -> str | None:
    """Why these goods can't be taken; in English, for the operator's report."""
    faults = (
        ("the number is no text of 1 to 100 characters", not _is_text(entry.number, 1, NUMBER_MAX)),
        ("the name is no text of 1 to 200 characters", not _is_text(entry.name, 1, NAME_MAX)),
        ("the category is no text of up to 200 characters", not _is_text(entry.category, 0, NAME_MAX)),
        ("markup in a text", _has_markup(entry.number, entry.name, entry.category)),
        ("neither codes nor a top-up", not isinstance(entry.kind, GoodsKind)),
        ("the price is no amount", not _is_count(entry.price_fen, 0, FEN_MAX)),
        ("the stock is no count", entry.stock is not None and not _is_count(entry.stock, 0, COUNT_MAX)),
        ("it doesn't say whether it is on sale", not isinstance(entry.on_sale, bool)),
        ("the face value is no amount", entry.face_fen is not None and not _is_count(entry.face_fen, 1, FEN_MAX)),
        ("impossible limits", not _has_limits(entry)),
        ("what it asks for can't be read", not _has_asks(entry)),
    )
    return next((why for why, applies in faults if applies), None)


def plain(text: str, longest: int) -> str:
    """What a supplier wrote, fit for a report."""
    return "".join(c if c.isprintable() else " " for c in text[:longest])


def _is_text(value: object, shortest: int, longest: int) -> bool:
    return isinstance(value, str) and shortest <= len(value) <= longest and value.isprintable()


def _is_count(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _has_markup(*texts: object) -> bool:
    return any(isinstance(text, str) and _MARKUP.search(text) for text in texts)


def _has_limits(entry: Goods) -> bool:
    if not _is_count(entry.quantity_min, 1, COUNT_MAX):
        return False
    return entry.quantity_max is None or _is_count(entry.quantity_max, entry.quantity_min, COUNT_MAX)


def _has_asks(entry: Goods) -> bool:
    asks: Any = entry.asks
    return (
        isinstance(asks, tuple)
        and len(asks) <= ASKS_MAX
        and all(
            _is_text(ask.name, 1, NAME_MAX)
            and _is_text(ask.label, 0, NAME_MAX)
            and len(ask.choices) <= CHOICES_MAX
            and all(_is_text(choice, 0, NAME_MAX) for choice in ask.choices)
            and not _has_markup(ask.name, ask.label, *ask.choices)
            for ask in asks
        )
    )


def _number_of(entry: Goods) -> str:
    return str(entry.number)[:NUMBER_MAX]
