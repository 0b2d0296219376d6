"""卡卡云 dockapi v3: JSON posts, MD5 over sorted fields and key; a failed order is not always a refunded one."""

import hashlib
import hmac
import json
from typing import Any

from kameng.kernel.money import fen_of, yuan
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import Call, Counter, Emulation, Endpoint, Errand, Said, Visit, compact
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted, Ware

_CLOCK_SLIP_S = 300
_CODES = {
    No.DUPLICATE: (1205, "用户订单号已存在"),
    No.UNKNOWN_GOODS: (1214, "商品不存在"),
    No.OFF_SALE: (1206, "商品不存在或者已下架"),
    No.OUT_OF_STOCK: (-1, "库存不足"),
    No.GUARD: (1210, "存在亏本"),
    No.BALANCE: (1213, "用户余额不足"),
    No.BAD_ACCOUNT: (1211, "充值字段错误"),
    No.FIELD_MISSING: (1208, "充值帐号为空"),
    No.SIGNATURE: (401, "签名效验失败"),
    No.STALE: (403, "时间戳过期"),
    No.TOO_OFTEN: (404, "请求频繁"),
    No.MAINTENANCE: (9999, "系统异常"),
    No.NOT_FOUND: (1301, "订单不存在"),
    No.TOO_LATE: (0, "退款失败:订单已完成"),
}
_STATES = {State.RUNNING: 3, State.DELIVERED: 5, State.PARTLY: 4, State.FAILED: 4, State.CANCELLED: 4}


def signature(fields: dict[str, Any], key: str) -> str:
    parts = []
    for name in sorted(fields):
        value = fields[name]
        if name == "sign" or value is None or value == "":
            continue
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, dict | list):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        else:
            text = str(value)
        parts.append(f"{name}={text}")
    return hashlib.md5(("&".join(parts) + key).encode(), usedforsecurity=False).hexdigest()


def _decline(_call: Call, no: No) -> Said:
    code, msg = _CODES.get(no, (-1, "其他错误"))
    return Said({"code": code, "msg": msg, "data": ""})


def _fine(data: Any, msg: str = "success", **more: Any) -> Said:
    return Said({"code": 1, "msg": msg, "data": data} | more)


def _wanted(counter: Counter, visit: Visit) -> dict[str, Any]:
    fields = visit.json
    own = signature(fields, counter.credentials["key"])
    if str(fields.get("userid")) != counter.credentials["userid"]:
        raise Declined(No.SIGNATURE)
    if not hmac.compare_digest(own.encode(), str(fields.get("sign")).encode()):
        raise Declined(No.SIGNATURE)
    if abs(counter.warehouse.clock.now().timestamp() - int(fields["timestamp"])) > _CLOCK_SLIP_S:
        raise Declined(No.STALE)
    return fields


def _create(counter: Counter, visit: Visit) -> Said:
    wanted = _wanted(counter, visit)
    attach = wanted.get("attach", "")
    fields = {part["attachtype"]: part["value"] for part in attach} if isinstance(attach, list) else {"1": attach}
    purchase = counter.place(
        Wanted(
            number=wanted.get("usorderno", ""),
            goods=str(wanted["goodsid"]),
            quantity=int(wanted["buynum"]),
            account=fields.pop("1", ""),
            fields=fields,
            total_max_fen=fen_of(str(wanted["maxmoney"])) if "maxmoney" in wanted else None,
            callback_url=wanted.get("callbackurl", ""),
        )
    )
    return _fine({"orderno": purchase.supplier_no, "usorderno": purchase.number}, "提交成功")


def _found(counter: Counter, wanted: dict[str, Any]) -> Purchase:
    found = counter.warehouse.find(number=wanted.get("usorderno", ""), supplier_no=wanted.get("orderno", ""))
    if found is None:
        raise Declined(No.NOT_FOUND)
    return found


def _get(counter: Counter, visit: Visit) -> Said:
    return _fine(_told(_found(counter, _wanted(counter, visit))), "查询成功")


def _told(purchase: Purchase) -> dict[str, Any]:
    whole = purchase.refund_fen == purchase.cost_fen
    cards = [
        {
            "card_no": code.number,
            "card_pwd": code.password,
            "card_type": 1,
            "card_denomination": 100,
            "card_expire_at": 1924876800,
        }
        for code in purchase.codes
    ]
    return {
        "orderno": purchase.supplier_no,
        "usorderno": purchase.number,
        "money": f"{yuan(purchase.cost_fen)}00",
        "buynum": purchase.quantity,
        "status": _STATES[purchase.state],
        "refundmoney": f"{yuan(purchase.refund_fen)}00",
        "refundstatus": (1 if whole else 2) if purchase.refund_fen else 0,
        "receipt": purchase.receipt or purchase.words,
        "refundreceipt": purchase.words if purchase.refund_fen else "",
        "cardlist": [f"卡号：{code.number} 卡密：{code.password}\r" for code in purchase.codes],
        "cards": cards,
    }


def _cancel(counter: Counter, visit: Visit) -> Said:
    counter.cancel(_found(counter, _wanted(counter, visit)))
    return _fine("", "退款成功")


def _user(counter: Counter, visit: Visit) -> Said:
    _wanted(counter, visit)
    credit_fen = 200_00
    return _fine({"money": f"{yuan(counter.warehouse.balance_fen - credit_fen)}00", "creditquota": yuan(credit_fen)})


def _all(counter: Counter, visit: Visit) -> Said:
    wanted = _wanted(counter, visit)
    limit, page = min(int(wanted.get("limit", 10)), 50), int(wanted.get("page", 1))
    wares = counter.warehouse.wares(limit=limit, offset=(page - 1) * limit)
    count = counter.warehouse.count()
    entries = [counter.dressed(ware, _entry(ware)) for ware in wares]
    return _fine(entries, nowpage=str(page), allpage=-(-count // limit), count=count)


def _details(counter: Counter, visit: Visit) -> Said:
    ware = counter.warehouse.ware(str(_wanted(counter, visit)["goodsid"]))
    return _fine(counter.dressed(ware, _entry(ware) | {"minbuy": 1, "maxbuy": ware.quantity_max, "details": "详情"}))


def _tpl(counter: Counter, visit: Visit) -> Said:
    ware = counter.warehouse.ware(str(_wanted(counter, visit)["goodsid"]))
    fields = [(1, "充值帐号"), *((int(kind), f"字段 {kind}") for kind in ware.asks)]
    return _fine([{"type": kind, "title": title, "desc": ""} for kind, title in fields])


def _entry(ware: Ware) -> dict[str, Any]:
    titles = ["充值帐号", *ware.asks] if ware.kind == "top_up" else []
    return {
        "goodsid": int(ware.number),
        "imgurl": "",
        "goodsname": ware.name,
        "goodsprice": f"{yuan(ware.price_fen)}00",
        "goodsstatus": 1 if ware.on_sale else 0,
        "goodstype": 0 if ware.kind == "code" else 1,
        "stock": 9999 if ware.stock is None else ware.stock,
        "groupid": 7381,
        "marketprice": "0.0000",
        "attach": [{"title": title, "tip": "", "verification": 1} for title in titles],
    }


def _errand(counter: Counter, purchase: Purchase) -> Errand:
    told = _told(purchase) | {
        "push_type": 1 if counter.warehouse.ware(purchase.goods).kind == "code" else 0,
        "timestamp": int(counter.warehouse.clock.now().timestamp()),
    }
    del told["buynum"]
    return Errand(
        number=purchase.number,
        url=purchase.callback_url,
        body=compact(told | {"sign": signature(told, counter.credentials["key"])}).encode(),
        acknowledged=lambda _status, said: said.lower() == "ok",
        headers={"content-type": "application/json"},
    )


EMULATION = Emulation(
    name="kakayun",
    credentials=("userid", "key"),
    endpoints=(
        Endpoint("/dockapiv3/order/create", Call.PLACE, _create),
        Endpoint("/dockapiv3/order/get", Call.QUERY, _get),
        Endpoint("/dockapiv3/order/cancelOrder", Call.CANCEL, _cancel),
        Endpoint("/dockapiv3/user/info", Call.BALANCE, _user),
        Endpoint("/dockapiv3/goods/all", Call.CATALOGUE, _all),
        Endpoint("/dockapiv3/goods/details", Call.GOODS, _details),
        Endpoint("/dockapiv3/goods/tpl", Call.GOODS, _tpl),
    ),
    decline=_decline,
    errand=_errand,
    repeat=Repeat.REFUSED,
)
