"""What suppliers sell, as staff look through it."""

from dataclasses import dataclass
from datetime import datetime

from kameng.kernel.database import Connection
from kameng.supply import goods_store
from kameng.supply.goods import GoodsKind

AT_A_TIME = 200


@dataclass(frozen=True)
class GoodsPick:
    """Which goods of a supplier: all, or only those of a category, with a text in the name, with one of these numbers,
    on sale and without a route yet."""

    supplier_code: str
    category: str | None = None
    containing: str | None = None
    numbers: tuple[str, ...] = ()
    unmapped_only: bool = False


@dataclass(frozen=True)
class ListedGoods:
    """As last seen; `sku_ids` are the skus with a route to them. Price in fen for one piece."""

    supplier_code: str
    number: str
    name: str
    category: str
    kind: GoodsKind
    price_fen: int
    stock: int | None
    on_sale: bool
    face_fen: int | None
    quantity_min: int
    quantity_max: int | None
    first_seen_at: datetime
    seen_at: datetime
    sku_ids: tuple[int, ...]


async def list_goods(
    connection: Connection, pick: GoodsPick, *, after: str = "", at_most: int = AT_A_TIME
) -> list[ListedGoods]:
    """By number, those behind `after`."""
    rows = await goods_store.goods(
        connection,
        pick.supplier_code,
        (pick.category, pick.containing, list(pick.numbers) or None),
        unmapped_only=pick.unmapped_only,
        after=after,
        at_most=at_most,
    )
    columns = [name for name in ListedGoods.__dataclass_fields__ if name not in {"kind", "sku_ids"}]
    return [
        ListedGoods(kind=GoodsKind(row["kind"]), sku_ids=tuple(row["sku_ids"]), **{name: row[name] for name in columns})
        for row in rows
    ]
