"""Macros 常用语: what staff write again and again, with places for what differs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kameng.aftersales import answer_store
from kameng.aftersales.words import WORDS_MAX
from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words

NAME_MAX = 40
#: What may stand in braces, and what it becomes.
PLACES: Mapping[str, Words] = {
    "order_no": Words("订单号"),
    "product": Words("商品"),
    "state": Words("订单状态"),
    "kind": Words("问题类型"),
    "staff": Words("客服登录名"),
    "site": Words("站点名称"),
}
_PLACE = re.compile(r"\{([^{}]*)\}")


class MacroMissing(Refusal):
    code = "macro_missing"
    status = 404
    words = Words("没有这条常用语")


@dataclass(frozen=True)
class Macro:
    id: int
    name: str
    words: str
    position: int


async def list_macros(connection: Connection) -> list[Macro]:
    return [Macro(**dict(row)) for row in await answer_store.macros(connection)]


async def save_macro(tx: Transaction, *, name: str, words: str, position: int = 0) -> int:
    """Of the same name is written over; its number. Raises InvalidInput (fields name, words)."""
    name, words = name.strip(), words.replace("\r\n", "\n").strip()
    wrong: dict[str, Words] = {}
    if not 1 <= len(name) <= NAME_MAX:
        wrong["name"] = Words("名称为 1 到 40 个字")
    if not 1 <= len(words) <= WORDS_MAX:
        wrong["words"] = Words("内容为 1 到 1000 字")
    elif {place for place in _PLACE.findall(words) if place not in PLACES}:
        wrong["words"] = Words("花括号里有不认识的占位符")
    if wrong:
        raise InvalidInput(fields=wrong)
    return await answer_store.save_macro(tx, name, words, position)


async def drop_macro(tx: Transaction, macro_id: int) -> str:
    """Its name. Raises MacroMissing."""
    name = await answer_store.drop_macro(tx, macro_id)
    if name is None:
        raise MacroMissing
    return name


def filled_in(macro: Macro, values: Mapping[str, str]) -> str:
    """The words with every place filled; values are put in as they are, braces and all."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), macro.words)
