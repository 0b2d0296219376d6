"""What a supplier sells, as data; prices in fen."""

from dataclasses import dataclass
from enum import StrEnum

#: A catalogue with more goods than this is taken for garbage.
GOODS_MAX = 50_000


@dataclass(frozen=True)
class AskedField:
    """Something the supplier wants to know with an order of these goods, under its own name for it."""

    name: str
    label: str
    choices: tuple[str, ...] = ()


class GoodsKind(StrEnum):
    CODE = "code"
    TOP_UP = "top_up"


@dataclass(frozen=True)
class Goods:
    """One thing a supplier sells. `price_fen` for one piece; `stock` None when it doesn't run out or isn't told."""

    number: str
    name: str
    price_fen: int
    kind: GoodsKind
    category: str = ""
    stock: int | None = None
    on_sale: bool = True
    face_fen: int | None = None
    quantity_min: int = 1
    quantity_max: int | None = None
    asks: tuple[AskedField, ...] = ()


@dataclass(frozen=True)
class Unusable:
    """An entry of a catalogue that can't be taken, and why (in English, for the operator's report)."""

    number: str
    why: str


@dataclass(frozen=True)
class Catalogue:
    goods: tuple[Goods, ...]
    unusable: tuple[Unusable, ...] = ()
