"""Every address of the console. The log-in stands before the door, everything else behind it."""

from litestar import Router
from litestar.datastructures import State
from litestar.di import Provide

from kameng.kernel.errors import Refusal
from kameng.staff.member import SessionEnded
from kameng.web.console import (
    alarms,
    audit,
    gateways,
    goods,
    home,
    imports,
    order_actions,
    orders,
    sign_in,
    staff,
    stock,
)
from kameng.web.console.door import (
    HOME,
    WrongStep,
    on_refusal,
    on_session_ended,
    on_wrong_step,
    provide_desk,
    provide_session,
    provide_staff,
    signed_in,
)


def _protocols(state: State) -> gateways.Forms:
    forms: gateways.Forms = state.gateway_protocols
    return forms


_LOG_IN = Router(
    "/",
    route_handlers=[
        sign_in.login_page,
        sign_in.login,
        sign_in.code_page,
        sign_in.code,
        sign_in.enrol_page,
        sign_in.enrol,
        sign_in.logout,
    ],
)

BEHIND_THE_DOOR = Router(
    "/",
    guards=[signed_in],
    route_handlers=[
        home.home,
        orders.orders_page,
        orders.search,
        orders.order_page,
        orders.money_page,
        order_actions.refund,
        order_actions.accept,
        order_actions.settle_refund,
        order_actions.codes,
        order_actions.contact,
        stock.stock_page,
        imports.import_page,
        imports.check,
        imports.import_upload,
        imports.batch_page,
        gateways.gateways_page,
        gateways.new_gateway_page,
        gateways.gateway_page,
        gateways.add,
        gateways.change,
        goods.goods_page,
        goods.new_type_page,
        goods.type_page,
        goods.save_type_form,
        goods.new_product_page,
        goods.product_page,
        goods.save_product_form,
        goods.save_sku_form,
        alarms.alarms_page,
        alarms.answer_alarm,
        audit.audit_page,
        staff.staff_page,
        staff.add,
        staff.set_role,
        staff.disable,
        staff.enable,
        staff.set_password,
        staff.unbind_totp,
    ],
)

CONSOLE = Router(
    HOME,
    route_handlers=[_LOG_IN, BEHIND_THE_DOOR],
    dependencies={
        "session": Provide(provide_session, sync_to_thread=False),
        "staff": Provide(provide_staff, sync_to_thread=False),
        "desk": Provide(provide_desk, sync_to_thread=False),
        "protocols": Provide(_protocols, sync_to_thread=False),
    },
    exception_handlers={SessionEnded: on_session_ended, WrongStep: on_wrong_step, Refusal: on_refusal},
    include_in_schema=False,
)
