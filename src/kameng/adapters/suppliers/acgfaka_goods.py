"""acg-faka's goods: in which kinds they come, what each costs, and what is asked for with an order.

Facts are from the program itself (lizhipay/acg-faka 3.6.0): `Ini::toArray`, `Order::valuation`, `Shop::getItem`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import unquote

from kameng.adapters.suppliers.acgfaka_wire import RESERVED
from kameng.adapters.suppliers.reading import count_of, fen_up, read_json, text_of
from kameng.adapters.suppliers.reading import one_of as usable
from kameng.supply.answer import Reason, Refused
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable

KINDS_MAX = 200
# What stands for goods that do not run out.
PLENTY = 10_000_000
# A name PHP leaves as it is; one of digits alone would be sorted as a number.
_FIELD_NAME = re.compile(r"[^\W\d][\w-]{0,63}")


@dataclass(frozen=True)
class Choice:
    """What a number of goods stands for: the goods' code, its 类型 (race), and one option of each 规格 (sku).

    Written `CODE`, `CODE?race=月卡`, `CODE?race=月卡&sku.区服=一区`.
    """

    code: str
    race: str = ""
    sku: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [f"race={_escaped(self.race)}"] if self.race else []
        parts += [f"sku.{_escaped(name)}={_escaped(option)}" for name, option in self.sku.items()]
        return _escaped(self.code) + ("?" + "&".join(parts) if parts else "")

    @classmethod
    def read(cls, number: str) -> "Choice":
        code, _, rest = number.partition("?")
        pairs = [part.partition("=") for part in rest.split("&") if part]
        sku = {unquote(name[4:]): unquote(option) for name, _, option in pairs if name.startswith("sku.")}
        race = next((unquote(option) for name, _, option in pairs if name == "race"), "")
        return cls(unquote(code), race, sku)

    @property
    def label(self) -> str:
        return " ".join((self.race, *self.sku.values())).strip()


def _escaped(text: str) -> str:
    return re.sub(r"[%&=?]", lambda found: f"%{ord(found[0]):02X}", text)


def ini(config: object) -> dict[str, Any]:
    """The shop's own kind of INI: `[category]`, then `月卡=9.90`; a dot in a name goes one deeper. An object is taken
    as it is, text that can't be read is empty."""
    if isinstance(config, dict):
        return config
    found: dict[str, Any] = {}
    node: dict[str, Any] | None = None
    for line in str(config or "").splitlines():
        if head := re.search(r"\[(.*?)\]\s*$", line):
            node = found.setdefault(head[1], {})
        elif node is not None and line.count("=") == 1:
            name, _, value = line.partition("=")
            *way, last = name.split(".")
            place: Any = node
            for step in way:
                place = place.setdefault(step, {}) if isinstance(place, dict) else {}
            if isinstance(place, dict):
                place[last] = value.strip()
    return found


def goods_of(entry: object, *, category: str) -> list[Goods | Unusable]:
    """An entry of the shop's catalogue: one for each kind it comes in."""
    if not isinstance(entry, dict):
        return [Unusable("", "not an object")]
    code, name = text_of(entry, "code"), text_of(entry, "name")
    why = _wrong_with(entry, code, name)
    config = ini(entry.get("config"))
    races, skus = _priced(config.get("category")), _sku_of(config.get("sku"))
    base_fen = fen_up(entry.get("user_price"))
    asks = asked_fields(entry.get("widget"))
    if why is None and (races is None or skus is None or (base_fen is None and not races)):
        why = "a price nobody can read"
    if why is None and asks is None:
        why = "asks for something that can't be asked for"
    if why is not None or races is None or skus is None or asks is None:
        return [Unusable(code, why or "")]
    kinds = list(product(races.items() or [("", base_fen or 0)], *(options.items() for options in skus.values())))
    if len(kinds) > KINDS_MAX:
        return [Unusable(code, f"comes in {len(kinds)} kinds")]
    stock, most = stock_of(entry), count_of(entry, "maximum") or None
    found: list[Goods | Unusable] = []
    for (race, fen), *options in kinds:
        choice = Choice(code, race, {sku: option for sku, (option, _) in zip(skus, options, strict=True)})
        found.append(
            Goods(
                number=str(choice),
                name=f"{name} {choice.label}".strip(),
                price_fen=fen + sum(extra for _, extra in options),
                kind=GoodsKind.CODE,
                category=category,
                # Told for all kinds together.
                stock=stock if len(kinds) == 1 or stock == 0 else None,
                quantity_min=count_of(entry, "minimum") or 1,
                quantity_max=most,
                asks=asks,
            )
        )
    return found


def stock_of(entry: object) -> int | None:
    """None where it is not told, or is more than anybody buys."""
    stock = count_of(entry, "stock")
    return None if stock is None or stock >= PLENTY else stock


def one_of(found: list[Goods | Unusable], choice: Choice) -> Goods | Refused:
    """The chosen kind among those the goods come in."""
    for goods in found:
        if isinstance(goods, Unusable) or Choice.read(goods.number) == choice:
            return usable(goods)
    return Refused(Reason.GOODS_GONE, "not sold in this kind any more")


def _wrong_with(entry: Mapping[str, Any], code: str, name: str) -> str | None:
    if not code or not name:
        return "no code or no name"
    if text_of(entry, "delivery_way") not in {"0", ""}:
        return "delivered by hand, and the shop never says when"
    if text_of(entry, "status") not in {"1", ""}:
        return "not on sale"
    return None


def asked_fields(widget: object) -> tuple[AskedField, ...] | None:
    """What the shop asks for with an order; None if it is something that can't be sent."""
    if widget is None or widget in ("", []):
        return ()
    widget = read_json(widget) if isinstance(widget, str) else widget
    if not isinstance(widget, list) or not all(isinstance(item, dict) for item in widget):
        return None
    asks = []
    for item in widget:
        if text_of(item, "type") == "custom":
            continue
        name = text_of(item, "name")
        if not _FIELD_NAME.fullmatch(name) or name in RESERVED:
            return None
        options = [part.partition("=") for part in text_of(item, "dict").split(",") if part.strip()]
        choices = tuple((value or label).strip() for label, _, value in options)
        asks.append(AskedField(name, text_of(item, "cn") or text_of(item, "title") or name, choices))
    return tuple(asks)


def _priced(node: object) -> dict[str, int] | None:
    if node is None or node == []:
        return {}
    if not isinstance(node, dict):
        return None
    fens = {str(name): fen_up(price) for name, price in node.items()}
    read = {name: fen for name, fen in fens.items() if fen is not None}
    return read if len(read) == len(fens) else None


def _sku_of(node: object) -> dict[str, dict[str, int]] | None:
    """What each option costs on top; an option without a price costs nothing more."""
    if node is None or node == []:
        return {}
    if not isinstance(node, dict):
        return None
    skus = {}
    for name, options in node.items():
        extras = {k: v or "0" for k, v in options.items()} if isinstance(options, dict) else None
        priced = _priced(extras)
        if not priced:
            return None
        skus[str(name)] = priced
    return skus
