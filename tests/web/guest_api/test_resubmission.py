from datetime import timedelta
from typing import Any

import httpx
import pytest

from kameng.kernel.clock import VirtualClock
from kameng.payment.expire import expire_orders
from tests.web.shopfront import PHONE, PRICE_FEN, Shopfront

pytestmark = pytest.mark.anyio

API = "/api/v1"


async def call(shopfront: Shopfront, path: str, body: Any = None, token: str = "") -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return await shopfront.client.post(API + path, json=body, headers=headers)


async def an_order(shopfront: Shopfront, *, paid: bool = False) -> tuple[str, str]:
    """Its path and its token."""
    wish = {"sku_id": shopfront.sku_id, "quantity": 1, "contact": PHONE, "unit_price_fen": PRICE_FEN}
    order = (await call(shopfront, "/orders", {**wish, "terms_accepted": True})).json()
    path = f"/orders/{order['order_no']}"
    if paid:
        await call(shopfront, f"{path}/payments", {"gateway": "sandbox", "method": "alipay"}, order["token"])
        await shopfront.notified()
    return path, order["token"]


async def test_pay_again_gives_the_new_order_and_its_token(shopfront: Shopfront, clock: VirtualClock) -> None:
    path, token = await an_order(shopfront)
    clock.go_on(timedelta(minutes=16))
    await expire_orders(db=shopfront.db)
    headers = {"authorization": f"Bearer {token}"}
    told = (await shopfront.get(f"{API}{path}/resubmission", headers=headers)).json()
    assert [offer["kind"] for offer in told["offers"]] == ["pay_again"]
    answer = (await call(shopfront, f"{path}/resubmission", {"kind": "pay_again"}, token)).json()
    one = answer["resubmission"]
    assert (one["state"], len(one["steps"]), answer["offers"]) == ("under_way", 5, [])
    new = f"/orders/{one['new_order_no']}"
    assert (await call(shopfront, f"{new}/cancel", None, one["new_token"])).json()["state"] == "cancelled"


async def test_cancel_a_paid_order_and_nothing_is_left_to_confirm(shopfront: Shopfront) -> None:
    path, token = await an_order(shopfront, paid=True)
    assert (await call(shopfront, f"{path}/cancel", None, token)).json()["state"] == "refunding"
    refused = await call(shopfront, f"{path}/confirm", None, token)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_confirm")


async def test_read_replaced_and_confirmed(shopfront: Shopfront) -> None:
    path, token = await an_order(shopfront, paid=True)
    first = (await call(shopfront, f"{path}/reveal", {}, token)).json()["codes"]
    refused = await call(shopfront, f"{path}/cancel", None, token)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_longer_cancellable")
    answer = await call(shopfront, f"{path}/resubmission", {"kind": "replace_code"}, token)
    assert answer.json()["resubmission"]["state"] == "done"
    assert (await call(shopfront, f"{path}/reveal", {}, token)).json()["codes"] != first
    assert (await call(shopfront, f"{path}/confirm", None, token)).json()["state"] == "completed"


async def test_the_tail_alone_exchanges_and_corrects_nothing(shopfront: Shopfront) -> None:
    path, token = await an_order(shopfront, paid=True)
    await call(shopfront, f"{path}/reveal", {}, token)
    found = await call(shopfront, "/lookup", {"order_no": path.rsplit("/", 1)[1], "second_factor": PHONE[-4:]})
    viewer = found.json()["token"]
    for name, body in (("resubmission", {"kind": "replace_code"}), ("correction", {"account": {"account": "1"}})):
        refused = await call(shopfront, f"{path}/{name}", body, viewer)
        assert (refused.status_code, refused.json()["code"]) == (403, "owner_needed")
    assert await shopfront.count("resubmissions") == 0
    proven = await call(shopfront, f"{path}/resubmission", {"kind": "replace_code", "contact": PHONE}, viewer)
    assert proven.json()["resubmission"]["state"] == "done"


@pytest.mark.parametrize("body", [{"kind": "nonsense"}, {"kind": "pay_again", "more": 1}, {}])
async def test_nonsense_is_refused(shopfront: Shopfront, body: Any) -> None:
    path, token = await an_order(shopfront)
    assert (await call(shopfront, f"{path}/resubmission", body, token)).status_code in {400, 422}
    assert (await call(shopfront, f"{path}/resubmission", {"kind": "pay_again"})).status_code == 401
    assert await shopfront.count("resubmissions") == 0
