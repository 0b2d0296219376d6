"""Every address of the console. The log-in stands before the door, everything else behind it."""

from litestar import Router
from litestar.datastructures import State
from litestar.di import Provide

from kameng.kernel.errors import Refusal
from kameng.staff.member import SessionEnded
from kameng.web.console import (
    alarms,
    attempt_actions,
    audit,
    exceptions,
    gateways,
    goods,
    home,
    imports,
    order_actions,
    orders,
    refunds,
    restock,
    route_form,
    sign_in,
    staff,
    stock,
    supplier_goods,
    suppliers,
    supply_routes,
    troubles,
    withdraw,
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


def _supply_protocols(state: State) -> suppliers.SupplierForms:
    forms: suppliers.SupplierForms = state.supplier_protocols
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
        refunds.ask,
        refunds.withdraw,
        refunds.requests_page,
        refunds.approve,
        refunds.decline,
        order_actions.accept,
        order_actions.settle_refund,
        order_actions.codes,
        order_actions.contact,
        order_actions.account,
        exceptions.exceptions_page,
        exceptions.exception_page,
        attempt_actions.take,
        attempt_actions.hand_back,
        attempt_actions.ask,
        attempt_actions.decide,
        attempt_actions.cancel,
        attempt_actions.complain_of,
        attempt_actions.look_for_a_route,
        stock.stock_page,
        withdraw.withdraw_a_batch,
        withdraw.withdraw_what_expired,
        imports.import_page,
        imports.check,
        imports.import_upload,
        imports.batch_page,
        gateways.gateways_page,
        gateways.new_gateway_page,
        gateways.gateway_page,
        gateways.add,
        gateways.change,
        suppliers.suppliers_page,
        suppliers.new_supplier_page,
        suppliers.supplier_page,
        suppliers.add,
        suppliers.change,
        suppliers.enable,
        suppliers.disable,
        suppliers.read_now,
        supplier_goods.goods_page,
        supplier_goods.map_page,
        supplier_goods.map_many,
        supply_routes.routes_page,
        supply_routes.product_routes_page,
        supply_routes.stop,
        supply_routes.resume,
        supply_routes.accept,
        route_form.new_route_page,
        route_form.route_page,
        route_form.save_route_form,
        troubles.troubles_page,
        troubles.declare,
        troubles.end,
        restock.restock_page,
        restock.save,
        restock.drop,
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
        "supply_protocols": Provide(_supply_protocols, sync_to_thread=False),
    },
    exception_handlers={SessionEnded: on_session_ended, WrongStep: on_wrong_step, Refusal: on_refusal},
    include_in_schema=False,
)
