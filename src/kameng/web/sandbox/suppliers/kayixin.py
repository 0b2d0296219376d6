"""卡易信 3.0: JSON posts, MD5 in a header over the body as sent; codes of callbacks in AES."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from kameng.kernel.money import fen_of
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import Call, Counter, Emulation, Endpoint, Errand, Said, Visit, compact
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted, Ware

_ACCOUNT = "充值账号"
_PAGE = 20
_STALE_S = 600
# 4 always has all its money back; what was paid back otherwise is a matter of 5.
_STATES = {State.RUNNING: 2, State.DELIVERED: 3, State.FAILED: 4, State.CANCELLED: 4, State.PARTLY: 5}
_WORDS = {
    No.DUPLICATE: "采购单号重复",
    No.UNKNOWN_GOODS: "商品不存在",
    No.OFF_SALE: "商品已下架",
    No.OUT_OF_STOCK: "商品库存不足",
    No.GUARD: "订单总成本高于安全价",
    No.BALANCE: "账户余额不足",
    No.BAD_ACCOUNT: "充值账号格式错误",
    No.BAD_QUANTITY: "购买数量超出限制",
    No.FIELD_MISSING: "充值信息不完整",
    No.SIGNATURE: "签名错误",
    No.STALE: "时间戳已过期",
    No.TOO_OFTEN: "请求过于频繁",
    No.MAINTENANCE: "商品维护中",
    No.NOT_FOUND: "订单不存在",
    No.TOO_LATE: "订单已完成，不允许退单",
    No.NOT_OFFERED: "不支持该操作",
}


def signature(app_id: str, secret: str, timestamp: str, body: bytes) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for part in (app_id.encode(), secret.encode(), b"3.0", timestamp.encode(), body):
        digest.update(part)
    return digest.hexdigest()


def wrap(text: str, key: str) -> str:
    """AES-256-ECB with PKCS#7 padding, in base64."""
    padder = PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    cipher = Cipher(algorithms.AES(key.encode()), modes.ECB()).encryptor()  # noqa: S305 - as the platform does
    return b64encode(cipher.update(padded) + cipher.finalize()).decode()


def _decline(_call: Call, no: No) -> Said:
    return Said({"code": 1001, "msg": _WORDS[no]})


def _fine(data: Any) -> Said:
    return Said({"code": 1000, "msg": "success", "data": data})


def _content(counter: Counter, visit: Visit) -> dict[str, Any]:
    app_id, timestamp = visit.headers.get("x-app-id", ""), visit.headers.get("x-timestamp", "")
    own = signature(counter.credentials["app_id"], counter.credentials["secret"], timestamp, visit.body)
    fits = hmac.compare_digest(own.encode(), visit.headers.get("x-signature", "").encode())
    if app_id != counter.credentials["app_id"] or visit.headers.get("x-version") != "3.0" or not fits:
        raise Declined(No.SIGNATURE)
    if abs(counter.warehouse.clock.now().timestamp() - int(timestamp)) > _STALE_S:
        raise Declined(No.STALE)
    return visit.json


def _create(counter: Counter, visit: Visit) -> Said:
    content = _content(counter, visit)
    told = {part["name"]: part["value"] for part in content["attach"]}
    purchase = counter.place(
        Wanted(
            number=content["outerNumber"],
            goods=str(content["goodsId"]),
            quantity=content["count"],
            account=told.pop(_ACCOUNT, ""),
            fields=told,
            total_max_fen=fen_of(str(content["safePrice"])) if content.get("safePrice") else None,
            callback_url=content["notifyUrl"],
        )
    )
    return _fine({"cards": _cards(purchase), "orderNumber": purchase.supplier_no})


def _found(counter: Counter, content: dict[str, Any]) -> Purchase:
    by = {"supplier_no": content.get("orderNumber", ""), "number": content.get("outerNumber", "")}
    found = counter.warehouse.find(**by)
    if found is None:
        raise Declined(No.NOT_FOUND)
    return found


def _detail(counter: Counter, visit: Visit) -> Said:
    purchase = _found(counter, _content(counter, visit))
    return _fine(_order(purchase) | {"count": purchase.quantity, "cards": _cards(purchase)})


def _order(purchase: Purchase) -> dict[str, Any]:
    unrefunded = purchase.state is State.FAILED and purchase.refund_fen == 0
    return {
        "orderNumber": purchase.supplier_no,
        "outerNumber": purchase.number,
        "status": 5 if unrefunded else _STATES[purchase.state],
        "money": purchase.cost_fen / 100,
        "retMoney": purchase.refund_fen / 100,
        "startCount": "",
        "nowCount": "",
        "endCount": "",
        "result": purchase.receipt or purchase.words,
    }


def _cards(purchase: Purchase) -> list[dict[str, Any]]:
    return [
        {
            "cardId": f"{purchase.supplier_no}{place:03d}",
            "cardNo": code.number,
            "cardPwd": code.password,
            "status": 0,
            "cancelRequest": 1,
            "result": "",
        }
        for place, code in enumerate(purchase.codes)
    ]


def _refunds(counter: Counter, visit: Visit) -> Said:
    withdrawn = counter.cancel(_found(counter, _content(counter, visit)))
    return _fine({"status": _STATES[withdrawn.state]})


def _complaint(counter: Counter, visit: Visit) -> Said:
    content = _content(counter, visit)
    number = counter.warehouse.complain(_found(counter, content), content["content"])
    return _fine({"reqId": int(number.lstrip("C"))})


def _account(counter: Counter, visit: Visit) -> Said:
    _content(counter, visit)
    return _fine({"balance": counter.warehouse.balance_fen / 100})


def _list(counter: Counter, visit: Visit) -> Said:
    page, count = _content(counter, visit).get("page") or 1, counter.warehouse.count()
    wares = counter.warehouse.wares(limit=_PAGE, offset=(page - 1) * _PAGE)
    items = [counter.dressed(ware, _entry(ware)) for ware in wares]
    return _fine({"allCount": count, "allPage": -(-count // _PAGE), "items": items})


def _goods(counter: Counter, visit: Visit) -> Said:
    ware = counter.warehouse.ware(str(_content(counter, visit)["goodsId"]))
    titles = [_ACCOUNT] * (ware.kind == "top_up") + list(ware.asks)
    more = {
        "minQuantity": 1,
        "maxQuantity": ware.quantity_max,
        "stockCount": 9999 if ware.stock is None else ware.stock,
        "rechargeTemplates": [{"type": 0, "title": title, "required": 1, "options": []} for title in titles],
    }
    return _fine(counter.dressed(ware, _entry(ware) | more))


def _entry(ware: Ware) -> dict[str, Any]:
    return {
        "goodsId": int(ware.number),
        "name": ware.name,
        "faceValue": (ware.face_fen or 0) / 100,
        "salesPrice": ware.price_fen / 100,
        "goodsType": 3 if ware.kind == "top_up" else 1,
        "status": 1 if ware.on_sale else 2,
        "multiple": 1,
        "isRepeat": 1,
        "isRefOrder": 1,
        "isRefMoney": 1,
        "skuType": 0,
        "imgUrl": "",
        "warrantyTime": 0,
        "warrantyUnit": 0,
    }


def _errand(counter: Counter, purchase: Purchase) -> Errand:
    credentials, now = counter.credentials, counter.warehouse.clock.now()
    cards = [{name: card[name] for name in sorted(card)} for card in _cards(purchase)]
    sealed = wrap(json.dumps(cards, ensure_ascii=False), credentials["secret"]) if cards else ""
    body = compact(_order(purchase) | {"cards": sealed}).encode()
    timestamp = _seconds(now)
    return Errand(
        number=purchase.number,
        url=purchase.callback_url,
        body=body,
        headers={
            "content-type": "application/json; charset=utf-8",
            "x-app-id": credentials["app_id"],
            "x-version": "3.0",
            "x-timestamp": timestamp,
            "x-signature": signature(credentials["app_id"], credentials["secret"], timestamp, body),
        },
        acknowledged=lambda _status, said: said == "ok",
    )


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


EMULATION = Emulation(
    name="kayixin",
    credentials=("app_id", "secret"),
    endpoints=(
        Endpoint("/api/v3/order/create", Call.PLACE, _create, "POST"),
        Endpoint("/api/v3/order/getDetail", Call.QUERY, _detail, "POST"),
        Endpoint("/api/v3/order/refunds", Call.CANCEL, _refunds, "POST"),
        Endpoint("/api/v3/complaint/create", Call.COMPLAIN, _complaint, "POST"),
        Endpoint("/api/v3/user/getAccount", Call.BALANCE, _account, "POST"),
        Endpoint("/api/v3/goods/getList", Call.CATALOGUE, _list, "POST"),
        Endpoint("/api/v3/goods/getDetail", Call.GOODS, _goods, "POST"),
    ),
    decline=_decline,
    errand=_errand,
    repeat=Repeat.REFUSED,
)
