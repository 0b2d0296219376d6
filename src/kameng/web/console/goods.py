"""What is sold and for how much: types, products, face values."""

from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from kameng.catalogue.browse import ProductMissing, find_product, list_products, list_types
from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.catalogue.product import Product
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.money import fen_of
from kameng.kernel.text import Words
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console.door import AnyRequest, Desk, needs
from kameng.web.console.pages import Entered, back_to, clean, show, typed

PATH = "/console/goods"
LOOK = [needs(Permission.PRICE_LOOK)]
EDIT = [needs(Permission.PRICE_EDIT)]
NUMBER_DIGITS_MAX = 7


@get("/goods", guards=LOOK)
async def goods_page(request: AnyRequest, db: NamedDependency[Database]) -> Response[str]:
    products = await list_products(db, on_sale_only=False)
    return show(request, "console/goods.html", types=await list_types(db), products=products)


@get("/goods/new-type", guards=EDIT)
async def new_type_page(request: AnyRequest) -> Response[str]:
    return show(request, "console/goods/type.html", draft=TypeDraft("", ""), is_new=True)


@get("/goods/types/{slug:str}", guards=EDIT)
async def type_page(request: AnyRequest, db: NamedDependency[Database], slug: FromPath[str]) -> Response[str]:
    for found in await list_types(db):
        if found.slug == slug:
            draft = TypeDraft(found.slug, found.name, found.position)
            return show(request, "console/goods/type.html", draft=draft, is_new=False)
    raise NotFoundException


@post("/goods/types", guards=EDIT, status_code=200)
async def save_type_form(desk: NamedDependency[Desk]) -> Response[Any]:
    form = await typed(desk.request)
    is_new = "new" in form
    draft = TypeDraft(form.get("slug", ""), form.get("name", ""), _number(form, "position") or 0)
    try:
        if is_new:
            _must_be_free(draft.slug, taken={one.slug for one in await list_types(desk.db)})
        async with desk.db.transaction() as tx:
            await save_type(tx, draft)
            facts = {"name": draft.name}
            await note(tx, desk.note("type:saved", f"type:{draft.slug}", **facts))
    except InvalidInput as refusal:
        return show(
            desk.request, "console/goods/type.html", status=refusal.status, draft=draft, is_new=is_new, refusal=refusal
        )
    return back_to(PATH, done="saved")


@get("/goods/new-product", guards=EDIT)
async def new_product_page(desk: NamedDependency[Desk]) -> Response[str]:
    draft = ProductDraft("", desk.request.query_params.get("type", ""), "")
    return await _product_form(desk, draft=draft, product=None)


@get("/goods/products/{slug:str}", guards=EDIT)
async def product_page(desk: NamedDependency[Desk], slug: FromPath[str]) -> Response[str]:
    product = await _product(desk, slug)
    return await _product_form(desk, draft=_draft_of(product), product=product)


@post("/goods/products", guards=EDIT, status_code=200)
async def save_product_form(desk: NamedDependency[Desk]) -> Response[Any]:
    form = await typed(desk.request)
    draft = _typed_product(form)
    product = next((p for p in await list_products(desk.db, on_sale_only=False) if p.slug == draft.slug), None)
    is_new = "new" in form
    if not is_new and product is None:
        raise ProductMissing
    try:
        if is_new:
            _must_be_free(draft.slug, taken={product.slug} if product else set())
        async with desk.db.transaction() as tx:
            await save_product(tx, draft)
            facts = {"name": draft.name, "on_sale": draft.on_sale}
            await note(tx, desk.note("product:saved", f"product:{draft.slug}", **facts))
    except InvalidInput as refusal:
        shown = None if is_new else product
        return await _product_form(desk, draft=draft, product=shown, refusal=refusal)
    return back_to(f"{PATH}/products/{draft.slug}", done="saved")


@post("/goods/products/{slug:str}/skus", guards=EDIT, status_code=200)
async def save_sku_form(desk: NamedDependency[Desk], slug: FromPath[str]) -> Response[Any]:
    product = await _product(desk, slug)
    form = await typed(desk.request)
    try:
        draft = _typed_sku(form, slug)
        before = next((sku for sku in product.skus if sku.face_value == draft.face_value), None)
        if "new" in form:
            _must_be_free(draft.face_value, field="face_value", taken={sku.face_value for sku in product.skus})
        async with desk.db.transaction() as tx:
            sku_id = await save_sku(tx, draft)
            facts = {"name": f"{product.name} {draft.face_value}", "price_fen": draft.price_fen,
                     "before_fen": before.price_fen if before else None, "on_sale": draft.on_sale}  # fmt: skip
            await note(tx, desk.note("sku:saved", f"sku:{sku_id}", **facts))
    except InvalidInput as refusal:
        return await _product_form(
            desk, draft=_draft_of(product), product=product, refusal=refusal, sku_typed=form if "new" in form else None
        )
    return back_to(f"{PATH}/products/{slug}", done="saved")


async def _product(desk: Desk, slug: str) -> Product:
    """On sale or not. Raises ProductMissing."""
    return await find_product(desk.db, clean(slug), on_sale_only=False)


def _must_be_free(name: str, *, taken: set[str], field: str = "slug") -> None:
    """Raises InvalidInput: saving under a name that is there changes what has it."""
    if name in taken:
        raise InvalidInput(fields={field: Words("已经有了，请换一个，或去修改已有的")})


async def _product_form(
    desk: Desk,
    *,
    draft: ProductDraft,
    product: Product | None,
    refusal: Refusal | None = None,
    sku_typed: dict[str, str] | None = None,
) -> Response[str]:
    """`sku_typed` holds what was typed when it was a face value that was refused."""
    types = await list_types(desk.db)
    return show(
        desk.request, "console/goods/product.html", status=refusal.status if refusal else 200, draft=draft,
        product=product, types=types, is_new=product is None, refusal=refusal, sku_typed=Entered(sku_typed or {}),
    )  # fmt: skip


def _draft_of(product: Product) -> ProductDraft:
    same = ("slug", "type_slug", "name", "summary", "usage_note", "aliases", "code_format", "code_keeps_case",
            "popularity", "pinned", "on_sale")  # fmt: skip
    return ProductDraft(**{name: getattr(product, name) for name in same})


def _typed_product(form: dict[str, str]) -> ProductDraft:
    aliases = tuple(part for part in form.get("aliases", "").replace("，", ",").replace("、", ",").split(",") if part)
    draft = ProductDraft(form.get("slug", ""), form.get("type_slug", ""), form.get("name", ""))
    return replace(
        draft,
        summary=form.get("summary", ""),
        usage_note=form.get("usage_note", ""),
        aliases=tuple(alias.strip() for alias in aliases if alias.strip()),
        code_format=form.get("code_format") or None,
        code_keeps_case="code_keeps_case" in form,
        popularity=_number(form, "popularity") or 0,
        pinned="pinned" in form,
        on_sale="on_sale" in form,
    )


def _typed_sku(form: dict[str, str], slug: str) -> SkuDraft:
    """Raises InvalidInput."""
    try:
        price_fen = fen_of(form.get("price", ""))
    except ValueError as error:
        raise InvalidInput(fields={"price": Words("价格写作元，最多两位小数，例如 98.50")}) from error
    return SkuDraft(
        product_slug=slug,
        face_value=form.get("face_value", ""),
        price_fen=price_fen,
        quantity_max=_number(form, "quantity_max") or 0,
        position=_number(form, "position") or 0,
        on_sale="on_sale" in form,
    )


def _number(form: dict[str, str], name: str) -> int | None:
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= NUMBER_DIGITS_MAX else None
