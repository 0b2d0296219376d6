"""Reloadly: OAuth tokens, JSON; top-ups and gift cards at one address.

Numbers of goods: `operator-country-amount` (`L` before an amount in the phone's currency) and `product-value`; their
names end in value and currency, which are left out of what is told.
Callbacks go to one address that is set in the platform's console: here the credential `callback_url`, in which
`{number}` becomes our number. The account counts in yuan, so that its books can be compared with ours.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from kameng.kernel.money import yuan
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.emulation import Call, Counter, Emulation, Endpoint, Errand, Said, Visit, compact
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, State, Wanted, Ware

_TOKEN_S = 3600
_PAGE = 200
_STATES = {
    State.RUNNING: "PROCESSING",
    State.DELIVERED: "SUCCESSFUL",
    State.FAILED: "FAILED",
    State.PARTLY: "REFUNDED",
    State.CANCELLED: "REFUNDED",
}
_NO = {
    No.DUPLICATE: (400, "CUSTOM_IDENTIFIER_ALREADY_USED"),
    No.UNKNOWN_GOODS: (404, "OPERATOR_NOT_FOUND"),
    No.OFF_SALE: (400, "OPERATOR_UNAVAILABLE_OR_CURRENTLY_INACTIVE"),
    No.OUT_OF_STOCK: (400, "INVALID_AMOUNT"),
    No.GUARD: (400, "INVALID_AMOUNT_FOR_OPERATOR"),
    No.BALANCE: (400, "INSUFFICIENT_BALANCE"),
    No.BAD_ACCOUNT: (400, "INVALID_RECIPIENT_PHONE"),
    No.BAD_QUANTITY: (400, "INVALID_AMOUNT"),
    No.SIGNATURE: (401, "INVALID_TOKEN"),
    No.STALE: (401, "TOKEN_EXPIRED"),
    No.TOO_OFTEN: (400, "PHONE_RECENTLY_RECHARGED"),
    No.MAINTENANCE: (400, "TRANSACTION_CANNOT_BE_PROCESSED_AT_THE_MOMENT"),
}


def signature(secret: str, body: bytes, timestamp: str) -> str:
    return hmac.new(secret.encode(), body + f":{timestamp}".encode(), hashlib.sha256).hexdigest()


def _decline(call: Call, no: No) -> Said:
    status, code = _NO.get(no, (400, None))
    if call is Call.LOGIN:
        status, code = 401, "INVALID_CREDENTIALS"
    error = {"timeStamp": "2026-01-31 08:00:00", "message": str(no), "path": "/", "errorCode": code}
    return Said(error | {"infoLink": None, "details": []}, status)


def _token(counter: Counter, visit: Visit) -> Said:
    asked, credentials = visit.json, counter.credentials
    known = all(asked.get(name) == credentials[name] for name in ("client_id", "client_secret"))
    if not known or asked.get("grant_type") != "client_credentials":
        raise Declined(No.SIGNATURE)
    ends_at = int(counter.warehouse.clock.now().timestamp()) + _TOKEN_S
    token = f"{ends_at}.{_seal(counter, str(asked.get('audience')), ends_at)}"
    return Said({"access_token": token, "scope": "developer", "expires_in": _TOKEN_S, "token_type": "Bearer"})


def _seal(counter: Counter, audience: str, ends_at: int) -> str:
    return signature(counter.credentials["client_secret"], audience.encode(), str(ends_at))


def _admit(counter: Counter, visit: Visit, product: str = "") -> None:
    ends_at, _, seal = visit.headers.get("authorization", "").removeprefix("Bearer ").partition(".")
    # A token is good for the product at this address alone.
    own = _seal(counter, f"http://{visit.headers.get('host')}", int(ends_at) if ends_at.isdecimal() else 0)
    if not hmac.compare_digest(own.encode(), seal.encode()):
        raise Declined(No.SIGNATURE)
    if counter.warehouse.clock.now().timestamp() >= int(ends_at):
        raise Declined(No.STALE)
    if product not in visit.headers.get("accept", ""):
        raise Declined(No.SIGNATURE)


def _balance(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit)
    balance = counter.warehouse.balance_fen / 100
    return Said({"balance": balance, "currencyCode": "CNY", "currencyName": "Chinese Yuan", "updatedAt": ""})


def _callback_url(counter: Counter, number: str) -> str:
    return counter.credentials.get("callback_url", "").replace("{number}", number)


def _top_up(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "topups")
    asked = visit.json
    phone, number = asked.get("recipientPhone") or {}, str(asked.get("customIdentifier", ""))
    amount = f"{'L' if asked.get('useLocalAmount') else ''}{asked.get('amount')}"
    purchase = counter.place(
        Wanted(
            number=number,
            goods=f"{asked.get('operatorId')}-{phone.get('countryCode')}-{amount}",
            account=str(phone.get("number", "")),
            callback_url=_callback_url(counter, number),
        )
    )
    return Said({"transactionId": int(purchase.supplier_no)})


def _top_up_status(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "topups")
    told = _told_top_up(counter.warehouse.purchase(visit.params["id"]))
    return Said({"code": None, "message": None, "status": told["status"], "transaction": told})


def _told_top_up(purchase: Purchase) -> dict[str, Any]:
    discount_fen = purchase.cost_fen // 50
    return {
        "transactionId": int(purchase.supplier_no),
        "status": _STATES[purchase.state],
        "operatorTransactionId": purchase.receipt or None,
        "customIdentifier": purchase.number,
        "recipientPhone": purchase.account,
        "countryCode": "CN",
        "discount": discount_fen / 100,
        "discountCurrencyCode": "CNY",
        "requestedAmount": (purchase.cost_fen + discount_fen) / 100,
        "requestedAmountCurrencyCode": "CNY",
        "pinDetail": None,
    }


def _top_up_report(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "topups")
    return _report(counter, visit, _told_top_up)


def _report(counter: Counter, visit: Visit, told: Callable[[Purchase], dict[str, Any]]) -> Said:
    found = counter.warehouse.find(number=visit.query.get("customIdentifier", ""))
    return Said({"content": [told(found)] if found else [], "totalElements": int(found is not None), "last": True})


def _order(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "giftcards")
    asked = visit.json
    number, wanted_value = str(asked.get("customIdentifier", "")), f"{asked.get('unitPrice', 0):.2f}"
    if not asked.get("senderName"):
        raise Declined(No.FIELD_MISSING)
    purchase = counter.place(
        Wanted(
            number=number,
            goods=f"{asked.get('productId')}-{wanted_value}",
            quantity=asked.get("quantity", 1),
            callback_url=_callback_url(counter, number),
        )
    )
    return Said(_told_gift(purchase))


def _told_gift(purchase: Purchase) -> dict[str, Any]:
    return {
        "transactionId": int(purchase.supplier_no),
        "amount": purchase.cost_fen / 100,
        "discount": 0,
        "currencyCode": "CNY",
        "fee": 0,
        "customIdentifier": purchase.number,
        "status": _STATES[purchase.state],
        "product": {"productId": int(purchase.goods.partition("-")[0]), "quantity": purchase.quantity},
        "transactionCreatedTime": f"{purchase.placed_at:%Y-%m-%d %H:%M:%S}",
    }


def _cards(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "giftcards")
    codes = counter.warehouse.purchase(visit.params["id"]).codes
    return Said([{"cardNumber": code.number, "pinCode": code.password} for code in codes])


def _gift(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "giftcards")
    return Said(_told_gift(counter.warehouse.purchase(visit.params["id"])))


def _gift_report(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "giftcards")
    return _report(counter, visit, _told_gift)


def _operators(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "topups")
    return _page(counter, visit, "top_up")


def _products(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit, "giftcards")
    return _page(counter, visit, "code")


def _page(counter: Counter, visit: Visit, kind: str) -> Said:
    """Each of the goods is an operator or a card with one value here."""
    page, size = int(visit.query.get("page") or 1), min(_PAGE, int(visit.query.get("size") or _PAGE))
    wares = counter.warehouse.wares(limit=size, offset=(page - 1) * size)
    entries = [counter.dressed(ware, _entry(ware)) for ware in wares if ware.kind == kind and ware.on_sale]
    total = counter.warehouse.count()
    return Said({"content": entries, "totalElements": total, "last": page * size >= total})


def _one(counter: Counter, visit: Visit) -> Said:
    _admit(counter, visit)
    for ware in counter.warehouse.wares():
        if ware.number.partition("-")[0] == visit.params["id"] and ware.on_sale:
            return Said(counter.dressed(ware, _entry(ware)))
    raise Declined(No.UNKNOWN_GOODS)


def _entry(ware: Ware) -> dict[str, Any]:
    number, _, value = ware.number.partition("-")
    name = ware.name.rsplit(" ", 2)[0]
    if ware.kind == "code":
        return {
            "productId": int(number),
            "productName": name,
            "global": False,
            "senderFee": 0.0,
            "discountPercentage": 2.0,
            "denominationType": "FIXED",
            "recipientCurrencyCode": "USD",
            "senderCurrencyCode": "CNY",
            "fixedRecipientDenominations": [value or "10.00"],
            "fixedSenderDenominations": [yuan(ware.price_fen)],
            "brand": {"brandId": 1, "brandName": ware.category},
            "country": {"isoName": "US", "name": "United States"},
        }
    country, _, amount = (value or "NG-10").partition("-")
    local = amount.startswith("L")
    return {
        "operatorId": int(number),
        "name": name,
        "bundle": False,
        "data": False,
        "pin": False,
        "supportsLocalAmounts": local,
        "denominationType": "FIXED",
        "senderCurrencyCode": "CNY",
        "destinationCurrencyCode": "CNY" if country == "CN" else "NGN",
        "country": {"isoName": country, "name": ware.category},
        "fixedAmounts": [ware.price_fen / 100 if local else amount],
        "localFixedAmounts": [amount.removeprefix("L")] if local else [],
    }


def _errand(counter: Counter, purchase: Purchase) -> Errand:
    kind = "airtime" if purchase.account else "giftcard"
    told = _told_top_up(purchase) if purchase.account else _told_gift(purchase)
    body = compact({"type": f"{kind}_transaction.status", "data": told}).encode()
    timestamp = str(int(counter.warehouse.clock.now().timestamp() * 1000))
    return Errand(
        number=purchase.number,
        url=purchase.callback_url,
        body=body,
        headers={
            "content-type": "application/json",
            "x-reloadly-request-timestamp": timestamp,
            "x-reloadly-signature": signature(counter.credentials["webhook_secret"], body, timestamp),
        },
        acknowledged=lambda status, _said: 200 <= status < 300,
    )


_PAGES: tuple[tuple[str, str, Call, Callable[[Counter, Visit], Said]], ...] = (
    ("POST", "/oauth/token", Call.LOGIN, _token),
    ("GET", "/accounts/balance", Call.BALANCE, _balance),
    ("POST", "/topups-async", Call.PLACE, _top_up),
    ("GET", "/topups/{id}/status", Call.QUERY, _top_up_status),
    ("GET", "/topups/reports/transactions", Call.QUERY, _top_up_report),
    ("POST", "/orders", Call.PLACE, _order),
    ("GET", "/orders/transactions/{id}/cards", Call.CODES, _cards),
    ("GET", "/reports/transactions", Call.QUERY, _gift_report),
    ("GET", "/reports/transactions/{id}", Call.QUERY, _gift),
    ("GET", "/operators", Call.CATALOGUE, _operators),
    ("GET", "/products", Call.CATALOGUE, _products),
    ("GET", "/operators/{id}", Call.GOODS, _one),
    ("GET", "/products/{id}", Call.GOODS, _one),
)

EMULATION = Emulation(
    name="reloadly",
    credentials=("client_id", "client_secret", "webhook_secret"),
    endpoints=tuple(Endpoint(path, call, answer, method) for method, path, call, answer in _PAGES),
    decline=_decline,
    errand=_errand,
    repeat=Repeat.REFUSED,
    prefix="",
    code_names=frozenset({"errorCode"}),
)
