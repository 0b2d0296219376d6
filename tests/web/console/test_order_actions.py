"""What staff do to an order, over HTTP: it happens once, with a reason, and is written down."""

import pytest

from kameng.orders.number import OrderId, printed
from kameng.staff.roles import Role
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, PHONE, Shop

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def at_the_desk(console: Console) -> None:
    await console.enter_as(Role.OWNER)


YES = {"confirmed": "1"}
REFUND = YES | {"reason": "买家不要了", "cause": "wrong_order"}


def path(order: OrderId, action: str) -> str:
    return f"/console/orders/{printed(order)}/{action}"


def shown_in(text: str) -> list[str]:
    return [code for code in CODES if code in text]


async def done(console: Console) -> list[tuple[str, object]]:
    """What the log says of changes and secrets, without the looks."""
    return [(line.action, line.facts.get("reason")) for line in await console.log() if line.action != "order:looked_at"]


async def test_an_underpaid_order_is_accepted_and_delivered(console: Console, shop: Shop) -> None:
    order = await shop.paid(paid_fen=990)
    answer = await console.post(path(order, "accept"), YES | {"reason": "只差一角"})
    assert answer.status_code == 303
    assert await shop.state_of(order) == "delivered"
    assert await done(console) == [("order:payment_accepted", "只差一角")]
    event = await console.db.pool.fetchrow("SELECT * FROM order_events WHERE event = 'accepted_by_staff'")
    assert event is not None
    assert (event["actor_kind"], event["actor_id"], event["reason"]) == ("staff", "owner", "只差一角")


async def test_an_underpaid_order_is_refunded(console: Console, shop: Shop) -> None:
    order = await shop.paid(paid_fen=880)
    answer = await console.post(path(order, "refund"), REFUND)
    assert answer.status_code == 303
    assert await shop.state_of(order) == "refunding"
    refunds = await console.db.pool.fetch("SELECT amount_fen, cause FROM refunds")
    assert [tuple(refund) for refund in refunds] == [(880, "wrong_order")]
    assert await done(console) == [("order:refund_requested", "买家不要了")]


async def test_the_second_click_changes_nothing(console: Console, shop: Shop) -> None:
    order = await shop.paid(paid_fen=880)
    await console.post(path(order, "refund"), REFUND)
    again = await console.post(path(order, "refund"), REFUND)
    assert again.status_code == 409
    assert "订单当前状态不允许这个操作" in again.text
    assert await console.db.pool.fetchval("SELECT count(*) FROM refunds") == 1
    assert len(await done(console)) == 1


async def test_a_stuck_refund_is_decided_after_a_look_into_the_books(console: Console, shop: Shop) -> None:
    order = await shop.paid(paid_fen=1500)
    await console.db.pool.execute("UPDATE refunds SET state = 'in_doubt', try_at = NULL")
    page = (await console.get(f"/console/orders/{printed(order)}")).text
    assert "这笔退款停住了" in page
    form = {"verdict": "sent", "reason": "商户后台已见退款", "confirmed": "1"}
    unread = await console.post(path(order, "refunds/1"), form)
    assert unread.status_code == 422
    assert "请填写渠道后台显示的累计已退金额" in unread.text
    other = await console.post(path(order, "refunds/1"), form | {"returned": "4.99"})
    assert other.status_code == 409
    assert "如果这一笔已由渠道退回，后台的累计应是 ¥5.00；如果没有，应是 ¥0.00" in other.text
    assert 'value="4.99"' in other.text
    assert await console.db.pool.fetchval("SELECT state FROM refunds") == "in_doubt"
    answer = await console.post(path(order, "refunds/1"), form | {"returned": "5"})
    assert answer.status_code == 303
    assert await console.db.pool.fetchval("SELECT state FROM refunds") == "done"
    assert await done(console) == [("order:refund_decided", "商户后台已见退款")]
    audit = (await console.get("/console/audit")).text
    assert "渠道账上已退：买家已收到款项" in audit
    assert "渠道累计已退 ¥5.00" in audit
    again = await console.post(path(order, "refunds/1"), form | {"verdict": "not_sent", "returned": "0"})
    assert again.status_code == 409
    assert await console.db.pool.fetchval("SELECT state FROM refunds") == "done"


@pytest.mark.parametrize(("verdict", "reason"), [("", "看过了"), ("maybe", "看过了"), ("sent", " ")])
async def test_a_decision_needs_a_verdict_and_a_reason(console: Console, shop: Shop, verdict: str, reason: str) -> None:
    order = await shop.paid()
    refund = await shop.stuck_refund(order)
    answer = await console.post(
        path(order, f"refunds/{refund}"), {"verdict": verdict, "reason": reason, "returned": "9", "confirmed": "1"}
    )
    assert answer.status_code == 422
    assert await console.db.pool.fetchval("SELECT state FROM refunds") == "refused"
    assert await done(console) == []


async def test_a_refund_is_decided_on_its_own_orders_page_only(console: Console, shop: Shop) -> None:
    mine, other = await shop.paid(), await shop.paid()
    refund = await shop.stuck_refund(mine)
    for number in (refund, 10**12, 2**70):
        answer = await console.post(
            path(other, f"refunds/{number}"), {"verdict": "unknown", "reason": "看过了", "confirmed": "1"}
        )
        assert answer.status_code == 404
    assert await console.db.pool.fetchval("SELECT state FROM refunds") == "refused"


@pytest.mark.parametrize("action", ["refund", "accept", "codes", "contact"])
@pytest.mark.parametrize("reason", ["", "   ", "长" * 301])
async def test_nothing_is_done_without_a_reason(console: Console, shop: Shop, action: str, reason: str) -> None:
    order = await shop.paid(paid_fen=1 if action in ("refund", "accept") else 1000)
    state = await shop.state_of(order)
    answer = await console.post(path(order, action), REFUND | {"reason": reason})
    assert answer.status_code == 422
    assert await shop.state_of(order) == state
    assert await done(console) == []
    assert PHONE not in answer.text
    assert shown_in(answer.text) == []


async def test_a_delivered_order_is_not_accepted(console: Console, shop: Shop) -> None:
    order = await shop.paid()
    answer = await console.post(path(order, "accept"), YES | {"reason": "买家不要了"})
    assert answer.status_code == 409
    assert await shop.state_of(order) == "delivered"
    assert await done(console) == []
    page = (await console.get(f"/console/orders/{printed(order)}")).text
    assert '/accept"' not in page


async def test_codes_are_shown_once_with_a_reason_and_told_in_both_stories(console: Console, shop: Shop) -> None:
    order = await shop.paid()
    answer = await console.post(path(order, "codes"), {"reason": "买家来电", "confirmed": "1"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert len(shown_in(answer.text)) == 1
    assert shown_in((await console.get(f"/console/orders/{printed(order)}")).text) == []
    assert await done(console) == [("order:revealed", "买家来电")]
    assert "卡密被查看<br>员工 owner" in (await console.get(f"/console/orders/{printed(order)}")).text
    told = await console.db.pool.fetchrow("SELECT * FROM order_events WHERE event = 'revealed'")
    assert told is not None
    assert (told["actor_kind"], told["actor_id"], told["facts"]["cards"]) == ("staff", "owner", 1)
    assert shown_in(str(await console.log())) == []


async def test_reserved_codes_are_nobodys_to_see(console: Console, shop: Shop) -> None:
    order = await shop.order()
    answer = await console.post(path(order, "codes"), {"reason": "买家来电", "confirmed": "1"})
    assert answer.status_code == 409
    assert shown_in(answer.text) == []
    assert await done(console) == []


async def test_the_contact_is_shown_with_a_reason(console: Console, shop: Shop) -> None:
    order = await shop.order()
    answer = await console.post(path(order, "contact"), {"reason": "回电", "confirmed": "1"})
    assert PHONE in answer.text
    assert await done(console) == [("order:contact_shown", "回电")]
    assert PHONE not in str(await console.log())
    assert PHONE not in (await console.get(f"/console/orders/{printed(order)}")).text


@pytest.mark.parametrize("action", ["codes", "contact"])
async def test_nothing_is_shown_to_whoever_has_not_ticked_that_it_is_noted(
    console: Console, shop: Shop, action: str
) -> None:
    order = await shop.paid()
    answer = await console.post(path(order, action), {"reason": "买家来电"})
    assert answer.status_code == 422
    assert "再勾选确认" in answer.text
    assert PHONE not in answer.text
    assert shown_in(answer.text) == []
    assert await done(console) == []


async def test_no_action_happens_by_a_link(console: Console, shop: Shop) -> None:
    order = await shop.paid(paid_fen=1)
    for action in ("refund", "accept", "codes", "contact"):
        assert (await console.get(path(order, action))).status_code == 405
    assert await shop.state_of(order) == "under_review"
