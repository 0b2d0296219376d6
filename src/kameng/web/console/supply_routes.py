"""Routes of a product: what each costs and brings, what routing would choose now, and why not the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.catalogue.browse import find_product, list_products
from kameng.catalogue.filling import FilledBy
from kameng.catalogue.phone_segment import Operator
from kameng.catalogue.product import Product, Sku
from kameng.fulfilment.preview_route import Imagined, Preview, preview_route
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.supply.edit_route import (
    PriceAboveLossGuard,
    RouteMissing,
    accept_price,
    resume_route,
    stop_route,
)
from kameng.supply.list_routes import RouteLine, list_routes
from kameng.supply.suppliers import Suppliers
from kameng.web.console.door import AnyRequest, Desk, needs
from kameng.web.console.fields import fen_typed, reason_typed
from kameng.web.console.pages import back_to, clean, show, typed

PATH = "/console/routes"
LOOK = [needs(Permission.SUPPLIER_LOOK)]
EDIT = [needs(Permission.ROUTE_EDIT)]
ROUTE_ID_MAX = 2**31 - 1


class PriceMoved(Refusal):
    code = "price_moved"
    words = Words("货源价格刚刚又变了，请看过新价格再确认")


@dataclass(frozen=True)
class RouteShown:
    """A route beside what a piece of its goods is sold for, and its place in the choice."""

    line: RouteLine
    sells_fen: int
    share: float | None
    why: str | None

    @property
    def margin_fen(self) -> int | None:
        return None if self.line.price_now_fen is None else self.sells_fen - self.line.price_now_fen

    @property
    def stopped(self) -> str:
        """In a person's own words, where a person stopped it."""
        return (self.line.route.stopped_because or "").removeprefix("staff: ")


@dataclass(frozen=True)
class SkuRoutes:
    sku: Sku
    routes: list[RouteShown]
    preview: Preview


@get("/routes", guards=LOOK)
async def routes_page(request: AnyRequest, db: NamedDependency[Database]) -> Response[str]:
    """The products that suppliers fill, and every route that stopped."""
    products = [one for one in await list_products(db, on_sale_only=False) if any(map(_is_supplied, one.skus))]
    async with db.reading() as connection:
        stopped = await list_routes(connection, stopped_only=True)
    slugs = {sku.id: one.slug for one in products for sku in one.skus}
    shown = [RouteShown(line, line.sells_fen, None, None) for line in stopped if line.route.sku_id in slugs]
    return show(request, "console/supply/routes.html", products=products, stopped=shown, slugs=slugs)


@get("/routes/{slug:str}", guards=LOOK)
async def product_routes_page(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], slug: FromPath[str]
) -> Response[str]:
    return await show_product_routes(desk, suppliers, slug)


@post("/routes/{slug:str}/{route_id:int}/stop", guards=EDIT, status_code=200)
async def stop(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], slug: FromPath[str], route_id: FromPath[int]
) -> Response[Any]:
    try:
        why = reason_typed(await typed(desk.request))
        async with desk.db.transaction() as tx:
            await stop_route(tx, _id(route_id), why=why)
            await note(tx, desk.note("route:stopped", f"route:{route_id}", reason=why, product=slug))
    except InvalidInput as refusal:
        return await show_product_routes(desk, suppliers, slug, refusal=refusal)
    return back_to(f"{PATH}/{slug}", done="route_stopped")


@post("/routes/{slug:str}/{route_id:int}/resume", guards=EDIT, status_code=200)
async def resume(desk: NamedDependency[Desk], slug: FromPath[str], route_id: FromPath[int]) -> Response[Any]:
    async with desk.db.transaction() as tx:
        goes_on = await resume_route(tx, _id(route_id))
        await note(tx, desk.note("route:resumed", f"route:{route_id}", product=slug))
    return back_to(f"{PATH}/{slug}", done="route_resumed" if goes_on else "route_stopped_again")


@post("/routes/{slug:str}/{route_id:int}/accept", guards=EDIT, status_code=200)
async def accept(
    desk: NamedDependency[Desk], suppliers: NamedDependency[Suppliers], slug: FromPath[str], route_id: FromPath[int]
) -> Response[Any]:
    """Agree to the price that stood on the page; another one that has come meanwhile was not agreed to."""
    form = await typed(desk.request)
    try:
        seen, cost_max_fen = fen_typed(form, "price"), fen_typed(form, "cost_max")
        async with desk.db.transaction() as tx:
            price_fen = await accept_price(tx, _id(route_id), cost_max_fen=cost_max_fen)
            if price_fen != seen:
                raise PriceMoved
            facts = {"agreed_fen": price_fen, "cost_max_fen": cost_max_fen, "product": slug}
            await note(tx, desk.note("route:price_accepted", f"route:{route_id}", **facts))
    except (InvalidInput, PriceAboveLossGuard, PriceMoved) as refusal:
        return await show_product_routes(desk, suppliers, slug, refusal=refusal)
    return back_to(f"{PATH}/{slug}", done="price_accepted")


async def show_product_routes(
    desk: Desk, suppliers: Suppliers, slug: str, *, refusal: Refusal | None = None
) -> Response[str]:
    """Raises ProductMissing."""
    product = await find_product(desk.db, clean(slug), on_sale_only=False)
    query = desk.request.query_params
    operator = clean(query.get("operator", ""))
    asked = {"operator": operator if operator in set(Operator) else "", "province": clean(query.get("province", ""))}
    tables = [await _table(desk.db, suppliers, product, sku, asked=asked) for sku in product.skus if _is_supplied(sku)]
    return show(
        desk.request, "console/supply/product_routes.html", status=refusal.status if refusal else 200, product=product,
        tables=tables, form=asked, refusal=refusal, route_id=desk.request.path_params.get("route_id"),
    )  # fmt: skip


async def _table(
    db: Database, suppliers: Suppliers, product: Product, sku: Sku, *, asked: Mapping[str, str]
) -> SkuRoutes:
    imagined = Imagined(sku.id, asked["operator"] or None, asked["province"] or None)
    preview = await preview_route(db=db, suppliers=suppliers, imagined=imagined, product_id=product.id)
    async with db.reading() as connection:
        lines = await list_routes(connection, sku_id=sku.id)
    shown = [
        RouteShown(line, _sells(line, sku), preview.shares.get(line.route.id), preview.passed_over.get(line.route.id))
        for line in sorted(lines, key=lambda line: (line.route.priority, line.route.id))
    ]
    return SkuRoutes(sku, shown, preview)


def _sells(line: RouteLine, sku: Sku) -> int:
    """What a piece of the supplier's goods brings: its part of the sku where that is measured in face value."""
    if line.route.face_fen is None or not sku.face_fen:
        return line.sells_fen
    return line.sells_fen * line.route.face_fen // sku.face_fen


def _is_supplied(sku: Sku) -> bool:
    return sku.filled_by is FilledBy.SUPPLIER


def _id(route_id: int) -> int:
    """Raises RouteMissing."""
    if route_id > ROUTE_ID_MAX:
        raise RouteMissing
    return route_id
