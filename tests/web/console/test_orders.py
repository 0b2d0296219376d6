"""Finding an order and looking at it."""

import re
from datetime import timedelta

import pytest

from kameng.catalogue.edit import ProductDraft, save_product
from kameng.catalogue.form import FieldKind, FormField
from kameng.kernel.clock import VirtualClock
from kameng.orders.number import grouped, printed
from kameng.staff.roles import Role
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, PHONE, Shop

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def at_the_desk(console: Console) -> None:
    await console.enter_as(Role.CUSTOMER_SERVICE)


async def found(console: Console, typed: str) -> list[str]:
    """The order numbers that the search leads to."""
    answer = await console.post("/console/orders", {"q": typed})
    if answer.status_code == 303:
        return [answer.headers["location"].partition("?")[0].rpartition("/")[2]]
    assert answer.status_code == 200
    return re.findall(r'href="/console/orders/(\d{20})"', answer.text)


async def test_an_order_is_found_by_its_number_however_it_is_typed(console: Console, shop: Shop) -> None:
    order = await shop.order()
    number = printed(order)
    for typed in (
        number,
        grouped(order),
        f" {number[:7]}-{number[7:]} ",
        number.translate(str.maketrans("0123", "０１２３")),
    ):
        assert await found(console, typed) == [number]


async def test_one_slip_in_the_number_is_corrected_and_said(console: Console, shop: Shop) -> None:
    number = printed(await shop.order())
    wrong = number[:13] + str((int(number[13]) + 1) % 10) + number[14:]
    missing = number[:15] + number[16:]
    for typed in (wrong, missing):
        answer = await console.post("/console/orders", {"q": typed})
        assert answer.headers["location"] == f"/console/orders/{number}?done=corrected"
    page = await console.get(f"/console/orders/{number}?done=corrected")
    assert "输入的订单号有一位不对" in page.text


async def test_orders_are_found_by_the_whole_contact_and_by_nothing_less(console: Console, shop: Shop) -> None:
    mine = [printed(await shop.order()) for _ in range(2)]
    mail = printed(await shop.order(contact="lin@example.com"))
    assert sorted(await found(console, "+86 138 0013 8000")) == sorted(mine)
    assert await found(console, "LIN@example.com") == [mail]
    for part in ("8000", "1380013", "lin@example", "13900000000"):
        assert await found(console, part) == []


async def asks_for(console: Console, *form: FormField) -> None:
    async with console.db.transaction() as tx:
        await save_product(tx, ProductDraft("qb", "games", "Q币", form=form))


async def test_orders_are_found_by_the_whole_account_that_is_topped_up(console: Console, shop: Shop) -> None:
    await asks_for(console, FormField("account", FieldKind.QQ, "QQ 号"))
    player = printed(await shop.order(account={"account": "87654321"}))
    await asks_for(console, FormField("account", FieldKind.PHONE, "手机号"))
    friend = printed(await shop.order(contact="13900000000", account={"account": PHONE}))
    await asks_for(console)
    mine = printed(await shop.order())
    assert await found(console, "8765 4321") == [player]
    assert sorted(await found(console, PHONE)) == sorted([mine, friend, player])
    assert await found(console, "8765432") == []


async def test_the_account_is_masked_on_the_page(console: Console, shop: Shop) -> None:
    await asks_for(console, FormField("account", FieldKind.PHONE, "充值手机号"))
    order = await shop.order(contact="lin@example.com", account={"account": "13912345678"})
    page = (await console.get(f"/console/orders/{printed(order)}")).text
    for text in ("充值手机号", "139****5678", "中国移动", "江苏"):
        assert text in page
    assert "13912345678" not in page


async def test_an_order_is_found_by_the_gateways_number_and_by_our_reference(console: Console, shop: Shop) -> None:
    order = await shop.paid(trade_no="2026112222001499")
    attempt = await console.db.pool.fetchval("SELECT id FROM payment_attempts")
    assert await found(console, "2026112222001499") == [printed(order)]
    assert await found(console, f"P{attempt}") == [printed(order)]


@pytest.mark.parametrize("typed", ["'", "%", "\0", "-1", "9" * 300, "P999999999999999999", "；DROP TABLE"])
async def test_nonsense_finds_nothing(console: Console, shop: Shop, typed: str) -> None:
    await shop.order()
    answer = await console.post("/console/orders", {"q": typed})
    assert answer.status_code in (200, 303)
    assert "location" not in answer.headers or answer.headers["location"] == "/console/orders"


async def test_what_was_searched_for_stays_out_of_log_and_address(console: Console, shop: Shop) -> None:
    await shop.order()
    answer = await console.post("/console/orders", {"q": PHONE})
    assert PHONE not in answer.headers.get("location", "")
    lines = await console.log()
    assert [(line.action, line.facts) for line in lines] == [("order:searched", {"by": "contact", "orders": 1})]
    assert PHONE not in str(lines)


async def test_the_page_shows_everything_but_the_secrets(console: Console, shop: Shop) -> None:
    order = await shop.paid(trade_no="T-20261122")
    await console.db.pool.execute(
        "INSERT INTO gateway_notices (gateway_id, digest, attempt_id, genuine, fields, first_at, last_at)"
        " SELECT gateway_id, '', id, true, $1, started_at, started_at FROM payment_attempts",
        {"trade_no": "T-20261122", "money": "10.00", "sign": "5ec2e7", "sign_type": "MD5"},
    )
    page = await console.get(f"/console/orders/{printed(order)}")
    assert page.headers["cache-control"] == "no-store"
    for shown in (grouped(order), "Q币", "在充值页输入卡密", "海城", "¥10.00", "198.51.100.4", "T-20261122",
                  "已发货", "138****", "确认收款", "提交订单", "支付渠道发来通知", "trade_no",
                  "2026-11-22 14:30:55"):  # fmt: skip
        assert shown in page.text, shown
    for hidden in (PHONE, *CODES, "5ec2e7", "sign_type"):
        assert hidden not in page.text, hidden


async def test_a_look_is_in_the_log_and_in_the_orders_own_story(console: Console, shop: Shop) -> None:
    number = printed(await shop.order())
    await console.get(f"/console/orders/{number}")
    (line,) = await console.log()
    assert (line.login, line.action, line.subject) == ("customer-service", "order:looked_at", f"order:{number}")
    assert line.address is not None
    assert "查看订单" in (await console.get(f"/console/orders/{number}")).text


@pytest.mark.parametrize("number", ["26112214305512345600", "1", "x", "26112214305512345608"])
async def test_no_order_is_no_page_and_no_look(console: Console, number: str) -> None:
    answer = await console.get(f"/console/orders/{number}")
    assert answer.status_code == 404
    assert "没有找到这个订单" in answer.text
    assert await console.log() == []


async def test_unsettled_orders_are_listed_by_state(console: Console, shop: Shop) -> None:
    held, sold = printed(await shop.paid(paid_fen=1)), printed(await shop.paid())
    listed = (await console.get("/console/orders?state=under_review")).text
    assert held in listed
    assert sold not in listed
    assert sold in (await console.get("/console/orders")).text
    assert (await console.get("/console/orders?state=nonsense")).status_code == 200


async def test_the_first_page_counts_what_waits(console: Console, shop: Shop, clock: VirtualClock) -> None:
    await shop.order()
    await shop.paid(paid_fen=1)
    await console.db.pool.execute("UPDATE orders SET state = 'paid' WHERE state = 'awaiting_payment'")
    clock.go_on(timedelta(minutes=2))
    page = (await console.get("/console")).text
    counts = {label: int(count) for count, label in re.findall(
        r'class="tile-count[^"]*">(\d+)</span>\s*<span>([^<]+)</span>', page)}  # fmt: skip
    assert counts == {
        "存疑或卡住的发货": 0, "付款超过 1 分钟未发货": 1, "付款不足，待人工处理": 1, "退款被拒或结果不明": 0,
        "未处理的告警": 1,
        "库存偏低的面值": 1, "待支付": 0, "审核中": 1, "已支付": 1, "异常": 0, "退款中": 0,
    }  # fmt: skip


async def test_money_that_waits_is_listed(console: Console, shop: Shop) -> None:
    held = await shop.paid(paid_fen=880, trade_no="T-short")
    surplus = await shop.paid(paid_fen=1500)
    page = (await console.get("/console/money")).text
    for shown in (grouped(held), "T-short", "¥8.80", grouped(surplus), "¥5.00", "多付"):
        assert shown in page, shown
