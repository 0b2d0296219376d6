"""All operations of the guest API."""

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide

from kameng.web.guest_api.bearer import provide_bearer
from kameng.web.guest_api.document import PATH
from kameng.web.guest_api.ordering import cancel, catalogue, pay, place, provide_checkout
from kameng.web.guest_api.tracking import events, look_up, provide_finder, show_codes


def guest_api_routes() -> Router:
    return Router(
        path=PATH,
        route_handlers=[catalogue, place, pay, cancel, look_up, show_codes, events],
        dependencies={
            "bearer": Provide(provide_bearer, sync_to_thread=False),
            "checkout": Provide(provide_checkout, sync_to_thread=False),
            "finder": Provide(provide_finder, sync_to_thread=False),
        },
        cache_control=CacheControlHeader(no_store=True),
        tags=["guest"],
    )
