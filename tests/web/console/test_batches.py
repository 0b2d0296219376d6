"""Batches over HTTP: previewed, confirmed, agreed to by somebody else, watched, stopped."""

import re

import pytest

from kameng.batches.batch import Action, BatchState, ItemState, Unfit
from kameng.batches.carry_out import carry_out_batches
from kameng.batches.one_by_one import Bench
from kameng.checkout.place_order import CheckoutRules
from kameng.fulfilment.halt_delivery import DeliveryInDoubt
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId, printed
from kameng.payment.ask_refund import NothingLeft
from kameng.payment.gateways import Gateways
from kameng.payment.grant_refund import WholeOnly
from kameng.payment.refund import NotNow
from kameng.payment.request import RefundRules
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import ResubmissionRules, Why
from kameng.staff.roles import Role
from kameng.web.console import batch_wording
from tests.web.console.conftest import Console
from tests.web.console.shop import Shop

pytestmark = pytest.mark.anyio

BATCH = re.compile(r"/console/batches/(\d+)")
CONFIRM = {"reason": "货源故障", "cause": "not_arrived"}


def limits(console: Console, *, approve_above_fen: int) -> None:
    console.client.app.state.refund_rules = RefundRules(approve_above_fen, 10**6)


async def drawn(console: Console, action: str, orders: list[OrderId], more: str = "") -> str:
    """The path of the batch."""
    numbers = "\n".join(printed(order) for order in orders) + more
    answer = await console.post(f"/console/batches/{action}/draw-up", {"numbers": numbers})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def verb(console: Console, action: str, path: str, verb: str, **form: str) -> int:
    return (await console.post(f"/console/batches/{action}/{path.rpartition('/')[2]}/{verb}", form)).status_code


async def carried_out(console: Console) -> None:
    """As a worker does."""
    desk = Desk(console.db, console.keyring, Gateways(console.db, console.keyring, {}), ResubmissionRules(),
                CheckoutRules())  # fmt: skip
    while await carry_out_batches(Bench(desk, console.client.app.state.refund_rules)):
        pass


async def test_a_batch_of_refunds_from_the_pasted_numbers_to_the_last_result(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.CUSTOMER_SERVICE)
    limits(console, approve_above_fen=1999)
    orders = [await shop.paid(), await shop.paid()]
    waiting = await shop.order(contact="13900139000")
    path = await drawn(console, "refund", [*orders, waiting], "\n13800138000")
    preview = (await console.get(path)).text
    assert "符合 2 笔，共 ¥20.00" in preview
    assert "第 4 行不是订单号" in preview
    assert "订单现在的状态不适用：1 笔" in preview
    assert "需要 1 位同事同意" in preview
    assert "13800138000" not in preview
    assert await verb(console, "refund", path, "confirm", reason="", cause="not_arrived") == 422
    assert await verb(console, "refund", path, "confirm", **CONFIRM) == 303
    await carried_out(console)
    assert await console.db.pool.fetchval("SELECT count(*) FROM refund_requests") == 0

    await console.enter_as(Role.FINANCE)
    assert "等待审批" in (await console.get("/console/batches")).text
    assert (await console.post(f"{path}/approve", {"reason": "核对过"})).status_code == 303
    running = await console.get(path, **{"HX-Request": "true"})
    assert 'hx-trigger="every 1s"' in running.text
    await carried_out(console)
    done = await console.get(path, **{"HX-Request": "true"})
    assert "已处理 2 / 2 笔" in done.text
    assert "已同意，开始退款" in done.text
    assert done.headers["hx-refresh"] == "true"
    actions = [line.action for line in reversed(await console.log()) if not line.action.startswith("session")]
    assert actions == ["batch:drawn_up", "batch:confirmed", "batch:approved", *["order:refund_requested"] * 2]


async def test_whoever_asked_cannot_agree(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.FINANCE)
    limits(console, approve_above_fen=1)
    path = await drawn(console, "refund", [await shop.paid()])
    await verb(console, "refund", path, "confirm", **CONFIRM)
    refused = await console.post(f"{path}/approve", {"reason": "我自己"})
    assert refused.status_code == 403
    assert "不能审批自己提出的批量处理" in refused.text
    assert (await console.post(f"{path}/decline", {"reason": "算了"})).status_code == 303
    assert await console.db.pool.fetchval("SELECT state FROM order_batches") == "declined"


async def test_it_is_stopped_goes_on_and_is_broken_off(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.OWNER)
    path = await drawn(console, "refund", [await shop.paid()])
    assert await verb(console, "refund", path, "stop") == 409
    await verb(console, "refund", path, "confirm", **CONFIRM)
    assert await verb(console, "refund", path, "stop") == 303
    await carried_out(console)
    assert "待处理 1" in (await console.get(path)).text
    assert await verb(console, "refund", path, "go-on") == 303
    assert await verb(console, "refund", path, "break-off") == 303
    assert "终止前未处理 1" in (await console.get(path)).text
    assert await verb(console, "refund", path, "go-on") == 409
    assert await console.db.pool.fetchval("SELECT count(*) FROM refund_requests") == 0


async def test_the_wrong_door_does_not_open_another_actions_batch(console: Console, shop: Shop) -> None:
    """An operator may stop resubmissions, and no refunds, whichever address is tried."""
    await console.enter_as(Role.OWNER)
    path = await drawn(console, "refund", [await shop.paid()])
    await verb(console, "refund", path, "confirm", **CONFIRM)
    await console.enter_as(Role.OPERATOR)
    assert await verb(console, "resubmit", path, "stop") == 403
    assert await console.db.pool.fetchval("SELECT state FROM order_batches") == "running"


async def test_orders_are_chosen_by_a_filter_and_what_is_wrong_with_it_is_said(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.OWNER)
    await shop.paid(paid_fen=1)
    form = (await console.get("/console/batches/release/new")).text
    assert "付款不足，转人工审核" in form
    door = "/console/batches/release/draw-up"
    wrong = await console.post(door, {"state": "under_review", "since": "gestern"})
    assert (wrong.status_code, "时间写作" in wrong.text) == (422, True)
    assert (await console.post(door, {"state": "delivered", "since": "2026-11-01"})).status_code == 422
    nothing = await console.post(door, {"numbers": "SECRET-CODE-1"})
    assert (nothing.status_code, "SECRET-CODE-1" in nothing.text) == (422, False)
    chosen = {"state": "under_review", "since": "2026-11-20", "why": "paid_too_little", "product": "qb"}
    path = (await console.post(door, chosen)).headers["location"]
    assert "符合 1 笔" in (await console.get(path)).text


async def test_ten_thousand_numbers_can_be_pasted(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.OWNER)
    numbers = "\r\n".join(printed(260101000000000000 + n) for n in range(10_000))
    answer = await console.post("/console/batches/refund/draw-up", {"numbers": numbers})
    assert answer.status_code == 303, answer.text
    assert "不符合 10000 笔" in (await console.get(answer.headers["location"])).text


@pytest.mark.parametrize("number", ["0", "999", "99999999999999999999"])
async def test_a_number_of_no_batch_is_not_found(console: Console, shop: Shop, number: str) -> None:
    await console.enter_as(Role.OWNER)
    assert (await console.get(f"/console/batches/{number}")).status_code == 404
    assert (await console.post(f"/console/batches/{number}/approve", {"reason": "x"})).status_code == 404
    assert (await console.post(f"/console/batches/refund/{number}/stop")).status_code == 404


def test_everything_about_batches_has_a_name() -> None:
    for names, values in (
        (batch_wording.ACTIONS, Action), (batch_wording.EXPLAINED, Action), (batch_wording.RESULTS, Action),
        (batch_wording.STATES, BatchState), (batch_wording.STATE_COLOURS, BatchState),
        (batch_wording.ITEMS, ItemState), (batch_wording.ITEM_COLOURS, ItemState),
    ):  # fmt: skip
        assert set(names) == set(values)
    codes = {*Unfit, *Why, NotNow.code, NothingLeft.code, WholeOnly.code, DeliveryInDoubt.code, OrderMissing.code}
    assert [code for code in codes if batch_wording.why_words(str(code)) is None] == []
    assert batch_wording.why_words("RaiseError") is None
