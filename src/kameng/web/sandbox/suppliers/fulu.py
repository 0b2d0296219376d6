"""福禄 2.0: one address for all methods, MD5 over sorted characters, results as JSON in JSON, codes in AES.

Callbacks go to one address that is set in the platform's console: here the credential `callback_url`, in which
`{number}` stands for the customer's number.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from kameng.kernel.clock import SHANGHAI
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import (
    Call,
    Counter,
    Emulation,
    Endpoint,
    Errand,
    Said,
    Visit,
    compact,
    local_time,
)
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted, Ware

_STALE_S = 600
_STATES = {
    State.RUNNING: "processing",
    State.DELIVERED: "success",
    State.FAILED: "failed",
    State.CANCELLED: "failed",
    State.PARTLY: "failed",
}
_NO = {
    No.DUPLICATE: (3000, "外部订单号已存在"),
    No.UNKNOWN_GOODS: (3001, "商品不存在"),
    No.OFF_SALE: (3002, "商品已下架"),
    No.MAINTENANCE: (3003, "商品维护中"),
    No.OUT_OF_STOCK: (3004, "商品库存不足"),
    No.BALANCE: (3005, "商户余额不足"),
    No.BAD_ACCOUNT: (1018, "缺少必要参数：充值账号"),
    No.BAD_QUANTITY: (1018, "缺少必要参数：购买数量"),
    No.FIELD_MISSING: (1018, "缺少必要参数"),
    No.SIGNATURE: (1016, "签名错误"),
    No.STALE: (1004, "时间戳已超过有效期"),
    No.NOT_FOUND: (4011, "订单不存在"),
    No.NOT_OFFERED: (1001, "无效的API接口名称"),
}
_INPUTS = {
    "charge_game_name": "ChargeGame",
    "charge_game_region": "ChargeRegion",
    "charge_game_srv": "ChargeServer",
    "charge_type": "ChargeType",
    "charge_password": "ChargePWD",
    "contact_qq": "ContactQQ",
    "contact_tel": "ContactType",
}


def signature(text: str, secret: str) -> str:
    characters = sorted(text)
    characters.append(secret)
    return hashlib.md5("".join(characters).encode(), usedforsecurity=False).hexdigest()


def wrap(text: str, key: str) -> str:
    """AES-256-ECB with PKCS#7 padding, in base64."""
    padder = PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    cipher = Cipher(algorithms.AES256(key.encode()), modes.ECB()).encryptor()  # noqa: S305 - as the platform does
    return b64encode(cipher.update(padded) + cipher.finalize()).decode()


@dataclass(frozen=True)
class Method(Endpoint):
    """An endpoint that is told by the `method` in the body."""

    api: str = ""

    def met_by(self, visit: Visit) -> Visit | None:
        met = super().met_by(visit)
        try:
            return met if met and visit.json.get("method") == self.api else None
        except Declined:
            return None


def _decline(_call: Call, no: No) -> Said:
    code, words = _NO.get(no, (5000, "系统异常"))
    return Said({"code": code, "message": words, "result": None})


def _fine(result: Any) -> Said:
    """`result` becomes a signed text on its way out."""
    return Said({"code": 0, "message": "接口调用成功", "result": result})


def _seal(counter: Counter, body: Any) -> Any:
    if not isinstance(body, dict) or body.get("result") is None:
        return body
    result = compact(body["result"])
    return body | {"result": result, "sign": signature(result, counter.credentials["secret"])}


def _content(counter: Counter, visit: Visit) -> dict[str, Any]:
    told = dict(visit.json)
    theirs = str(told.pop("sign", ""))
    own = signature(compact(told), counter.credentials["secret"])
    if told.get("app_key") != counter.credentials["app_key"] or not hmac.compare_digest(own, theirs):
        raise Declined(No.SIGNATURE)
    moment = datetime.fromisoformat(told["timestamp"]).replace(tzinfo=SHANGHAI)
    if abs((counter.warehouse.clock.now() - moment).total_seconds()) > _STALE_S:
        raise Declined(No.STALE)
    content: dict[str, Any] = json.loads(told["biz_content"])
    return content


def _order_card(counter: Counter, visit: Visit) -> Said:
    return _ordered(counter, _content(counter, visit), account="")


def _order_direct(counter: Counter, visit: Visit) -> Said:
    content = _content(counter, visit)
    return _ordered(counter, content, account=content.get("charge_account", ""))


def _ordered(counter: Counter, content: Mapping[str, Any], *, account: str) -> Said:
    number = content["customer_order_no"]
    purchase = counter.place(
        Wanted(
            number=number,
            goods=str(content["product_id"]),
            quantity=content["buy_num"],
            account=account,
            fields={name: content[name] for name in _INPUTS if content.get(name)},
            callback_url=counter.credentials.get("callback_url", "").replace("{number}", number),
        )
    )
    # Codes are told to the query alone, and the order is always under way at first.
    return _fine(_order(counter, purchase) | {"order_state": "processing"})


def _order(counter: Counter, purchase: Purchase) -> dict[str, Any]:
    ware = counter.warehouse.ware(purchase.goods)
    return {
        "order_id": purchase.supplier_no,
        "customer_order_no": purchase.number,
        "product_id": int(purchase.goods),
        "product_name": ware.name,
        "charge_account": purchase.account,
        "buy_num": purchase.quantity,
        "order_price": purchase.unit_fen / 100,
        "order_type": 4 if ware.kind == "top_up" else 3,
        "order_state": _STATES[purchase.state],
        "create_time": f"{purchase.placed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        "finish_time": local_time(purchase) if purchase.ended else "",
        "operator_serial_number": purchase.receipt,
    }


def _info(counter: Counter, visit: Visit) -> Said:
    purchase = counter.warehouse.find(number=_content(counter, visit)["customer_order_no"])
    if purchase is None:
        raise Declined(No.NOT_FOUND)
    key = counter.credentials["secret"]
    cards = [
        {
            "card_type": 0,
            "card_number": wrap(code.number, key),
            "card_pwd": wrap(code.password, key),
            "card_deadline": f"{code.expires_on} 23:59:59" if code.expires_on else "",
        }
        for code in purchase.codes
    ]
    return _fine(_order(counter, purchase) | {"cards": cards or None})


def _user(counter: Counter, visit: Visit) -> Said:
    _content(counter, visit)
    return _fine({"name": "测试商户", "balance": counter.warehouse.balance_fen / 100, "is_open": 1})


def _list(counter: Counter, visit: Visit) -> Said:
    _content(counter, visit)
    return _fine([counter.dressed(ware, _entry(ware)) for ware in counter.warehouse.wares() if ware.on_sale])


def _goods(counter: Counter, visit: Visit) -> Said:
    ware = counter.warehouse.ware(str(_content(counter, visit)["product_id"]))
    return _fine(counter.dressed(ware, _entry(ware)))


def _entry(ware: Ware) -> dict[str, Any]:
    return {
        "product_id": int(ware.number),
        "product_name": ware.name,
        "product_type": "直充" if ware.kind == "top_up" else "卡密",
        "face_value": (ware.face_fen or 0) / 100,
        "purchase_price": ware.price_fen / 100,
        "sales_status": "上架" if ware.on_sale else "下架",
        "stock_status": "断货" if ware.stock == 0 else "充足",
        "template_id": f"T{ware.number}" if ware.kind == "top_up" else "",
        "details": "",
    }


def _template(counter: Counter, visit: Visit) -> Said:
    ware = counter.warehouse.ware(str(_content(counter, visit)["template_id"]).removeprefix("T"))
    inputs = [{"Type": "input", "Id": "ChargeAccount", "Name": "充值账号", "SortId": 1}]
    inputs += [
        {"Type": "input", "Id": _INPUTS[name], "Name": name, "SortId": place}
        for place, name in enumerate(ware.asks, start=2)
    ]
    elements = {"Inputs": inputs, "ChargeNum": {"Type": "number", "Id": "ChargeNum", "Name": "充值数量", "Value": "1"}}
    return _fine({"AddressId": f"T{ware.number}", "IsServiceArea": False, "ElementInfo": elements})


def _errand(counter: Counter, purchase: Purchase) -> Errand:
    told = {
        "order_id": purchase.supplier_no,
        "charge_finish_time": local_time(purchase),
        "customer_order_no": purchase.number,
        "order_status": _STATES[purchase.state],
        "recharge_description": purchase.words or "充值成功",
        "product_id": purchase.goods,
        "price": f"{purchase.unit_fen / 100:.4f}",
        "buy_num": str(purchase.quantity),
        "operator_serial_number": purchase.receipt,
    }
    signed = told | {"sign": signature(compact(told), counter.credentials["secret"])}
    return Errand(
        number=purchase.number,
        url=purchase.callback_url,
        body=compact(signed).encode(),
        headers={"content-type": "application/json; charset=utf-8"},
        acknowledged=lambda _status, said: said == "success",
    )


_METHODS: tuple[tuple[str, Call, Any], ...] = (
    ("fulu.order.card.add", Call.PLACE, _order_card),
    ("fulu.order.direct.add", Call.PLACE, _order_direct),
    ("fulu.order.info.get", Call.QUERY, _info),
    ("fulu.user.info.get", Call.BALANCE, _user),
    ("fulu.goods.list.get", Call.CATALOGUE, _list),
    ("fulu.goods.info.get", Call.GOODS, _goods),
    ("fulu.goods.template.get", Call.GOODS, _template),
)

EMULATION = Emulation(
    name="fulu",
    credentials=("app_key", "secret"),
    endpoints=tuple(Method("/api/getway", call, answer, "POST", api) for api, call, answer in _METHODS),
    decline=_decline,
    errand=_errand,
    repeat=Repeat.REFUSED,
    status_names=frozenset({"order_state"}),
    seal=_seal,
)
