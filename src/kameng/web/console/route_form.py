"""The form of one route, new or there already."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.catalogue.browse import find_product
from kameng.catalogue.phone_segment import Operator
from kameng.catalogue.product import Product
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.money import yuan
from kameng.kernel.text import Words
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.supply.edit_route import RouteDraft, RouteMissing, save_route
from kameng.supply.list_goods import GoodsPick, ListedGoods, list_goods
from kameng.supply.list_routes import RouteLine, list_routes
from kameng.supply.list_suppliers import list_suppliers
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import clock_of, fen_typed, minute_typed, number_typed
from kameng.web.console.pages import back_to, clean, show, typed, typed_lists
from kameng.web.console.supply_routes import PATH

EDIT = [needs(Permission.ROUTE_EDIT)]
_USUAL = {"priority": "0", "weight": "1", "again": "0", "drift_max": "10", "enabled": "on"}


@get("/routes/{slug:str}/new", guards=EDIT)
async def new_route_page(desk: NamedDependency[Desk], slug: FromPath[str]) -> Response[str]:
    query = desk.request.query_params
    form = _USUAL | {name: clean(query.get(name, "")) for name in ("sku", "supplier", "goods")}
    return await _page(desk, slug, form=form, operators=[], is_new=True)


@get("/routes/{slug:str}/{route_id:int}", guards=EDIT)
async def route_page(desk: NamedDependency[Desk], slug: FromPath[str], route_id: FromPath[int]) -> Response[str]:
    product = await find_product(desk.db, clean(slug), on_sale_only=False)
    for sku in product.skus:
        for line in await _routes_of(desk.db, sku.id):
            if line.route.id == route_id:
                return await _page(desk, slug, form=_typed_of(line), operators=list(line.route.operators), is_new=False)
    raise RouteMissing


@post("/routes/{slug:str}", guards=EDIT, status_code=200)
async def save_route_form(desk: NamedDependency[Desk], slug: FromPath[str]) -> Response[Any]:
    product = await find_product(desk.db, clean(slug), on_sale_only=False)
    form, operators = await typed(desk.request), await typed_lists(desk.request, "operators")
    is_new = "new" in form
    try:
        draft = _draft(product, form, operators)
        if is_new:
            await _must_be_free(desk.db, draft)
        async with desk.db.transaction() as tx:
            route_id = await save_route(tx, draft)
            facts = {"supplier": draft.supplier_code, "goods": draft.goods, "product": slug, "enabled": draft.enabled,
                     "cost_max_fen": draft.cost_max_fen, "agreed_fen": draft.agreed_price_fen}  # fmt: skip
            await note(tx, desk.note("route:saved", f"route:{route_id}", **facts))
    except InvalidInput as refusal:
        return await _page(desk, slug, form=form, operators=operators, is_new=is_new, refusal=refusal)
    return back_to(f"{PATH}/{slug}", done="saved")


def _draft(product: Product, form: Mapping[str, str], operators: list[str]) -> RouteDraft:
    """Raises InvalidInput."""
    sku = next((sku for sku in product.skus if str(sku.id) == form.get("sku")), None)
    if sku is None:
        raise InvalidInput(fields={"sku": Words("请选择面值")})
    return RouteDraft(
        sku.id,
        form.get("supplier", ""),
        form.get("goods", ""),
        face_fen=fen_typed(form, "face"),
        priority=number_typed(form, "priority", otherwise=0),
        weight=number_typed(form, "weight", otherwise=1),
        cost_max_fen=fen_typed(form, "cost_max"),
        again=number_typed(form, "again", otherwise=0),
        open_from=minute_typed(form, "open_from"),
        open_to=minute_typed(form, "open_to"),
        operators=tuple(one for one in operators if one in set(Operator)),
        field_names=_field_names(form.get("field_names", "")),
        drift_max_percent=number_typed(form, "drift_max", otherwise=10),
        enabled="enabled" in form,
        agreed_price_fen=fen_typed(form, "agreed_price"),
    )


def _field_names(text: str) -> dict[str, str]:
    """One a line: ours=theirs. Raises InvalidInput."""
    pairs = [line.split("=", 1) for line in text.splitlines() if line.strip()]
    if any(len(pair) < 2 for pair in pairs):
        raise InvalidInput(fields={"field_names": Words("每行写作 我方字段=货源字段")})
    return {ours.strip(): theirs.strip() for ours, theirs in pairs}


def _typed_of(line: RouteLine) -> dict[str, str]:
    route = line.route
    return {
        "sku": str(route.sku_id), "supplier": route.supplier_code, "goods": route.goods,
        "face": yuan(route.face_fen) if route.face_fen else "", "priority": str(route.priority),
        "weight": str(route.weight), "cost_max": yuan(route.cost_max_fen) if route.cost_max_fen else "",
        "again": str(route.again), "open_from": clock_of(route.open_from), "open_to": clock_of(route.open_to),
        "field_names": "\n".join(f"{ours}={theirs}" for ours, theirs in route.field_names.items()),
        "drift_max": str(line.drift_max_percent), "agreed_price": "", **({"enabled": "on"} if route.enabled else {}),
    }  # fmt: skip


async def _page(
    desk: Desk, slug: str, *, form: Mapping[str, str], operators: list[str], is_new: bool,
    refusal: Refusal | None = None,
) -> Response[str]:  # fmt: skip
    product = await find_product(desk.db, clean(slug), on_sale_only=False)
    async with desk.db.reading() as connection:
        suppliers = await list_suppliers(connection)
    return show(
        desk.request, "console/supply/route.html", status=refusal.status if refusal else 200, product=product,
        form=dict(form), operators=operators, is_new=is_new, refusal=refusal, suppliers=suppliers,
        goods=await _goods(desk.db, form),
    )  # fmt: skip


async def _goods(db: Database, form: Mapping[str, str]) -> ListedGoods | None:
    """What is known of the goods that were named."""
    if not form.get("supplier") or not form.get("goods"):
        return None
    async with db.reading() as connection:
        found = await list_goods(connection, GoodsPick(form["supplier"], numbers=(form["goods"],)), at_most=1)
    return found[0] if found else None


async def _routes_of(db: Database, sku_id: int) -> list[RouteLine]:
    async with db.reading() as connection:
        return await list_routes(connection, sku_id=sku_id)


async def _must_be_free(db: Database, draft: RouteDraft) -> None:
    """Raises InvalidInput: adding the same once more would change the one that is there."""
    for line in await _routes_of(db, draft.sku_id):
        if (line.route.supplier_code, line.route.goods) == (draft.supplier_code, draft.goods):
            raise InvalidInput(fields={"goods": Words("已经有这条线路了，请去修改它")})
