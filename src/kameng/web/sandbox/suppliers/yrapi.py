"""大猿人 (yrapi.php): form posts, MD5 in capitals over all fields; phone and electricity top-ups."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from kameng.kernel.money import fen_of, yuan
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import Call, Counter, Emulation, Endpoint, Errand, Said, Visit, local_time
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted

_STATES = {State.CANCELLED: -1, State.RUNNING: 0, State.DELIVERED: 1, State.FAILED: 2, State.PARTLY: 3}
# As the program words them.
_WORDS = {
    No.DUPLICATE: "已经存在相同商户订单号的订单",
    No.UNKNOWN_GOODS: "未找到相关产品(产品ID不正确或已下架)",
    No.OFF_SALE: "未找到相关产品(产品ID不正确或已下架)",
    No.OUT_OF_STOCK: "要充值的产品还没有准备好，请联系平台！",
    No.GUARD: "成本限制，提单不通过！",
    No.BALANCE: "账户余额不足！请加款",
    No.BAD_ACCOUNT: "手机号格式不正确",
    No.TOO_OFTEN: "当前号码已经存在订单",
    No.SIGNATURE: "签名错误",
    No.MAINTENANCE: "下单失败，请重试！",
    No.TOO_LATE: "订单不可申请撤单",
}


def signature(fields: Mapping[str, Any], key: str) -> str:
    pairs = [f"{name}={fields[name]}" for name in sorted(fields) if name != "sign"]
    text = "&".join([*pairs, f"apikey={key}"])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _decline(_call: Call, no: No) -> Said:
    return Said({"errno": 1, "errmsg": _WORDS.get(no, "请求失败"), "data": None})


def _fine(data: Any) -> Said:
    return Said({"errno": 0, "errmsg": "成功", "data": data})


def _fields(counter: Counter, visit: Visit) -> dict[str, str]:
    fields = visit.form
    if fields.get("userid") != counter.credentials["userid"]:
        raise Declined(No.SIGNATURE)
    own = signature(fields, counter.credentials["key"])
    if not hmac.compare_digest(own.encode(), fields.get("sign", "").encode()):
        raise Declined(No.SIGNATURE)
    return fields


def _place(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    if not all(fields.get(name) for name in ("out_trade_num", "product_id", "mobile", "notify_url")):
        raise Declined(No.FIELD_MISSING)
    purchase = counter.place(
        Wanted(
            number=fields["out_trade_num"],
            goods=fields["product_id"],
            account=fields["mobile"],
            fields={name: fields[name] for name in ("area", "city", "ytype", "id_card_no") if name in fields},
            face_fen=_fen(fields.get("amount")),
            total_max_fen=_fen(fields.get("price")),
            callback_url=fields["notify_url"],
        )
    )
    return _fine(
        {
            "title": counter.warehouse.ware(purchase.goods).name,
            "out_trade_num": purchase.number,
            "product_id": purchase.goods,
            "mobile": purchase.account,
            "order_number": purchase.supplier_no,
            "total_price": yuan(purchase.cost_fen),
        }
    )


def _check(counter: Counter, visit: Visit) -> Said:
    found = [counter.warehouse.find(number=number) for number in _fields(counter, visit)["out_trade_nums"].split(",")]
    return _fine([_told(purchase) | {"order_number": purchase.supplier_no} for purchase in found if purchase])


def _told(purchase: Purchase) -> dict[str, Any]:
    return {
        "out_trade_num": purchase.number,
        "mobile": purchase.account,
        "state": _STATES[purchase.state],
        "charge_amount": yuan(purchase.delivered),
        "voucher": "",
        "charge_kami": purchase.receipt,
        "remark": purchase.words,
    }


def _user(counter: Counter, visit: Visit) -> Said:
    userid = _fields(counter, visit)["userid"]
    return _fine({"id": userid, "username": "测试商户", "balance": yuan(counter.warehouse.balance_fen)})


def _product(counter: Counter, visit: Visit) -> Said:
    _fields(counter, visit)
    entries = [
        counter.dressed(
            ware,
            {"id": int(ware.number), "name": ware.name, "price": yuan(ware.price_fen), "isp": "1,2,3"},
        )
        for ware in counter.warehouse.wares()
        if ware.on_sale
    ]
    return _fine([{"id": 1, "cate": "全国", "type": "1", "sort": "0", "products": entries}])


def _cancel(counter: Counter, visit: Visit) -> Said:
    purchase = counter.warehouse.find(number=_fields(counter, visit)["out_trade_nums"])
    if purchase is None:
        raise Declined(No.TOO_LATE)
    purchase = counter.cancel(purchase)
    # Not a slip of ours: the program answers so.
    return Said({"errno": 1, "errmsg": "ok", "data": [_told(purchase)]})


def _errand(counter: Counter, purchase: Purchase) -> Errand:
    told = _told(purchase) | {
        "userid": counter.credentials["userid"],
        "order_number": purchase.supplier_no,
        "otime": local_time(purchase),
    }
    signed = told | {"sign": signature(told, counter.credentials["key"])}
    return Errand(
        number=purchase.number,
        url=purchase.callback_url,
        body=urlencode(signed).encode(),
        acknowledged=lambda _status, said: said == "success",
    )


def _fen(text: str | None) -> int | None:
    return fen_of(text) if text else None


EMULATION = Emulation(
    name="yrapi",
    credentials=("userid", "key"),
    endpoints=(
        Endpoint("/yrapi.php/index/recharge", Call.PLACE, _place),
        Endpoint("/yrapi.php/index/check", Call.QUERY, _check),
        Endpoint("/yrapi.php/index/user", Call.BALANCE, _user),
        Endpoint("/yrapi.php/index/product", Call.CATALOGUE, _product),
        Endpoint("/yrapi.php/index/cancel", Call.CANCEL, _cancel),
    ),
    decline=_decline,
    errand=_errand,
    repeat=Repeat.REFUSED,
    code_names=frozenset({"errno"}),
    status_names=frozenset({"state"}),
)
