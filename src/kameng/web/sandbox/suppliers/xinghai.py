"""星海 v1.9: form posts, MD5 with the secret among the sorted fields; codes in AES. It knows no half orders."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from kameng.kernel.money import yuan
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
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted

_STATES = {State.RUNNING: "1", State.DELIVERED: "2", State.FAILED: "3", State.CANCELLED: "3", State.PARTLY: "3"}
_NO = {
    No.DUPLICATE: ("-16", "重复下单"),
    No.UNKNOWN_GOODS: ("-15", "商品不存在"),
    No.OFF_SALE: ("-15", "商品维护中"),
    No.OUT_OF_STOCK: ("-21", "提卡失败，库存不足"),
    No.GUARD: ("-15", "结算价或面值校验未通过"),
    No.BALANCE: ("-18", "余额不足"),
    No.BAD_ACCOUNT: ("-12", "充值号码格式不正确"),
    No.BAD_QUANTITY: ("-12", "数量不正确"),
    No.FIELD_MISSING: ("-12", "参数缺失"),
    No.SIGNATURE: ("-14", "签名校验未通过"),
    No.STALE: ("-14", "时间戳不正确"),
    No.TOO_OFTEN: ("-13", "请求超速"),
    No.MAINTENANCE: ("-10", "系统维护中"),
    No.NOT_FOUND: ("00", "未查询到订单"),
}


def signature(fields: Mapping[str, str], secret: str) -> str:
    pairs = sorted(
        [(name, value) for name, value in fields.items() if value and name != "sign"] + [("appSecret", secret)]
    )
    text = "&".join("=".join(pair) for pair in pairs)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def wrap(text: str, key: str) -> str:
    """AES-128-ECB with PKCS#7 padding, in base64."""
    padder = PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    cipher = Cipher(algorithms.AES128(key.encode()), modes.ECB()).encryptor()  # noqa: S305 - as the platform does
    return b64encode(cipher.update(padded) + cipher.finalize()).decode()


def _decline(call: Call, no: No) -> Said:
    code, words = _NO[no]
    missing = {"orderStatus": "4"} if call is Call.QUERY and no is No.NOT_FOUND else {}
    return Said({"code": code, "msg": words} | missing)


def _fields(counter: Counter, visit: Visit) -> dict[str, str]:
    fields = visit.form
    fits = hmac.compare_digest(
        signature(fields, counter.credentials["secret"]).encode(), fields.get("sign", "").encode()
    )
    if fields.get("appId") != counter.credentials["app_id"] or not fits:
        raise Declined(No.SIGNATURE)
    if len(fields.get("timestamp", "")) != len("20160311154602111"):
        raise Declined(No.STALE)
    return fields


def _submit(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    if not fields.get("uuid"):
        raise Declined(No.FIELD_MISSING)
    try:
        purchase = counter.place(_wanted(fields, account=fields["uuid"]))
    except Declined as declined:
        # -21 is for codes alone.
        raise Declined(No.OFF_SALE if declined.no is No.OUT_OF_STOCK else declined.no) from None
    return Said({"code": "00", "msg": "下单成功"} | _named(purchase))


def _get_cards(counter: Counter, visit: Visit) -> Said:
    purchase = counter.place(_wanted(_fields(counter, visit), account=""))
    cards = {"cardData": _cards(counter, purchase)} if purchase.codes else {}
    return Said({"code": "00", "msg": "提卡成功" if cards else "下单成功"} | _named(purchase) | cards)


def _wanted(fields: Mapping[str, str], *, account: str) -> Wanted:
    return Wanted(
        number=fields["outOrderId"],
        goods=fields["itemId"],
        quantity=int(fields.get("amount") or 1),
        account=account,
        fields={name: fields[name] for name in ("ext1", "ext2", "ext3", "smsCode") if fields.get(name)},
        face_fen=_fen(fields.get("itemFace")),
        unit_max_fen=_fen(fields.get("itemPrice")),
        callback_url=fields.get("callbackUrl", ""),
    )


def _named(purchase: Purchase) -> dict[str, str]:
    cost = f"{purchase.cost_fen / 100:.3f}"
    return {"orderId": purchase.supplier_no, "outOrderId": purchase.number, "cost": cost}


def _query(counter: Counter, visit: Visit) -> Said:
    fields = _fields(counter, visit)
    purchase = counter.warehouse.find(supplier_no=fields.get("orderId", ""), number=fields.get("outOrderId", ""))
    if purchase is None:
        raise Declined(No.NOT_FOUND)
    cards = {"cardData": _cards(counter, purchase)} if purchase.codes else {}
    return Said({"code": "00", "msg": "查询成功"} | _named(purchase) | _state(purchase) | cards)


def _state(purchase: Purchase) -> dict[str, str]:
    state = {"orderStatus": _STATES[purchase.state], "orderDesc": purchase.words, "ext1": purchase.receipt}
    ended = {"completeTime": "".join(filter(str.isdigit, local_time(purchase)))} if purchase.ended else {}
    return state | ended


def _cards(counter: Counter, purchase: Purchase) -> list[dict[str, str]]:
    key = counter.credentials["secret"]
    return [
        {
            "cardName": counter.warehouse.ware(purchase.goods).name,
            "cardType": "NUMBER_PASSWORD",
            "cardNo": wrap(code.number, key),
            "cardPwd": wrap(code.password, key),
            "expireTime": f"{code.expires_on} 23:59:59" if code.expires_on else "",
        }
        for code in purchase.codes
    ]


def _balance(counter: Counter, visit: Visit) -> Said:
    _fields(counter, visit)
    balance = f"{counter.warehouse.balance_fen / 100:.3f}"
    return Said({"code": "00", "msg": "查询成功", "balance": balance, "creditQuota": "0"})


def _items(counter: Counter, visit: Visit) -> Said:
    _fields(counter, visit)
    entries = [
        counter.dressed(
            ware,
            {
                "itemId": ware.number,
                "itemName": ware.name,
                "itemType": "0" if ware.kind == "top_up" else "1",
                "itemFace": f"{(ware.face_fen or 0) // 100}元",
                "itemVal": yuan(ware.face_fen) if ware.face_fen else "",
                "status": "1" if ware.on_sale else "0",
                "price": yuan(ware.price_fen),
            },
        )
        for ware in counter.warehouse.wares()
    ]
    return Said({"code": "00", "msg": "查询成功", "data": entries})


def _errand(counter: Counter, purchase: Purchase) -> Errand:
    told: dict[str, str] = {
        "appId": counter.credentials["app_id"],
        "orderId": purchase.supplier_no,
        "outOrderId": purchase.number,
        **_state(purchase),
    }
    if purchase.codes:
        told["cardData"] = compact(_cards(counter, purchase))
    signed = told | {"sign": signature(told, counter.credentials["secret"])}
    return Errand(
        number=purchase.number,
        url=purchase.callback_url,
        body=urlencode(signed).encode(),
        acknowledged=lambda _status, said: said == "ok",
    )


def _fen(text: str | None) -> int | None:
    """Guards have three decimals; half a fen more than the price is no reason to decline."""
    return int(Decimal(text) * 100) if text else None


_ENDPOINTS: tuple[tuple[str, Call, Any], ...] = (
    ("/api/order/submit", Call.PLACE, _submit),
    ("/api/hf/order/submit", Call.PLACE, _submit),
    ("/api/card/get", Call.PLACE, _get_cards),
    ("/api/order/query", Call.QUERY, _query),
    ("/api/account/balance", Call.BALANCE, _balance),
    ("/api/item/query", Call.CATALOGUE, _items),
)

EMULATION = Emulation(
    name="xinghai",
    credentials=("app_id", "secret"),
    endpoints=tuple(Endpoint(path, call, answer, "POST") for path, call, answer in _ENDPOINTS),
    decline=_decline,
    errand=_errand,
    repeat=Repeat.ANEW_AFTER_FAILURE,
    status_names=frozenset({"orderStatus"}),
)
