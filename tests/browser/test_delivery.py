"""Orders that suppliers fill, as their buyers see them: on their way, in trouble, in parts, there."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import expect

from kameng.arrivals.curve import UNKNOWN, Tally, curve_of, learn, span_of
from tests.browser.conftest import PHONE, Open
from tests.browser.purchase import buy, skus
from tests.browser.stack import Running
from tests.browser.visitor import Visitor, a_phone

PHONE_CREDIT = "/goods/phone-credit/phone-credit"
CODES_ON_DEMAND = "/goods/memberships/youku"
#: By their protocols, as the sandbox knows them; the first is asked first.
NORTH, SOUTH = "yrapi", "kasushou"
USUALLY_TAKES_S = 45
#: A supplier that could not be read at the first try is asked again after half a minute.
WITHIN_S = 60

HISTORY = """
INSERT INTO arrival_curves (product_id, supplier_id, operator, hour, seen, median_s, p95_s, arrived, learned_at)
SELECT p.id, s.id, '', -1, $1, $2, $3, $4, now() + interval '1 day' FROM products p, suppliers s
WHERE p.slug = 'phone-credit' AND s.code = 'north'
ON CONFLICT DO NOTHING
"""


@pytest.fixture(scope="module")
def offered(shop: Running) -> None:
    """The suppliers' goods were read, and the first of them is known to take its time."""
    tally = Tally()
    tally.delivered[span_of(USUALLY_TAKES_S)] += 500
    curve = curve_of(learn(tally, UNKNOWN), 500)
    shop.sql(HISTORY, 500.0, curve.after(0.5), curve.after(0.95), list(curve.arrived))
    until(lambda: all(sku["stock"] != "none" for slug, sku in skus(shop) if slug in {"phone-credit", "youku"}))


@pytest.fixture(autouse=True)
def plain_suppliers(shop: Running, offered: None) -> Iterator[None]:
    """Without moods: they deliver at once unless told otherwise."""
    for name in (NORTH, SOUTH):
        shop.ask_supplier(f"{name}/control/reset", {})
    yield
    for name in (NORTH, SOUTH):
        shop.ask_supplier(f"{name}/control/reset", {})
    shop.sql("UPDATE troubles SET closed_at = now(), closed_by = 'test' WHERE closed_at IS NULL")


def test_a_top_up_from_form_to_arrival(visitor: Visitor) -> None:
    page = visitor.page
    visitor.shop.ask_supplier(f"{NORTH}/control/course", {"delay_s": None, "times": 1})
    order_no = top_up(visitor, PHONE_CREDIT, "13912345678")
    expect(page.locator("[data-state=delivering]")).to_be_visible(timeout=15_000)
    visitor.sees("充值中")
    page.evaluate("window.stillHere = true")
    expected = page.locator(".arrival")
    expect(expected).to_have_text(re.compile(r"预计 \d+ 秒内到账，最迟 \d\d:\d\d"))
    visitor.look()
    told = expected.inner_text()
    expect(expected).not_to_have_text(told, timeout=20_000)
    assert seconds_in(expected.inner_text()) < seconds_in(told)

    settle(visitor, NORTH, f"{order_no}-1")
    expect(page.locator("[data-state=delivered]")).to_be_visible(timeout=15_000)
    visitor.sees("已到账")
    assert page.evaluate("window.stillHere")
    page.get_by_text("全部记录").click()
    for line in ("已收到付款", "已提交给供货方", "已到账"):
        visitor.sees(line)
    visitor.look()


def test_codes_on_demand_are_there_to_be_read(visitor: Visitor) -> None:
    visitor.shop.ask_supplier(f"{SOUTH}/control/course", {"delay_s": 2, "times": 1})
    order_no = visitor.order(a_phone(), product=CODES_ON_DEMAND)
    visitor.pay()
    visitor.go(f"/orders/{order_no}")
    expect(visitor.page.locator("[data-state=delivered]")).to_be_visible(timeout=15_000)
    visitor.press("查看卡密")
    visitor.look()
    books = visitor.shop.ask_supplier(f"{SOUTH}/control/books?number={order_no}-1")
    assert len(visitor.texts("#codes code")) == 1
    assert books["codes"][0]["number"] in visitor.texts("#codes code")[0]


def test_what_one_supplier_leaves_another_completes(open_browser: Open) -> None:
    visitor = open_browser(PHONE)
    page, shop = visitor.page, visitor.shop
    hundred = next(sku for slug, sku in skus(shop) if (slug, sku["face_value"]) == ("phone-credit", "100 元"))
    # Half of it is worth one of the second supplier's smaller goods.
    shop.command("route", "add", str(hundred["id"]), "south", "1050", "--face", "50", "--priority", "5")
    half = {"delay_s": 0.5, "ending": {"state": "partly", "delivered": 5000}, "times": 1}
    shop.ask_supplier(f"{NORTH}/control/course", half)
    shop.ask_supplier(f"{SOUTH}/control/course", {"delay_s": None, "times": 1})
    order_no = top_up(visitor, PHONE_CREDIT, "13912345678", face_value="100 元")
    visitor.sees("已完成一部分，剩下的正在继续处理")
    visitor.look()
    until(lambda: bought(shop, SOUTH, f"{order_no}-2"))
    settle(visitor, SOUTH, f"{order_no}-2")
    expect(page.locator("[data-state=delivered]")).to_be_visible(timeout=15_000)
    [first], [second] = (bought(shop, name, f"{order_no}-{n}") for n, name in ((1, NORTH), (2, SOUTH)))
    assert (first["delivered"], second["delivered"]) == (5000, 5000)


def test_an_outage_is_told_on_the_order_and_to_everybody(open_browser: Open) -> None:
    visitor = open_browser(PHONE)
    page, shop = visitor.page, visitor.shop
    shop.ask_supplier(f"{NORTH}/control/course", {"delay_s": 0, "ending": {"state": "failed"}})
    sku = next(sku for slug, sku in skus(shop) if slug == "phone-credit")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: buy(shop, sku, {"account": f"139123450{n:02d}"}), range(14)))
    visitor.go("/status")
    until(lambda: page.reload() and page.locator("#now").count())
    expect(page.locator("#now")).to_contain_text(re.compile(r"(手机话费直充|中国移动)近期失败较多，预计 .+ 恢复"))
    visitor.sees("已切换线路")
    visitor.look()

    shop.ask_supplier(f"{SOUTH}/control/course", {"delay_s": None})
    top_up(visitor, PHONE_CREDIT, "13912345678")
    expect(page.locator("[data-trouble=failing]")).to_be_visible(timeout=20_000)
    visitor.sees("已为您换用其他线路")
    expect(page.locator("[data-trouble]")).to_contain_text(re.compile(r"预计 .+ 恢复"))
    visitor.look()
    page.get_by_role("link", name="查看线路状态").click()
    visitor.is_at(r"/status$")


def top_up(visitor: Visitor, product: str, account: str, *, face_value: str = "10 元") -> str:
    """From the form to the paid order's page; its number."""
    page = visitor.page
    visitor.go(product)
    page.locator("label.choice", has_text=re.compile(rf"^\s*{face_value}")).click()
    page.fill("#account-account", account)
    page.fill("#again-account", account)
    page.fill("#contact", a_phone())
    visitor.press("下一步")
    visitor.look()
    page.check("[name=terms_accepted]")
    visitor.press("提交订单")
    visitor.is_at(r"/orders/\d{20}$")
    order_no = page.url.rsplit("/", 1)[1]
    visitor.pay()
    visitor.go(f"/orders/{order_no}")
    return order_no


def settle(visitor: Visitor, supplier: str, number: str) -> None:
    """It arrives, and the supplier calls back."""
    visitor.shop.ask_supplier(f"{supplier}/control/settle", {"number": number})


def bought(shop: Running, supplier: str, number: str) -> list[dict[str, Any]]:
    """What stands in its books of one of our numbers."""
    purchases: list[dict[str, Any]] = shop.ask_supplier(f"{supplier}/control/books?number={number}")["purchases"]
    return purchases


def seconds_in(text: str) -> int:
    found = re.search(r"(\d+) 秒", text)
    assert found, text
    return int(found[1])


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.3)
