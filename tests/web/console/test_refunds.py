"""Asking for a refund on an order's page, and agreeing to others' on the page of requests, over HTTP."""

import pytest

from kameng.orders.number import OrderId, printed
from kameng.payment.request import RefundRules
from kameng.staff.roles import Role
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, PHONE, Shop

pytestmark = pytest.mark.anyio

WISH = {"amount": "3.00", "cause": "goods_faulty", "reason": "一张无效", "confirmed": "1"}
WHY = {"reason": "核对过"}


def page(order: OrderId) -> str:
    return f"/console/orders/{printed(order)}"


def limits(console: Console, *, approve_above_fen: int, two_above_fen: int = 10**6) -> None:
    console.client.app.state.refund_rules = RefundRules(approve_above_fen, two_above_fen)


async def states(console: Console) -> list[str]:
    return [row["state"] for row in await console.db.pool.fetch("SELECT state FROM refund_requests ORDER BY id")]


async def refunds(console: Console) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await console.db.pool.fetch("SELECT amount_fen, cause FROM refunds ORDER BY id")]


async def done(console: Console) -> list[tuple[str, str]]:
    return [(line.login, line.action) for line in reversed(await console.log()) if line.action != "order:looked_at"]


async def asked(console: Console, shop: Shop, role: Role = Role.CUSTOMER_SERVICE, **wish: str) -> OrderId:
    await console.enter_as(role)
    order = await shop.paid()
    answer = await console.post(page(order) + "/refund", WISH | wish)
    assert answer.status_code == 303, answer.text
    return order


async def test_customer_service_sends_a_small_part_back_at_once(console: Console, shop: Shop) -> None:
    order = await asked(console, shop)
    assert await refunds(console) == [(300, "goods_faulty")]
    assert await shop.state_of(order) == "delivered"
    assert await done(console) == [("customer-service", "order:refund_requested")]
    shown = (await console.get(page(order))).text
    assert "已同意，开始退款" in shown
    assert "还可以退 ¥7.00" in (await console.get(page(order) + "/do/refund")).text


async def test_a_larger_one_waits_for_somebody_else(console: Console, shop: Shop) -> None:
    limits(console, approve_above_fen=100)
    order = await asked(console, shop)
    assert await refunds(console) == []
    assert "等待审批" in (await console.get(page(order))).text
    await console.enter_as(Role.FINANCE)
    queue = (await console.get("/console/refunds")).text
    assert "一张无效" in queue
    assert "customer-service" in queue
    assert not any(secret in queue for secret in (*CODES, PHONE))
    answer = await console.post("/console/refunds/1/approve", WHY)
    assert answer.status_code == 303
    assert await states(console) == ["approved"]
    assert await refunds(console) == [(300, "goods_faulty")]
    assert "现在没有等待审批的退款申请" in (await console.get("/console/refunds")).text
    assert await done(console) == [("customer-service", "order:refund_asked"), ("finance", "order:refund_approved")]


async def test_two_have_to_agree_and_one_is_told_that_they_have(console: Console, shop: Shop) -> None:
    limits(console, approve_above_fen=100, two_above_fen=200)
    await asked(console, shop)
    await console.enter_as(Role.FINANCE)
    await console.post("/console/refunds/1/approve", WHY)
    assert "你已同意，还要另一位同事审批" in (await console.get("/console/refunds")).text
    assert (await console.post("/console/refunds/1/approve", WHY)).status_code == 409
    assert await refunds(console) == []
    await console.enter_as(Role.OWNER)
    await console.post("/console/refunds/1/approve", WHY)
    assert await refunds(console) == [(300, "goods_faulty")]
    assert [action for _, action in await done(console)] == [
        "order:refund_asked", "order:refund_agreed", "order:refund_approved"
    ]  # fmt: skip


async def test_nobody_agrees_to_their_own(console: Console, shop: Shop) -> None:
    limits(console, approve_above_fen=100)
    await asked(console, shop, Role.FINANCE)
    assert "这是你提出的申请" in (await console.get("/console/refunds")).text
    answer = await console.post("/console/refunds/1/approve", WHY)
    assert answer.status_code == 403
    assert "不能审批自己提出的退款申请" in answer.text
    assert await states(console) == ["waiting"]
    assert await refunds(console) == []
    assert await done(console) == [("finance", "order:refund_asked")]


async def test_what_is_declined_says_why_on_the_orders_page(console: Console, shop: Shop) -> None:
    limits(console, approve_above_fen=100)
    order = await asked(console, shop)
    await console.enter_as(Role.FINANCE)
    await console.post("/console/refunds/1/decline", {"reason": "卡密可以用"})
    assert await states(console) == ["declined"]
    assert "卡密可以用" in (await console.get(page(order))).text
    assert (await console.post("/console/refunds/1/approve", WHY)).status_code == 409
    assert await refunds(console) == []


async def test_whoever_asked_takes_it_back_and_nobody_else(console: Console, shop: Shop) -> None:
    limits(console, approve_above_fen=100)
    order = await asked(console, shop)
    await console.enter_as(Role.FINANCE)
    assert (await console.post(page(order) + "/requests/1/withdraw", WHY)).status_code == 404
    await console.enter_as(Role.CUSTOMER_SERVICE)
    other = await shop.paid()
    assert (await console.post(page(other) + "/requests/1/withdraw", WHY)).status_code == 404
    assert await states(console) == ["waiting"]
    assert (await console.post(page(order) + "/requests/1/withdraw", WHY)).status_code == 303
    assert await states(console) == ["declined"]


@pytest.mark.parametrize(
    "wrong",
    [{"amount": "10.01"}, {"amount": "0"}, {"amount": "-1"}, {"amount": "x"}, {"cause": ""}, {"cause": "paid_twice"},
     {"reason": " "}, {"reason": "长" * 301}],
)  # fmt: skip
async def test_what_was_typed_wrong_is_told_and_nothing_goes(
    console: Console, shop: Shop, wrong: dict[str, str]
) -> None:
    await console.enter_as(Role.OWNER)
    order = await shop.paid()
    answer = await console.post(page(order) + "/refund", WISH | wrong)
    assert answer.status_code == 422
    assert await refunds(console) == []
    assert await states(console) == []
    assert await done(console) == []


async def test_a_double_click_asks_once(console: Console, shop: Shop) -> None:
    order = await asked(console, shop, left="1000")
    again = await console.post(page(order) + "/refund", WISH | {"left": "1000"})
    assert again.status_code == 409
    assert len(await refunds(console)) == 1


async def test_all_of_it_hides_the_codes_from_their_buyer(console: Console, shop: Shop) -> None:
    order = await asked(console, shop, Role.OWNER, amount="")
    assert await shop.state_of(order) == "refunding"
    answer = await console.post(page(order) + "/codes", {"reason": "看看", "confirmed": "1"})
    assert answer.status_code == 409
    shown = (await console.get(page(order))).text
    assert "没有可以再退的款项" in shown
    assert 'name="amount"' not in shown


async def test_an_operator_sees_requests_and_no_form(console: Console, shop: Shop) -> None:
    limits(console, approve_above_fen=100)
    order = await asked(console, shop)
    await console.enter_as(Role.OPERATOR)
    shown = (await console.get(page(order))).text
    assert "退款申请" in shown
    assert "提交退款" not in shown
    assert "去审批" not in shown
    assert "/console/refunds" not in shown


@pytest.mark.parametrize("path", ["/console/refunds/1/approve", "/console/refunds/1/decline"])
async def test_looking_at_an_address_changes_nothing(console: Console, shop: Shop, path: str) -> None:
    limits(console, approve_above_fen=100)
    await asked(console, shop)
    await console.enter_as(Role.OWNER)
    assert (await console.get(path)).status_code == 405
    assert await states(console) == ["waiting"]


@pytest.mark.parametrize("number", ["2", str(2**63), str(2**70)])
async def test_a_request_that_is_not_there(console: Console, shop: Shop, number: str) -> None:
    await console.enter_as(Role.OWNER)
    assert (await console.post(f"/console/refunds/{number}/approve", WHY)).status_code == 404
