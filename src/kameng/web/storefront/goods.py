"""Looking around: first page, types, one product, search."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from litestar.response import Redirect

from kameng.catalogue.browse import ProductMissing, find_product, list_pinned, list_products, list_types
from kameng.catalogue.form import asks_for_phone
from kameng.catalogue.phone_segment import OPERATOR_NAMES
from kameng.catalogue.search import search
from kameng.checkout.left import left
from kameng.kernel.database import Database
from kameng.web.design.forms import Form
from kameng.web.design.pages import NO_STORE, Pages
from kameng.web.design.visit import Visit
from kameng.web.storefront.order_form import OrderForm, empty_form

SUGGESTED_MAX = 6
AnyRequest = Request[Any, Any, Any]


@get("/")
async def home(request: AnyRequest, db: NamedDependency[Database], pages: NamedDependency[Pages]) -> Response[str]:
    """Look up, pinned goods, types."""
    return pages.page(
        request,
        "storefront/home.html",
        pinned=await list_pinned(db),
        types=await list_types(db),
        typed=Form({}),
        errors={},
        challenge=None,
        searched="",
    )


@get("/goods")
async def all_goods(request: AnyRequest, db: NamedDependency[Database], pages: NamedDependency[Pages]) -> Response[str]:
    return pages.page(
        request,
        "storefront/goods.html",
        types=await list_types(db),
        here=None,
        products=await list_products(db),
        searched="",
    )


@get("/goods/{type_slug:str}")
async def goods_of_type(
    request: AnyRequest, db: NamedDependency[Database], pages: NamedDependency[Pages], type_slug: FromPath[str]
) -> Response[str]:
    types = await list_types(db)
    here = next((one for one in types if one.slug == type_slug), None)
    if here is None:
        raise ProductMissing
    products = await list_products(db, type_slug=type_slug)
    return pages.page(request, "storefront/goods.html", types=types, here=here, products=products, searched="")


@get("/goods/{type_slug:str}/{product_slug:str}")
async def product_page(
    request: AnyRequest,
    db: NamedDependency[Database],
    pages: NamedDependency[Pages],
    type_slug: FromPath[str],
    product_slug: FromPath[str],
    visit: NamedDependency[Visit],
) -> Response[Any]:
    """One product with its face values and the shortest form."""
    product = await find_product(db, product_slug)
    if product.type_slug != type_slug:
        return Redirect(visit.link(f"/goods/{product.type_slug}/{product.slug}"), status_code=301)
    return await show_product(request, db, pages, empty_form(product))


async def show_product(
    request: AnyRequest, db: Database, pages: Pages, form: OrderForm, *, status: int = 200
) -> Response[str]:
    """The product page around a form, empty or sent back for correction."""
    return pages.page(
        request,
        "storefront/product.html",
        status=status,
        headers=NO_STORE if form.contact or form.answers else None,
        product=form.product,
        form=form,
        stock=await left(db, [form.product]),
        operators=OPERATOR_NAMES if asks_for_phone(form.product.form) else {},
    )


@get("/search")
async def search_page(
    request: AnyRequest,
    db: NamedDependency[Database],
    pages: NamedDependency[Pages],
    q: str = Parameter(default="", max_length=200),
) -> Response[str]:
    return pages.page(request, "storefront/search.html", searched=q.strip(), products=await search(db, q))


@get("/search/suggestions")
async def suggestions(
    request: AnyRequest,
    db: NamedDependency[Database],
    pages: NamedDependency[Pages],
    q: str = Parameter(default="", max_length=200),
) -> Response[str]:
    """The first few, as a fragment."""
    found = await search(db, q)
    return pages.page(request, "storefront/_suggestions.html", products=found[:SUGGESTED_MAX])
