"""What is sold and for how much: types, products, face values."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from kameng.catalogue.browse import ProductMissing, find_product, list_products, list_types
from kameng.catalogue.edit import ProductDraft, TypeDraft, save_product, save_sku, save_type
from kameng.catalogue.product import Product
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console.door import AnyRequest, Desk, needs
from kameng.web.console.fields import whole_number
from kameng.web.console.goods_drafts import (
    CHOOSE_BY,
    DELIVERS,
    FIELD_KINDS,
    FILLED_BY,
    ROWS_TO_SPARE,
    draft_of,
    typed_product,
    typed_sku,
)
from kameng.web.console.pages import Entered, back_to, clean, show, typed

PATH = "/console/goods"
LOOK = [needs(Permission.PRICE_LOOK)]
EDIT = [needs(Permission.PRICE_EDIT)]


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
    draft = TypeDraft(form.get("slug", ""), form.get("name", ""), whole_number(form.get("position", "")) or 0)
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
    return await _product_form(desk, draft=draft_of(product), product=product)


@post("/goods/products", guards=EDIT, status_code=200)
async def save_product_form(desk: NamedDependency[Desk]) -> Response[Any]:
    form = await typed(desk.request)
    draft = typed_product(form)
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
        draft = typed_sku(form, slug)
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
            desk, draft=draft_of(product), product=product, refusal=refusal, sku_typed=form if "new" in form else None
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
        field_kinds=FIELD_KINDS, delivers=DELIVERS, filled_by=FILLED_BY, choose_by=CHOOSE_BY,
        rows_to_spare=ROWS_TO_SPARE,
    )  # fmt: skip
