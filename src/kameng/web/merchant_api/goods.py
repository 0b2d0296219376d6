"""What can be bought, and what is left to buy it with."""

from itertools import groupby
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from kameng.checkout.place_order import SkuUnavailable
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.ledger.balance import balance_of
from kameng.merchants.authenticate import (
    AddressNotAllowed,
    KeyUnknown,
    MerchantDisabled,
    RequestReplayed,
    ScopeMissing,
    SignatureWrong,
)
from kameng.merchants.merchant import Scope
from kameng.web.design.documented import problems
from kameng.web.design.pace import TooFast
from kameng.web.merchant_api.document import SECURED
from kameng.web.merchant_api.door import Desk, SignatureMissing, SignatureStale, signed_for
from kameng.web.merchant_api.shapes import BalanceShape, FieldShape, ProductShape, ProductsShape, SkuShape
from kameng.wholesale.goods import Ware, list_wares

PAGE_MAX = 100
#: What every signed operation may be refused with.
DOOR = (
    SignatureMissing,
    SignatureStale,
    SignatureWrong,
    KeyUnknown,
    RequestReplayed,
    MerchantDisabled,
    AddressNotAllowed,
    ScopeMissing,
    TooFast,
)

Cursor = Annotated[str, QueryParameter(name="cursor", description="`next_cursor` of the page before.")]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=PAGE_MAX, description="Products a page.")]


@get(
    "/products",
    operation_id="listProducts",
    security=SECURED,
    guards=[signed_for(Scope.CATALOGUE)],
    responses=problems(*DOOR, InvalidInput, body=False),
)
async def products(desk: NamedDependency[Desk], cursor: Cursor = "", limit: Limit = PAGE_MAX) -> ProductsShape:
    """Everything on sale with your price, what is left, and what has to be told with an order."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidInput(fields={"cursor": Words("cursor 应为上一页的 next_cursor")})
    wares = [ware for ware in await list_wares(desk.db, desk.merchant) if ware.product.id > int(cursor or 0)]
    shapes = [product_shape(list(group)) for _, group in groupby(wares, key=lambda ware: ware.product.id)]
    page, more = shapes[:limit], len(shapes) > limit
    return ProductsShape(page, str(page[-1].id) if more else None, more)


@get(
    "/skus/{sku:int}",
    operation_id="readSku",
    security=SECURED,
    guards=[signed_for(Scope.CATALOGUE)],
    responses=problems(*DOOR, SkuUnavailable, body=False),
)
async def one_sku(desk: NamedDependency[Desk], sku: FromPath[int]) -> ProductShape:
    """One face value, with the product it belongs to, at this moment."""
    wares = [ware for ware in await list_wares(desk.db, desk.merchant) if ware.sku.id == sku]
    if not wares:
        raise SkuUnavailable
    return product_shape(wares)


@get(
    "/balance",
    operation_id="readBalance",
    security=SECURED,
    guards=[signed_for(Scope.BALANCE)],
    responses=problems(*DOOR, body=False),
)
async def balance(desk: NamedDependency[Desk]) -> BalanceShape:
    """What is left to spend."""
    async with desk.db.reading() as connection:
        fen = await balance_of(connection, desk.merchant.id)
    return BalanceShape(fen, "CNY", desk.merchant.price_percent)


def product_shape(wares: list[Ware]) -> ProductShape:
    """From the wares of one product."""
    product = wares[0].product
    return ProductShape(
        id=product.id,
        slug=product.slug,
        type=product.type_name,
        name=product.name,
        summary=product.summary,
        usage_note=product.usage_note,
        delivers=product.delivers,
        form=[
            FieldShape(field.name, field.kind, field.label, field.required, list(field.choices), field.pattern)
            for field in product.form
        ],
        skus=[
            SkuShape(
                sku=ware.sku.id,
                face_value=ware.sku.face_value,
                price_fen=ware.price_fen,
                list_price_fen=ware.sku.price_fen,
                face_fen=ware.sku.face_fen,
                stock=ware.stock,
                at_once=ware.at_once,
                quantity_max=ware.sku.quantity_max,
            )
            for ware in wares
        ],
    )
