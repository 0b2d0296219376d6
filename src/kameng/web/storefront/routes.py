"""All pages of the shop."""

from litestar import Router
from litestar.di import Provide

from kameng.web.storefront.answering import check_answers
from kameng.web.storefront.case import case_events, case_page, open_one, picture, say_whether_solved, withdraw, write
from kameng.web.storefront.case_page import provide_case_page
from kameng.web.storefront.correcting import correct, correction_page
from kameng.web.storefront.goods import all_goods, goods_of_type, home, product_page, search_page, suggestions
from kameng.web.storefront.help import help_page
from kameng.web.storefront.looking_up import look_up, lookup_page
from kameng.web.storefront.order import cancel, order_events, order_page, show_codes
from kameng.web.storefront.order_page import provide_order_page
from kameng.web.storefront.ordering import confirm, place
from kameng.web.storefront.paying import pay
from kameng.web.storefront.proving import prove_order
from kameng.web.storefront.resubmitting import confirm_received, resubmit, take_back
from kameng.web.storefront.status import status_page


def storefront_routes() -> Router:
    return Router(
        path="/",
        route_handlers=[
            home,
            all_goods,
            goods_of_type,
            product_page,
            confirm,
            check_answers,
            search_page,
            suggestions,
            lookup_page,
            look_up,
            place,
            order_page,
            order_events,
            pay,
            cancel,
            show_codes,
            prove_order,
            resubmit,
            take_back,
            confirm_received,
            correction_page,
            correct,
            status_page,
            case_page,
            open_one,
            write,
            say_whether_solved,
            withdraw,
            picture,
            case_events,
            help_page,
        ],
        dependencies={
            "page": Provide(provide_order_page, sync_to_thread=False),
            "case_page": Provide(provide_case_page, sync_to_thread=False),
        },
        include_in_schema=False,
    )
