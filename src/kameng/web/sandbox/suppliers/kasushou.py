"""卡速售 v2: JSON posts, SHA-1 over time, body and key in headers; codes by question only."""

import hashlib
import hmac
import json
from typing import Any

from kameng.kernel.money import fen_of, yuan
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import Call, Counter, Emulation, Endpoint, Errand, Said, Visit, compact
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted, Ware

_CLOCK_SLIP_MS = 300_000
_WORDS = {
    No.DUPLICATE: "外部订单号已存在",
    No.UNKNOWN_GOODS: "商品不存在",
    No.OFF_SALE: "商品已下架",
    No.OUT_OF_STOCK: "商品库存不足",
    No.GUARD: "当前售价高于安全价格，下单失败",
    No.BALANCE: "账户余额不足",
    No.BAD_ACCOUNT: "充值账号格式错误",
    No.FIELD_MISSING: "下单参数不完整",
    No.SIGNATURE: "签名错误",
    No.STALE: "时间戳已过期",
    No.TOO_OFTEN: "请求过于频繁",
    No.MAINTENANCE: "系统繁忙，请稍后再试",
    No.NOT_FOUND: "订单不存在",
    No.TOO_LATE: "订单已完成，无法撤单",
}
# A part is a done order of which some money went back; the document has no state for it.
_STATES = {State.RUNNING: 2, State.DELIVERED: 3, State.PARTLY: 5, State.FAILED: 5, State.CANCELLED: 4}


def _decline(_call: Call, no: No) -> Said:
    return Said({"code": 400, "msg": _WORDS.get(no, "操作失败"), "data": {}})


def _fine(data: Any, msg: str = "成功") -> Said:
    return Said({"code": 200, "msg": msg, "data": data})


def _wanted(counter: Counter, visit: Visit) -> dict[str, Any]:
    """The body of a request whose signature is right: the names in it must stand in order."""
    moment, told = visit.headers.get("timestamp", ""), visit.headers.get("sign", "")
    fields = visit.json
    body = json.dumps(dict(sorted(fields.items())), ensure_ascii=False, separators=(",", ":"))
    own = hashlib.sha1(f"{moment}{body}{counter.credentials['key']}".encode(), usedforsecurity=False).hexdigest()
    if visit.headers.get("userid") != counter.credentials["userid"] or not hmac.compare_digest(own, told):
        raise Declined(No.SIGNATURE)
    if abs(counter.warehouse.clock.now().timestamp() * 1000 - int(moment)) > _CLOCK_SLIP_MS:
        raise Declined(No.STALE)
    return fields


def _buy(counter: Counter, visit: Visit) -> Said:
    wanted = _wanted(counter, visit)
    attach = wanted.get("attach") or {}
    purchase = counter.place(
        Wanted(
            number=wanted["external_orderno"],
            goods=str(wanted["id"]),
            quantity=wanted["quantity"],
            account=attach.get("recharge_account", ""),
            fields={name: value for name, value in attach.items() if name != "recharge_account"},
            total_max_fen=fen_of(wanted["safe_price"]) if wanted.get("safe_price") else None,
            callback_url=wanted.get("url", ""),
        )
    )
    placed = {
        "ordersn": purchase.supplier_no,
        "external_orderno": purchase.number,
        "total_price": float(yuan(purchase.cost_fen)),
    }
    return _fine(placed, "下单成功")


def _info(counter: Counter, visit: Visit) -> Said:
    wanted = _wanted(counter, visit)
    if wanted.get("ordersn"):
        found = [counter.warehouse.find(supplier_no=number) for number in wanted["ordersn"].split(",")]
    else:
        found = [counter.warehouse.find(number=number) for number in wanted["external_orderno"].split(",")]
    return _fine([_told(purchase) for purchase in found if purchase])


def _told(purchase: Purchase) -> dict[str, Any]:
    return {
        "ordersn": purchase.supplier_no,
        "external_orderno": purchase.number,
        "recharge_info": [{"n": "充值账号", "v": purchase.account, "k": "recharge_account"}]
        if purchase.account
        else [],
        "recharge_hints": purchase.receipt or purchase.words,
        "status": _STATES[purchase.state],
        "total_price": float(yuan(purchase.cost_fen)),
        "has_back_money": float(yuan(purchase.refund_fen)),
        "card_list": [{"card_no": code.number, "card_password": code.password} for code in purchase.codes],
    }


def _close(counter: Counter, visit: Visit) -> Said:
    counter.cancel(counter.warehouse.purchase(_wanted(counter, visit)["ordersn"]))
    return _fine(None, "撤单成功")


def _complain(counter: Counter, visit: Visit) -> Said:
    wanted = _wanted(counter, visit)
    counter.warehouse.complain(counter.warehouse.purchase(wanted["ordersn"]), wanted["content"])
    return _fine(None, "操作成功")


def _user(counter: Counter, visit: Visit) -> Said:
    _wanted(counter, visit)
    return _fine({"balance": yuan(counter.warehouse.balance_fen)})


def _list(counter: Counter, visit: Visit) -> Said:
    wanted = _wanted(counter, visit)
    limit, page = min(wanted.get("limit") or 100, 100), wanted.get("page") or 1
    wares = counter.warehouse.wares(limit=limit, offset=(page - 1) * limit)
    return _fine({"list": [counter.dressed(ware, _entry(ware)) for ware in wares], "total": counter.warehouse.count()})


def _goods(counter: Counter, visit: Visit) -> Said:
    ware = counter.warehouse.ware(str(_wanted(counter, visit)["id"]))
    fields = ([("recharge_account", "充值账号")] if ware.kind == "top_up" else []) + [(n, n) for n in ware.asks]
    attach = [{"key": key, "type": "text", "tip": name, "name": name} for key, name in fields]
    limits = {"start_count": 1, "end_count": ware.quantity_max, "goods_info": "", "goods_notice": ""}
    return _fine(counter.dressed(ware, _entry(ware) | limits | {"attach": attach}))


def _entry(ware: Ware) -> dict[str, Any]:
    return {
        "id": int(ware.number),
        "goods_name": ware.name,
        "goods_img": "http://img.example.com/a.jpg",
        "goods_type": 1 if ware.kind == "code" else 2,
        "face_value": yuan(ware.face_fen or ware.price_fen),
        "goods_price": yuan(ware.price_fen),
        "status": 1 if ware.on_sale else 2,
        "stock_num": 9999 if ware.stock is None else ware.stock,
        "can_buy": "",
        "can_no_buy": "抖音",
        "can_price": "0.00",
        "need_balance": "0",
    }


def _errand(counter: Counter, purchase: Purchase) -> Errand:
    moment = str(int(counter.warehouse.clock.now().timestamp() * 1000))
    told = _told(purchase)
    signed = {
        "external_orderno": told["external_orderno"],
        "ordersn": told["ordersn"],
        "status": str(told["status"]),
        "has_back_money": yuan(purchase.refund_fen),
        "total_price": yuan(purchase.cost_fen),
        "recharge_hints": told["recharge_hints"],
        "time": moment,
    }
    # json_encode($post, 256): Chinese as it is, slashes escaped.
    text = compact(dict(sorted(signed.items()))).replace("/", "\\/")
    sign = hashlib.sha1(f"{moment}{text}{counter.credentials['key']}".encode(), usedforsecurity=False).hexdigest()
    cards = {"card_list": told["card_list"]} if purchase.codes else {}
    return Errand(
        number=purchase.number,
        url=purchase.callback_url,
        body=compact(signed | cards | {"sign": sign}).encode(),
        acknowledged=lambda _status, said: said == "ok",
        headers={"content-type": "application/json; charset=utf-8"},
    )


EMULATION = Emulation(
    name="kasushou",
    credentials=("userid", "key"),
    endpoints=(
        Endpoint("/api/v1/order/buy", Call.PLACE, _buy, "POST"),
        Endpoint("/api/v1/order/info", Call.QUERY, _info, "POST"),
        Endpoint("/api/v1/order/close", Call.CANCEL, _close, "POST"),
        Endpoint("/api/v1/order/complain", Call.COMPLAIN, _complain, "POST"),
        Endpoint("/api/v1/user/info", Call.BALANCE, _user, "POST"),
        Endpoint("/api/v1/goods/list", Call.CATALOGUE, _list, "POST"),
        Endpoint("/api/v1/goods/info", Call.GOODS, _goods, "POST"),
    ),
    decline=_decline,
    errand=_errand,
    repeat=Repeat.REFUSED,
)
