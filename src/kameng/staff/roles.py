"""Roles and what each may do: one table, asked by every surface through `may`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words


class Role(StrEnum):
    OWNER = "owner"
    OPERATOR = "operator"
    CUSTOMER_SERVICE = "customer_service"
    FINANCE = "finance"


ROLE_NAMES: Mapping[Role, Words] = {
    Role.OWNER: Words("店主"),
    Role.OPERATOR: Words("运营"),
    Role.CUSTOMER_SERVICE: Words("客服"),
    Role.FINANCE: Words("财务"),
}


class Permission(StrEnum):
    ORDER_LOOK = "order_look"
    ORDER_HANDLE = "order_handle"
    ORDER_REVEAL = "order_reveal"
    CONTACT_SHOW = "contact_show"
    ACCOUNT_SHOW = "account_show"
    PAYMENT_ACCEPT = "payment_accept"
    REFUND_REQUEST = "refund_request"
    REFUND_ASK = "refund_ask"
    REFUND_APPROVE = "refund_approve"
    STOCK_LOOK = "stock_look"
    STOCK_IMPORT = "stock_import"
    STOCK_WITHDRAW = "stock_withdraw"
    PRICE_LOOK = "price_look"
    PRICE_EDIT = "price_edit"
    GATEWAY_LOOK = "gateway_look"
    GATEWAY_EDIT = "gateway_edit"
    SUPPLIER_LOOK = "supplier_look"
    SUPPLIER_SWITCH = "supplier_switch"
    SUPPLIER_EDIT = "supplier_edit"
    ROUTE_EDIT = "route_edit"
    RESTOCK_EDIT = "restock_edit"
    CORRECTION_ASK = "correction_ask"
    RESUBMIT = "resubmit"
    RESUBMISSION_DECIDE = "resubmission_decide"
    DELIVERY_HANDLE = "delivery_handle"
    DELIVERY_DECIDE = "delivery_decide"
    TROUBLE_LOOK = "trouble_look"
    TROUBLE_EDIT = "trouble_edit"
    CASE_LOOK = "case_look"
    CASE_HANDLE = "case_handle"
    BATCH_LOOK = "batch_look"
    BATCH_RESUBMIT = "batch_resubmit"
    BATCH_REFUND = "batch_refund"
    BATCH_RELEASE = "batch_release"
    BATCH_APPROVE = "batch_approve"
    RISK_LOOK = "risk_look"
    RISK_EDIT = "risk_edit"
    MACRO_EDIT = "macro_edit"
    ANSWER_EDIT = "answer_edit"
    ALARM_LOOK = "alarm_look"
    ALARM_ANSWER = "alarm_answer"
    AUDIT_LOOK = "audit_look"
    STAFF_EDIT = "staff_edit"


_P = Permission
_EVERYBODY = frozenset(Role)
_OWNER = frozenset({Role.OWNER})
_GOODS = frozenset({Role.OWNER, Role.OPERATOR})
_MONEY = frozenset({Role.OWNER, Role.FINANCE})
_BUYERS = frozenset({Role.OWNER, Role.CUSTOMER_SERVICE})

ALLOWED: Mapping[Permission, frozenset[Role]] = {
    _P.ORDER_LOOK: _EVERYBODY,
    # Notes, whose it is, when to look again: whoever may look may do this, and nothing happens to the order.
    _P.ORDER_HANDLE: _EVERYBODY,
    _P.ORDER_REVEAL: _BUYERS,
    _P.CONTACT_SHOW: _BUYERS,
    _P.ACCOUNT_SHOW: _BUYERS,
    _P.PAYMENT_ACCEPT: _MONEY,
    _P.REFUND_REQUEST: _MONEY,
    # Above the shop's limits it goes out only when others have agreed.
    _P.REFUND_ASK: _MONEY | _BUYERS,
    _P.REFUND_APPROVE: _MONEY,
    _P.STOCK_LOOK: _GOODS | _BUYERS,
    _P.STOCK_IMPORT: _GOODS,
    _P.STOCK_WITHDRAW: _GOODS,
    _P.PRICE_LOOK: _EVERYBODY,
    _P.PRICE_EDIT: _GOODS,
    _P.GATEWAY_LOOK: _GOODS | _MONEY,
    # Whoever edits a gateway decides where the money goes.
    _P.GATEWAY_EDIT: _OWNER,
    # Costs and margins are to be seen here.
    _P.SUPPLIER_LOOK: _GOODS | _MONEY,
    _P.SUPPLIER_SWITCH: _GOODS,
    # Whoever edits a supplier decides whom we pay.
    _P.SUPPLIER_EDIT: _OWNER,
    _P.ROUTE_EDIT: _GOODS,
    _P.RESTOCK_EDIT: _GOODS,
    _P.CORRECTION_ASK: _GOODS | _BUYERS,
    # The rules judge it as they judge a buyer's own tap.
    _P.RESUBMIT: _GOODS | _BUYERS,
    # Whatever the rules say: whoever is wrong about it delivers twice.
    _P.RESUBMISSION_DECIDE: _GOODS | _BUYERS,
    _P.DELIVERY_HANDLE: _GOODS | _BUYERS,
    # "Not delivered" orders it anew elsewhere: whoever is wrong about it pays twice.
    _P.DELIVERY_DECIDE: _GOODS,
    _P.TROUBLE_LOOK: _EVERYBODY,
    _P.TROUBLE_EDIT: _GOODS,
    _P.CASE_LOOK: _EVERYBODY,
    _P.CASE_HANDLE: _GOODS | _BUYERS,
    _P.BATCH_LOOK: _EVERYBODY,
    _P.BATCH_RESUBMIT: _GOODS | _BUYERS,
    # As one by one: above the shop's limits others have to agree, to the sum of the whole batch.
    _P.BATCH_REFUND: _MONEY | _BUYERS,
    _P.BATCH_RELEASE: _MONEY,
    _P.BATCH_APPROVE: _MONEY,
    _P.RISK_LOOK: _EVERYBODY,
    # Whoever lets somebody through answers for the money.
    _P.RISK_EDIT: _MONEY,
    _P.MACRO_EDIT: _GOODS | _BUYERS,
    _P.ANSWER_EDIT: _GOODS | _BUYERS,
    _P.ALARM_LOOK: _EVERYBODY,
    _P.ALARM_ANSWER: _GOODS | _BUYERS,
    _P.AUDIT_LOOK: _OWNER,
    _P.STAFF_EDIT: _OWNER,
}


class NotPermitted(Refusal):
    code: ClassVar[str] = "not_permitted"
    status: ClassVar[int] = 403
    words: ClassVar[Words] = Words("你的角色没有这项权限")


def may(role: Role, permission: Permission) -> bool:
    return role in ALLOWED[permission]
