"""Catalogues that come page by page."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from kameng.adapters.suppliers.reading import catalogue_of
from kameng.supply.answer import InDoubt, Reason, Refused
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods, Unusable

#: The entries of a page, and how many there are on all of them.
Page = tuple[list[Any], int]


def page_of(items: object, total: int | None) -> Page | InDoubt:
    if not isinstance(items, list) or total is None:
        return InDoubt("a page nobody can read")
    return items, total


async def read_pages(
    page: Callable[[int], Awaitable[Page | Refused | InDoubt]],
    *,
    size: int,
    goods_of: Callable[[Any], Goods | Unusable],
    pause_s: float = 0.0,
) -> Catalogue | Refused | InDoubt:
    """Reads pages from 1 of `size` entries until all that were announced are there. One page that can't be read leaves
    the whole in doubt; a number of goods beyond GOODS_MAX is refused at the first page."""
    entries: list[Any] = []
    for number in range(1, GOODS_MAX // size + 2):
        read = await page(number)
        if isinstance(read, InDoubt | Refused):
            return read
        items, total = read
        if max(total, len(entries)) > GOODS_MAX:
            return Refused(Reason.NOT_SUPPORTED, f"more than {GOODS_MAX} goods")
        entries += items
        if len(entries) >= total:
            return catalogue_of(goods_of(entry) for entry in entries)
        if not items:
            break
        await asyncio.sleep(pause_s)
    return InDoubt("fewer goods than announced")
