"""What a dujiao-next site says, for tests."""

from datetime import UTC, datetime
from hashlib import md5, sha256
from hmac import new as hmac_of
from typing import Any

from kameng.supply.supplier import SupplyAsk

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "your_api_secret"
ASK = SupplyAsk("K1-1", "1-7", 2, 20_00, "https://shop.example/callbacks/K1-1", NOW)


def signed(method: str, path: str, timestamp: str, body: bytes) -> str:
    """Recomputed from the document's Python sample."""
    text = f"{method}\n{path}\n{timestamp}\n{md5(body, usedforsecurity=False).hexdigest()}"
    return hmac_of(SECRET.encode(), text.encode(), sha256).hexdigest()


def order(status: str, **more: Any) -> dict[str, Any]:
    return {
        "ok": True,
        "order_id": "101",
        "order_no": "DJ1",
        "status": status,
        "amount": "18.00",
        "currency": "CNY",
    } | more


def delivered(payload: str) -> dict[str, Any]:
    return order("completed", fulfillment={"type": "auto", "status": "delivered", "payload": payload})


def sku(**more: Any) -> dict[str, Any]:
    return {"id": "7", "price_amount": "9.00", "stock_quantity": "5", "is_active": True, "spec_values": {}} | more


def product(**more: Any) -> dict[str, Any]:
    plain = {"id": "1", "title": {"zh-CN": "点券"}, "fulfillment_type": "auto", "is_active": True, "category_id": "3"}
    return plain | {"manual_form_schema": None, "skus": [sku()]} | more


FORM = {
    "fields": [
        {"key": "account", "type": "text", "required": True, "label": {"zh-CN": "账号", "en-US": "Account"}},
        {"key": "zone", "type": "select", "label": {"zh-CN": "区服"}, "options": ["亚服", "美服"]},
    ]
}
