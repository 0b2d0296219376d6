"""What the gateway does when it does what it should: take an order, collect, answer questions, send back."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from kameng.kernel.clock import SHANGHAI, Clock
from kameng.kernel.money import fen_of, yuan
from kameng.web.sandbox.books import Books, Order, Payment
from kameng.web.sandbox.signature import Merchant

_NEEDED = ("out_trade_no", "notify_url", "name", "money")
_NAME_BYTES_MAX = 127


class No(StrEnum):
    """The gateway's refusals, as the originals word them."""

    OTHER_AMOUNT = "该订单号已存在，且金额不一致"
    ALREADY_PAID = "该订单已支付，请勿重复支付"
    NOT_PAID = "该订单未支付，不能退款"
    ALREADY_RETURNED = "该订单已退款"
    TOO_MUCH_TO_RETURN = "退款金额超过可退金额"
    UNKNOWN_MERCHANT = "商户ID不存在"
    WRONG_SIGNATURE = "签名校验失败，请返回重试"
    NAME_TOO_LONG = "商品名称过长"
    WRONG_KEY = "商户ID或密钥错误"
    NO_NUMBER = "订单号不能为空"
    UNKNOWN_ORDER = "订单号不存在"
    NO_AMOUNT = "金额不合法"
    FIELD_MISSING = "缺少参数"


class Declined(Exception):
    """The gateway says no, in its own words."""


class Desk:
    """Acts on the books for the one merchant. Every method raises Declined with what is to be said."""

    def __init__(self, *, merchant: Merchant, books: Books, clock: Clock) -> None:
        self.merchant = merchant
        self.books = books
        self._clock = clock

    def take_order(self, fields: Mapping[str, str]) -> Order:
        """Repeated with the same out_trade_no and amount, it is the same order."""
        self._check_request(fields)
        money_fen = _amount(fields["money"])
        if known := self.books.order(fields["out_trade_no"]):
            if known.money_fen != money_fen:
                raise Declined(No.OTHER_AMOUNT)
            if self.books.payments(known.out_trade_no):
                raise Declined(No.ALREADY_PAID)
            return known
        order = Order(
            out_trade_no=fields["out_trade_no"],
            trade_no=self._new_number(),
            type=fields.get("type", ""),
            name=fields["name"],
            money_fen=money_fen,
            notify_url=fields["notify_url"],
            return_url=fields.get("return_url", ""),
            param=fields.get("param", ""),
            added_at=self._now(),
        )
        self.books.add_order(order)
        return order

    def collect(self, order: Order, *, fen: int | None = None) -> Payment:
        """A buyer pays (again); `fen` when it is not the sum that was asked."""
        paid_before = self.books.payment(order.trade_no) is not None
        payment = Payment(
            trade_no=self._new_number() if paid_before else order.trade_no,
            out_trade_no=order.out_trade_no,
            paid_fen=order.money_fen if fen is None else fen,
            returned_fen=0,
            paid_at=self._now(),
        )
        self.books.add_payment(payment)
        return payment

    def say_order(self, fields: Mapping[str, str]) -> dict[str, object]:
        """api.php?act=order, by trade_no if given, else by out_trade_no."""
        self._check_key(fields)
        order, payment = self._found(fields)
        said: dict[str, object] = {
            "code": 1,
            "msg": "succ",
            "trade_no": payment.trade_no if payment else order.trade_no,
            "out_trade_no": order.out_trade_no,
            "api_trade_no": f"SANDBOX{order.trade_no}",
            "type": order.type,
            "pid": int(self.merchant.pid) if self.merchant.pid.isdigit() else self.merchant.pid,
            "addtime": order.added_at,
            "endtime": payment.paid_at if payment else None,
            "name": order.name,
            "money": yuan(payment.paid_fen if payment else order.money_fen),
            "param": order.param,
            "status": 0,
        }
        if payment:
            said["status"] = 2 if payment.returned_fen >= payment.paid_fen else 1
        if payment:
            said["refundmoney"] = yuan(payment.returned_fen)
        return said

    def say_merchant(self, fields: Mapping[str, str]) -> dict[str, object]:
        """api.php?act=query."""
        self._check_key(fields)
        return {"code": 1, "pid": self.merchant.pid, "active": 1, "money": "0.00", "orders": 0}

    def send_back(self, fields: Mapping[str, str]) -> dict[str, object]:
        """api.php?act=refund. No number of the merchant's keeps two refunds apart: each call sends money."""
        self._check_key(fields)
        _, payment = self._found(fields)
        fen = _amount(fields.get("money", ""))
        if payment is None:
            raise Declined(No.NOT_PAID)
        if payment.returned_fen >= payment.paid_fen:
            raise Declined(No.ALREADY_RETURNED)
        if fen > payment.paid_fen - payment.returned_fen:
            raise Declined(No.TOO_MUCH_TO_RETURN)
        self.books.add_refund(payment.trade_no, fen, self._now())
        return {"code": 1, "msg": f"退款成功！退款金额￥{yuan(fen)}"}

    def notice(self, order: Order, trade_no: str, *, fen: int) -> dict[str, str]:
        """The signed fields of a notify and of the way back."""
        fields = {
            "pid": self.merchant.pid,
            "trade_no": trade_no,
            "out_trade_no": order.out_trade_no,
            "type": order.type,
            "name": order.name,
            "money": yuan(fen),
            "trade_status": "TRADE_SUCCESS",
            "param": order.param,
        }
        return self.merchant.signed({name: value for name, value in fields.items() if value})

    def _check_request(self, fields: Mapping[str, str]) -> None:
        if fields.get("pid") != self.merchant.pid:
            raise Declined(No.UNKNOWN_MERCHANT)
        if not self.merchant.wrote(fields):
            raise Declined(No.WRONG_SIGNATURE)
        if not all(fields.get(name) for name in _NEEDED):
            raise Declined(No.FIELD_MISSING)
        if len(fields["name"].encode()) > _NAME_BYTES_MAX:
            raise Declined(No.NAME_TOO_LONG)

    def _check_key(self, fields: Mapping[str, str]) -> None:
        if fields.get("pid") != self.merchant.pid or fields.get("key") != self.merchant.key:
            raise Declined(No.WRONG_KEY)

    def _found(self, fields: Mapping[str, str]) -> tuple[Order, Payment | None]:
        trade_no, reference = fields.get("trade_no"), fields.get("out_trade_no")
        if not trade_no and not reference:
            raise Declined(No.NO_NUMBER)
        payment = self.books.payment(trade_no) if trade_no else None
        if payment:
            order = self.books.order(payment.out_trade_no)
        else:
            order = self.books.order_numbered(trade_no) if trade_no else self.books.order(reference or "")
        if order is None:
            raise Declined(No.UNKNOWN_ORDER)
        if not trade_no:
            payment = next(iter(self.books.payments(order.out_trade_no)), None)
        return order, payment

    def _now(self) -> str:
        return self._local().strftime("%Y-%m-%d %H:%M:%S")

    def _local(self) -> datetime:
        return self._clock.now().astimezone(SHANGHAI)

    def _new_number(self) -> str:
        return f"{self._local():%Y%m%d%H%M%S}{secrets.randbelow(10**10):010d}"


def _amount(text: str) -> int:
    try:
        fen = fen_of(text)
    except ValueError:
        fen = 0
    if fen <= 0:
        raise Declined(No.NO_AMOUNT)
    return fen
