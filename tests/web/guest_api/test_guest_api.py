from datetime import timedelta
from typing import Any

import httpx
import pytest

from kameng.kernel.clock import VirtualClock
from tests.web.shopfront import CODES, PHONE, PRICE_FEN, Shopfront

pytestmark = pytest.mark.anyio

API = "/api/v1"


def wish(shopfront: Shopfront, **changes: Any) -> dict[str, Any]:
    return {
        "sku_id": shopfront.sku_id,
        "quantity": 1,
        "contact": PHONE,
        "unit_price_fen": PRICE_FEN,
        "terms_accepted": True,
        **changes,
    }


async def call(shopfront: Shopfront, path: str, body: Any = None, token: str = "", **headers: str) -> httpx.Response:
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    return await shopfront.client.post(API + path, json=body, headers=headers)


async def placed(shopfront: Shopfront, **changes: Any) -> dict[str, Any]:
    answer = await call(shopfront, "/orders", wish(shopfront, **changes))
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


async def test_the_catalogue_tells_prices_in_fen_and_how_much_is_left(shopfront: Shopfront) -> None:
    catalogue = (await shopfront.get(API + "/catalogue")).json()
    sku = catalogue["types"][0]["products"][0]["skus"][0]
    assert (sku["price_fen"], sku["stock"]) == (PRICE_FEN, "few")
    assert [way["method"] for way in catalogue["ways_to_pay"]] == ["alipay", "wxpay"]
    assert catalogue["site"] == "海城卡盟"


async def test_the_whole_journey(shopfront: Shopfront) -> None:
    order = await placed(shopfront)
    path, token = f"/orders/{order['order_no']}", order["token"]
    assert (order["state"], order["amount_fen"]) == ("awaiting_payment", PRICE_FEN)
    pay = (await call(shopfront, f"{path}/payments", {"gateway": "sandbox", "method": "alipay"}, token)).json()
    assert pay["kind"] == "link"
    assert pay["url"].startswith(shopfront.sandbox.url)
    await shopfront.notified()
    found = await call(shopfront, "/lookup", {"order_no": order["order_no"], "second_factor": PHONE[-4:]})
    view = found.json()["order"]
    assert (view["state"], view["state_name"], view["actions"]) == ("delivered", "已发货", ["reveal"])
    assert [step["current"] for step in view["steps"]] == [False, False, True]
    codes = (await call(shopfront, f"{path}/reveal", {}, token)).json()["codes"]
    assert codes[0] in CODES


async def test_the_same_key_and_body_give_the_first_answer_again(shopfront: Shopfront, clock: VirtualClock) -> None:
    key = {"idempotency-key": "a-key"}
    first = await call(shopfront, "/orders", wish(shopfront), **key)
    clock.go_on(timedelta(seconds=5))
    second = await call(shopfront, "/orders", wish(shopfront), **key)
    other = await call(shopfront, "/orders", wish(shopfront, quantity=2), **key)
    assert first.json() == second.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert await shopfront.count("orders") == 1


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"quantity": 0}, 422, "invalid_input", "quantity"),
        ({"quantity": 6}, 422, "invalid_input", "quantity"),
        ({"contact": "1380013800"}, 422, "invalid_input", "contact"),
        ({"terms_accepted": False}, 422, "invalid_input", "terms_accepted"),
        ({"surprise": 1}, 422, "invalid_input", None),
        ({"unit_price_fen": PRICE_FEN - 1}, 409, "price_changed", None),
        ({"sku_id": 2**31 - 1}, 404, "sku_unavailable", None),
        ({"quantity": 4}, 409, "out_of_stock", None),
    ],
)
async def test_a_wish_that_can_not_be_is_refused_with_a_stable_code(
    shopfront: Shopfront, changes: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    answer = await call(shopfront, "/orders", wish(shopfront, **changes))
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    if field:
        assert [error["field"] for error in problem["errors"]] == [field]
    assert await shopfront.count("orders") == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"])
async def test_a_body_that_is_no_wish_is_refused(shopfront: Shopfront, body: bytes) -> None:
    answer = await shopfront.client.post(API + "/orders", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_words_come_in_the_language_asked_for_and_codes_do_not_change(shopfront: Shopfront) -> None:
    answer = await call(shopfront, "/lookup", {"order_no": "1", "second_factor": "2"}, **{"accept-language": "zh-CN"})
    assert answer.json()["code"] == "invalid_input"
    assert "订单号不对" in answer.json()["errors"][0]["detail"]


async def test_an_order_opens_to_the_bearer_of_its_token_alone(shopfront: Shopfront) -> None:
    order, other = await placed(shopfront), await placed(shopfront)
    for token in ("", "x", other["token"], order["token"][:-2] + "AA"):
        for what, body in (("cancel", None), ("reveal", {}), ("payments", {"gateway": "sandbox", "method": "alipay"})):
            answer = await call(shopfront, f"/orders/{order['order_no']}/{what}", body, token)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_needed")
    unknown = await call(shopfront, "/orders/26112214305512345607/cancel", None, order["token"])
    assert (unknown.status_code, unknown.json()["code"]) == (401, "token_needed")
    assert await shopfront.state_of(order["order_no"]) == "awaiting_payment"


async def test_a_viewer_needs_the_whole_contact_for_the_codes(shopfront: Shopfront) -> None:
    order = await placed(shopfront)
    await call(
        shopfront, f"/orders/{order['order_no']}/payments", {"gateway": "sandbox", "method": "alipay"}, order["token"]
    )
    await shopfront.notified()
    found = await call(shopfront, "/lookup", {"order_no": order["order_no"], "second_factor": PHONE[-4:]})
    path, token = f"/orders/{order['order_no']}/reveal", found.json()["token"]
    refused = await call(shopfront, path, {}, token)
    assert (refused.status_code, refused.json()["code"]) == (403, "contact_needed")
    shown = await call(shopfront, path, {"contact": PHONE}, token)
    assert shown.json()["codes"][0] in CODES


async def test_an_unpaid_order_can_be_cancelled_twice_and_then_not_be_paid(shopfront: Shopfront) -> None:
    order = await placed(shopfront)
    path, token = f"/orders/{order['order_no']}", order["token"]
    assert (await call(shopfront, f"{path}/cancel", None, token)).json()["state"] == "cancelled"
    assert (await call(shopfront, f"{path}/cancel", None, token)).status_code == 200
    pay = await call(shopfront, f"{path}/payments", {"gateway": "sandbox", "method": "alipay"}, token)
    assert (pay.status_code, pay.json()["code"]) == (409, "order_not_payable")


async def test_misses_are_answered_alike_and_end_in_a_challenge(shopfront: Shopfront) -> None:
    order = await placed(shopfront)
    ask = {"order_no": order["order_no"], "second_factor": "1234"}
    answers = [await call(shopfront, "/lookup", ask) for _ in range(4)]
    assert [answer.json()["code"] for answer in answers] == ["lookup_missed"] * 3 + ["proof_needed"]
    assert answers[-1].json()["values"]["challenge"]["algorithm"] == "SHA-256"


async def test_the_api_of_another_site_stands_under_its_prefix(shopfront: Shopfront) -> None:
    assert (await shopfront.get("/s/wanbao/api/v1/catalogue")).json()["site"] == "万宝卡盟"
