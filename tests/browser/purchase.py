"""A purchase without a browser, for tests that need many."""

import http.cookiejar
import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.browser.stack import Running
from tests.browser.visitor import a_phone


def skus(shop: Running) -> Iterator[tuple[str, Any]]:
    """Each with its product's slug."""
    for product_type in _ask(shop, "/catalogue")["types"]:
        for product in product_type["products"]:
            yield from ((product["slug"], sku) for sku in product["skus"])


def buy(shop: Running, sku: Any, account: dict[str, str]) -> str:
    """Ordered through the API, and paid at the gateway as it should be; its number."""
    wish = {
        "sku_id": sku["id"],
        "quantity": 1,
        "unit_price_fen": sku["price_fen"],
        "contact": a_phone(),
        "terms_accepted": True,
        "account": account,
    }
    placed = _ask(shop, "/orders", wish)
    way = {"gateway": "sandbox", "method": "alipay"}
    payment = _ask(shop, f"/orders/{placed['order_no']}/payments", way, token=placed["token"])
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with browser.open(payment["url"], data=urllib.parse.urlencode({"act": "pay"}).encode(), timeout=20):
        return str(placed["order_no"])


def _ask(shop: Running, path: str, body: object = None, *, token: str | None = None) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{shop.url}/api/v1{path}", data=data, headers=headers), timeout=20
    ) as answer:
        return json.load(answer)
