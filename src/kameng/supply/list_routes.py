"""Routes as staff read them: what each costs, sells for, and why it stopped."""

from dataclasses import dataclass
from datetime import datetime

from kameng.kernel.database import Connection
from kameng.supply import route_store
from kameng.supply.route import Route, route_of

AT_A_TIME = 200


@dataclass(frozen=True)
class RouteLine:
    """Prices in fen for one piece: `sells_fen` of the sku, the others of the supplier's goods. `price_now_fen` and what
    follows are None while nobody has seen the goods."""

    route: Route
    product_name: str
    face_value: str
    sells_fen: int
    agreed_price_fen: int
    drift_max_percent: int
    supplier_name: str
    supplier_enabled: bool
    goods_name: str | None
    price_now_fen: int | None
    stock: int | None
    on_sale: bool
    seen_at: datetime | None


async def list_routes(
    connection: Connection,
    *,
    sku_id: int | None = None,
    supplier_code: str | None = None,
    stopped_only: bool = False,
    after: int = 0,
    at_most: int = AT_A_TIME,
) -> list[RouteLine]:
    """Of a sku, of a supplier, or all; by id, those behind `after`."""
    rows = await route_store.listed(
        connection, sku_id=sku_id, supplier_code=supplier_code, stopped_only=stopped_only, after=after, at_most=at_most
    )
    columns = [name for name in RouteLine.__dataclass_fields__ if name != "route"]
    return [RouteLine(route=route_of(dict(row)), **{name: row[name] for name in columns}) for row in rows]
