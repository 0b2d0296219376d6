"""All operations of the merchant API, and its document."""

from functools import cache

from litestar import MediaType, Response, Router, get
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide

from kameng.web.merchant_api.document import PATH, document
from kameng.web.merchant_api.door import provide_desk
from kameng.web.merchant_api.goods import balance, one_sku, products
from kameng.web.merchant_api.orders import call_back_again, look_up, one_order, order_by_own_number, place
from kameng.web.merchant_api.resubmissions import resubmissions, resubmit


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi_json() -> Response[bytes]:
    """OpenAPI 3.1; no signature needed."""
    return Response(_document(), media_type=MediaType.JSON)


@cache
def _document() -> bytes:
    return document(_operations(in_schema=True))


def merchant_api_routes() -> list[Router]:
    """Left out of the guests' document: it has one of its own."""
    return [_operations(in_schema=False), Router(path=PATH, route_handlers=[openapi_json])]


def _operations(*, in_schema: bool) -> Router:
    return Router(
        path=PATH,
        route_handlers=[
            products, one_sku, balance, place, order_by_own_number, look_up, one_order, call_back_again,
            resubmit, resubmissions,
        ],
        dependencies={"desk": Provide(provide_desk, sync_to_thread=False)},
        cache_control=CacheControlHeader(no_store=True),
        include_in_schema=in_schema,
        tags=["merchant"],
    )  # fmt: skip
