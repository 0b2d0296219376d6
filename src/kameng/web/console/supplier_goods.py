"""What a supplier sells, and how it becomes goods of ours: one by one as a route, or many at once by a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.catalogue.browse import list_products
from kameng.catalogue.phone_segment import Operator
from kameng.fulfilment.map_goods import map_goods, preview_mapping
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.roles import Permission
from kameng.supply.list_goods import AT_A_TIME, GoodsPick, ListedGoods, list_goods
from kameng.supply.map_goods import PERCENT_MAX, Mapped, MappingRule, MarkUp
from kameng.web.console.door import AnyRequest, Desk, needs
from kameng.web.console.fields import fen_typed, number_typed
from kameng.web.console.pages import back_to, clean, show, typed, typed_lists
from kameng.web.console.suppliers import supplier_line

LOOK = [needs(Permission.SUPPLIER_LOOK)]
EDIT = [needs(Permission.ROUTE_EDIT)]
#: A page shows so many of what would become.
SHOWN_MAX = 300


@get("/suppliers/{code:str}/goods", guards=LOOK)
async def goods_page(request: AnyRequest, db: NamedDependency[Database], code: FromPath[str]) -> Response[str]:
    query = {name: clean(request.query_params.get(name, "")) for name in ("q", "category", "new", "after")}
    supplier = await supplier_line(db, code)
    goods = await _goods(db, _pick(code, query), after=query["after"])
    return show(
        request, "console/supply/goods.html", supplier=supplier, code=code, goods=goods, query=query, form=query,
        more=goods[-1].number if len(goods) == AT_A_TIME else "", skus=await _sku_names(db),
    )  # fmt: skip


@get("/suppliers/{code:str}/map", guards=EDIT)
async def map_page(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[str]:
    """The rule by which goods become ours, to be filled; what was picked on the goods' page comes with it."""
    query = desk.request.query_params
    form = {name: clean(query.get(name, "")) for name in ("q", "category")} | _USUAL
    return await _map_page(desk, code, form=form, numbers=[clean(text) for text in query.getall("number", [])])


@post("/suppliers/{code:str}/map", guards=EDIT, status_code=200)
async def map_many(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[Any]:
    """Shows what would become of each; once that has been confirmed, does it."""
    form, numbers = await typed(desk.request), await typed_lists(desk.request, "number")
    try:
        rule = _rule(form, await typed_lists(desk.request, "operators"))
        pick = GoodsPick(code, form.get("category") or None, form.get("q") or None, tuple(numbers), unmapped_only=True)
        planned = await preview_mapping(db=desk.db, pick=pick, rule=rule)
        if "confirmed" not in form:
            return await _map_page(desk, code, form=form, numbers=numbers, preview=_preview(planned))
        facts = {"product": rule.product_slug, "routes": sum(one.problem is None for one in planned)}
        await map_goods(
            db=desk.noted("goods:mapped", f"supplier:{code}", **facts), planned=planned, rule=rule
        )  # fmt: skip
    except InvalidInput as refusal:
        return await _map_page(desk, code, form=form, numbers=numbers, refusal=refusal)
    return back_to(f"/console/routes/{rule.product_slug}", done="mapped")


_USUAL = {"percent": "5", "plus": "0", "round": "0.10", "drift_max": "10", "priority": "0"}


@dataclass(frozen=True)
class _Preview:
    """The first lines of what would become, and how many in all."""

    lines: list[Mapped]
    usable: int
    problems: int
    new_skus: int


def _preview(planned: list[Mapped]) -> _Preview:
    usable = [one for one in planned if one.problem is None]
    new = {one.face_value for one in usable if one.sku_id is None}
    return _Preview(planned[:SHOWN_MAX], len(usable), len(planned) - len(usable), len(new))


def _rule(form: Mapping[str, str], operators: list[str]) -> MappingRule:
    """Raises InvalidInput."""
    if not form.get("product"):
        raise InvalidInput(fields={"product": Words("请选择对接到哪个商品")})
    mark_up = MarkUp(_percent(form), fen_typed(form, "plus") or 0, max(1, fen_typed(form, "round") or 1))
    return MappingRule(
        form["product"],
        mark_up,
        by_face=form.get("by") == "face",
        operators=tuple(one for one in operators if one in set(Operator)),
        priority=number_typed(form, "priority", otherwise=0),
        drift_max_percent=number_typed(form, "drift_max", otherwise=10),
    )


def _percent(form: Mapping[str, str]) -> Decimal:
    try:
        percent = Decimal(form.get("percent") or "0")
        is_right = 0 <= percent <= PERCENT_MAX
    except InvalidOperation:
        is_right = False
    if not is_right:
        raise InvalidInput(fields={"percent": Words("加价百分比应为 0–1000")})
    return percent


async def _map_page(
    desk: Desk,
    code: str,
    *,
    form: Mapping[str, str],
    numbers: list[str],
    preview: _Preview | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    operators = await typed_lists(desk.request, "operators") if desk.request.method == "POST" else []
    return show(
        desk.request, "console/supply/map.html", status=refusal.status if refusal else 200, code=code, form=dict(form),
        numbers=numbers, operators=operators, preview=preview, refusal=refusal,
        products=await list_products(desk.db, on_sale_only=False),
    )  # fmt: skip


def _pick(code: str, query: Mapping[str, str]) -> GoodsPick:
    return GoodsPick(code, query["category"] or None, query["q"] or None, unmapped_only=bool(query["new"]))


async def _goods(db: Database, pick: GoodsPick, *, after: str) -> list[ListedGoods]:
    async with db.reading() as connection:
        return await list_goods(connection, pick, after=after)


async def _sku_names(db: Database) -> dict[int, tuple[str, str]]:
    """What each sku is called, and the page of its routes."""
    products = await list_products(db, on_sale_only=False)
    return {
        sku.id: (f"{one.name} {sku.face_value}", f"/console/routes/{one.slug}") for one in products for sku in one.skus
    }
