"""All operations of the guest API."""

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide

from kameng.web.guest_api.cases import judge, open_one, own, picture, read_one, withdraw, write
from kameng.web.guest_api.counter import provide_counter
from kameng.web.guest_api.document import PATH
from kameng.web.guest_api.help import answers, read_help, service
from kameng.web.guest_api.ordering import cancel, catalogue, pay, place
from kameng.web.guest_api.resubmitting import confirm, correct, read_resubmission, resubmit
from kameng.web.guest_api.status import status
from kameng.web.guest_api.tracking import events, look_up, prove_order, show_codes


def guest_api_routes() -> Router:
    return Router(
        path=PATH,
        route_handlers=[
            catalogue,
            place,
            pay,
            cancel,
            look_up,
            show_codes,
            prove_order,
            events,
            read_resubmission,
            resubmit,
            correct,
            confirm,
            own,
            read_help,
            answers,
            service,
            open_one,
            read_one,
            write,
            judge,
            withdraw,
            picture,
            status,
        ],
        dependencies={"counter": Provide(provide_counter, sync_to_thread=False)},
        cache_control=CacheControlHeader(no_store=True),
        tags=["guest"],
    )
