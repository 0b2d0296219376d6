"""Asking suppliers about single goods, one by one."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from kameng.supply.answer import InDoubt, Reason, Refused
from kameng.supply.goods import Goods, GoodsKind
from kameng.supply.supplier import Supplier

AT_ONCE = 5


async def ask_each(supplier: Supplier, wanted: Iterable[Mapping[str, Any]]) -> tuple[tuple[Goods, ...], bool]:
    """For a supplier that shows no catalogue: the goods that routes lead to, and whether it answered about all.

    `wanted` are rows of number, price_fen, face_fen and tops_up. Goods that are gone come back not on sale. One that
    can't be asked about at all is taken for what the route agreed: the supplier is believed to have it.
    """
    few = asyncio.Semaphore(AT_ONCE)

    async def ask(row: Mapping[str, Any]) -> Goods | None:
        async with few:
            answer = await supplier.goods(row["number"])
        match answer:
            case Goods():
                return answer if answer.number == row["number"] else None
            case Refused(reason=Reason.NOT_SUPPORTED):
                return _agreed(row, on_sale=True)
            case Refused(reason=Reason.GOODS_GONE | Reason.OUT_OF_STOCK):
                return _agreed(row, on_sale=False)
            case Refused() | InDoubt():
                return None

    answers = await asyncio.gather(*map(ask, wanted))
    return tuple(answer for answer in answers if answer is not None), None not in answers


def _agreed(row: Mapping[str, Any], *, on_sale: bool) -> Goods:
    return Goods(
        number=row["number"],
        name=row["number"],
        price_fen=row["price_fen"],
        kind=GoodsKind.TOP_UP if row["tops_up"] else GoodsKind.CODE,
        face_fen=row["face_fen"],
        on_sale=on_sale,
    )
