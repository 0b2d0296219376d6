"""A held order on its page and in the API: what the buyer reads, and what releases it."""

import re
from datetime import timedelta

import pytest

from kameng.fulfilment.end_holds import end_holds
from kameng.kernel.clock import VirtualClock
from kameng.orders.name_subject import subject_typed
from kameng.risk.lists import put_on_list
from kameng.risk.scorecard import Listed, Thresholds
from kameng.risk.subjects import SubjectKind
from kameng.risk.weights import save_thresholds
from tests.web.shopfront import CODES, PHONE, PRODUCT, Shopfront, hidden

pytestmark = pytest.mark.anyio


async def put(shopfront: Shopfront, on: Listed) -> None:
    subject = subject_typed(shopfront.app.state.keyring, SubjectKind.CONTACT, PHONE)
    async with shopfront.db.transaction() as tx:
        await put_on_list(tx, on, subject, reason="多次盗刷", until=None, staff_id=None)


async def held(shopfront: Shopfront, *, high: int = 100) -> str:
    """Paid and held back; the order's number."""
    await put(shopfront, Listed.WATCH)
    async with shopfront.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, high))
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    assert await shopfront.state_of(order_no) == "under_review"
    return order_no


async def test_the_page_asks_for_the_contact_and_the_goods_come_at_once(shopfront: Shopfront) -> None:
    order_no = await held(shopfront)
    page = await shopfront.get(f"/orders/{order_no}")
    for text in ("审核中", "再验证一次", "验证并发货", "超过时间会自动原路退款", f"/orders/{order_no}/prove"):
        assert text in page.text
    assert PHONE not in page.text
    answer = await shopfront.post(f"/orders/{order_no}/prove", {"contact": PHONE})
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"/orders/{order_no}")
    assert await shopfront.state_of(order_no) == "delivered"
    page = await shopfront.get(f"/orders/{order_no}")
    assert "已发货" in page.text
    assert "prove" not in page.text
    codes = await shopfront.post(f"/orders/{order_no}/reveal")
    assert any(code in codes.text for code in CODES)


async def test_the_same_in_english(shopfront: Shopfront) -> None:
    order_no = await held(shopfront)
    page = await shopfront.get(f"/orders/{order_no}?lang=en")
    for text in ("Under review", "Verify and deliver", "refunded automatically"):
        assert text in page.text
    assert not re.search(r"[\u4e00-\u9fff]", page.text.partition('id="prove"')[2].partition("</section>")[0])


@pytest.mark.parametrize(("contact", "status"), [("", 403), ("13900001234", 422), ("abc", 422)])
async def test_a_wrong_contact_is_told_beside_the_field(shopfront: Shopfront, contact: str, status: int) -> None:
    order_no = await held(shopfront)
    page = await shopfront.post(f"/orders/{order_no}/prove", {"contact": contact})
    assert page.status_code == status
    assert 'aria-invalid="true"' in page.text
    assert await shopfront.state_of(order_no) == "under_review"


async def test_who_came_with_the_tail_proves_it_too_and_owns_the_page_then(shopfront: Shopfront) -> None:
    order_no = await held(shopfront)
    shopfront.client.cookies.clear()
    await shopfront.post("/q", {"order_no": order_no, "second_factor": PHONE[-4:]})
    assert (await shopfront.post(f"/orders/{order_no}/prove", {"contact": PHONE})).status_code == 303
    codes = await shopfront.post(f"/orders/{order_no}/reveal")
    assert any(code in codes.text for code in CODES)


async def test_a_stranger_proves_nothing(shopfront: Shopfront) -> None:
    order_no = await held(shopfront)
    shopfront.client.cookies.clear()
    await shopfront.post(f"/orders/{order_no}/prove", {"contact": PHONE})
    assert await shopfront.state_of(order_no) == "under_review"


async def test_what_a_person_looks_at_asks_nothing_of_the_buyer(shopfront: Shopfront) -> None:
    order_no = await held(shopfront, high=50)
    page = await shopfront.get(f"/orders/{order_no}")
    assert "专人审核" in page.text
    assert "/prove" not in page.text
    refused = await shopfront.post(f"/orders/{order_no}/prove", {"contact": PHONE})
    assert refused.status_code == 409
    assert await shopfront.state_of(order_no) == "under_review"


async def test_after_a_day_the_page_tells_of_the_refund(shopfront: Shopfront, clock: VirtualClock) -> None:
    order_no = await held(shopfront)
    clock.go_on(timedelta(days=1))
    await end_holds(db=shopfront.db)
    assert "超过时限没有完成验证" in (await shopfront.get(f"/orders/{order_no}")).text


async def test_the_api_says_and_does_the_same(shopfront: Shopfront) -> None:
    order_no = await held(shopfront)
    asked = {"order_no": order_no, "second_factor": PHONE[-4:]}
    found = (await shopfront.client.post("/api/v1/lookup", json=asked)).json()
    assert found["order"]["actions"] == ["prove"]
    assert found["order"]["prove_by"] == "2026-11-23T06:30:55Z"
    bearer = {"authorization": f"Bearer {found['token']}"}
    path = f"/api/v1/orders/{order_no}/prove"
    assert (await shopfront.client.post(path, json={"contact": PHONE})).status_code == 401
    wrong = await shopfront.client.post(path, json={"contact": "13900001234"}, headers=bearer)
    assert wrong.status_code == 422
    right = await shopfront.client.post(path, json={"contact": PHONE}, headers=bearer)
    assert right.json() == {"order_no": order_no, "state": "delivered"}
    again = await shopfront.client.post(path, json={"contact": PHONE}, headers=bearer)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_prove")


async def test_who_is_blocked_reads_a_fair_word_and_no_reason(shopfront: Shopfront) -> None:
    await put(shopfront, Listed.BLOCK)
    confirm = await shopfront.post(PRODUCT, shopfront.wish())
    page = await shopfront.post("/orders", hidden(confirm.text) | {"terms_accepted": "yes"})
    assert page.status_code == 403
    assert "暂时不能为您下单" in page.text
    assert not any(word in page.text for word in ("名单", "盗刷", "风险"))
    assert await shopfront.count("orders") == 0


async def test_a_browser_that_orders_is_known_again_by_a_random_name(shopfront: Shopfront) -> None:
    await shopfront.ordered()
    name = shopfront.client.cookies["device"]
    assert re.fullmatch(r"[0-9A-Za-z_-]{22}", name)
    await shopfront.ordered()
    assert shopfront.client.cookies["device"] == name
    # The contact's two orders, and the one that came with the name.
    counts = await shopfront.db.pool.fetch("SELECT orders FROM risk_velocity ORDER BY orders")
    assert [row["orders"] for row in counts] == [1, 2]
