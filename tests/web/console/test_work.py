"""The work page: every queue in one place, items taken once, given, planned, and followed without reloading."""

import asyncio
import re
from datetime import timedelta

import pytest

from kameng.attention.bounds import Place, Thing, set_bound
from kameng.attention.find_stuck import find_stuck
from kameng.kernel.clock import VirtualClock
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.orders.name_subject import subject_typed
from kameng.orders.number import OrderId, printed
from kameng.risk.lists import put_on_list
from kameng.risk.scorecard import Listed, Thresholds
from kameng.risk.subjects import SubjectKind
from kameng.risk.weights import save_thresholds
from kameng.staff.roles import Role
from tests.builders.refunds import request_refund
from tests.web.console.case_things import things_of_cases
from tests.web.console.conftest import Console
from tests.web.console.shop import PHONE, Shop
from tests.web.console.things import things_of_suppliers

pytestmark = pytest.mark.anyio
SEEN = re.compile(r"seen=([0-9a-f]+)")
QUEUES = ("doubt", "stuck", "review", "cases", "refunds", "resubmissions", "followed")


async def held(console: Console, shop: Shop) -> OrderId:
    """A paid order that a person has to look at."""
    async with console.db.transaction() as tx:
        named = subject_typed(shop.keyring, SubjectKind.CONTACT, PHONE)
        await put_on_list(tx, Listed.WATCH, named, reason="多次盗刷", until=None, staff_id=None)
        await save_thresholds(tx, Thresholds(50, 50))
    return await shop.paid()


async def stuck_item(console: Console, shop: Shop, clock: VirtualClock) -> tuple[int, str]:
    """An order that waits for staff for too long: its number in the queue, and its own."""
    order_id = await shop.paid(paid_fen=1)
    async with shop.db.transaction() as tx:
        await set_bound(tx, Place(Thing.ORDER, "under_review"), timedelta(minutes=1))
    clock.go_on(timedelta(minutes=2))
    await find_stuck(db=shop.db)
    return await console.db.pool.fetchval("SELECT id FROM stuck WHERE ended_at IS NULL"), printed(order_id)


async def test_all_queues_are_there_with_what_is_in_them(console: Console, shop: Shop, clock: VirtualClock) -> None:
    await console.enter_as(Role.OWNER)
    await shop.stock("AAAA-1111")
    sold = await shop.paid()
    things = await things_of_suppliers(console.db, shop.sku_id) | await things_of_cases(
        console.db, console.keyring, sold
    )
    item, order_no = await stuck_item(console, shop, clock)
    page = await console.get("/console/queues?queue=stuck")
    assert f'id="stuck-{item}"' in page.text
    assert order_no in page.text
    assert f"/console/cases/{things['case']}" in (await console.get("/console/queues?queue=cases")).text
    assert f"/console/exceptions/{things['attempt']}" in (await console.get("/console/queues?queue=doubt")).text
    for queue in QUEUES:
        assert (await console.get(f"/console/queues?queue={queue}")).status_code == 200
    await console.enter_as(Role.OPERATOR)
    assert (await console.get("/console/queues?queue=refunds")).status_code == 403
    assert "queue=refunds" not in (await console.get("/console/queues")).text


async def test_a_piece_comes_only_when_something_has_changed(console: Console, shop: Shop, clock: VirtualClock) -> None:
    await console.enter_as(Role.OWNER)
    page = (await console.get("/console/queues?queue=stuck")).text
    seen = SEEN.search(page)
    assert seen is not None
    path = f"/console/queues?queue=stuck&seen={seen[1]}"
    script = {"hx-request": "true"}
    assert (await console.get(path, **script)).status_code == 204
    item, _ = await stuck_item(console, shop, clock)
    piece = await console.get(path, **script)
    assert piece.status_code == 200
    assert f'id="stuck-{item}"' in piece.text
    assert "<html" not in piece.text
    assert 'hx-swap-oob="true"' in piece.text


async def test_of_two_who_take_it_one_has_it_and_the_other_is_told(
    console: Console, shop: Shop, clock: VirtualClock
) -> None:
    first = await console.enter_as(Role.OWNER)
    item, _ = await stuck_item(console, shop, clock)
    path = f"/console/queues/stuck/{item}/take"
    assert (await console.post(path)).headers["location"].endswith(f"#open-stuck-{item}")
    await console.enter_as(Role.FINANCE)
    late = await console.post(path)
    assert late.status_code == 409
    assert f"刚刚由 {first.login} 接手了" in late.text
    owner = "SELECT owner_id FROM claims"
    assert await console.db.pool.fetchval(owner) == first.id
    assert (await console.post(path, {"instead_of": str(first.id)})).status_code == 303, (
        "one who has seen it may take it over"
    )
    assert await console.db.pool.fetchval(owner) != first.id
    assert [line.action for line in await console.log()] == ["work:taken", "work:taken"]


async def test_many_clicks_at_once_are_one_take(console: Console, shop: Shop, clock: VirtualClock) -> None:
    await console.enter_as(Role.OWNER)
    item, _ = await stuck_item(console, shop, clock)
    path = f"/console/queues/stuck/{item}/take"
    await console.post("/console/queues/stuck/999/take")
    answers = await asyncio.gather(*(console.post(path) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await console.db.pool.fetch("SELECT 1 FROM claims")) == 1


async def test_an_item_is_given_planned_and_left(console: Console, shop: Shop, clock: VirtualClock) -> None:
    owner = await console.enter_as(Role.OWNER)
    item, _ = await stuck_item(console, shop, clock)
    path = f"/console/queues/stuck/{item}"
    assert owner.login in (await console.get(path)).text
    other = await console.enter_as(Role.CUSTOMER_SERVICE)
    await console.enter_as(Role.OWNER)
    await console.post(f"{path}/take", {"to": str(other.id)})
    assert other.login in (await console.get("/console/queues?queue=stuck")).text
    assert (await console.post(f"{path}/follow-up", {"follow_up": "2020-01-01T09:00"})).status_code == 422
    assert (await console.post(f"{path}/follow-up", {"follow_up": "2030-01-01T09:00"})).status_code == 303
    assert "01-01 09:00" in (await console.get("/console/queues?queue=stuck")).text
    await console.post(f"{path}/take", {"instead_of": str(other.id), "to": ""})
    assert await console.db.pool.fetchval("SELECT owner_id FROM claims") is None


async def test_what_is_gone_says_so(console: Console, shop: Shop, clock: VirtualClock) -> None:
    await console.enter_as(Role.OWNER)
    item, _ = await stuck_item(console, shop, clock)
    async with shop.db.transaction() as tx:
        order_id = OrderId(await tx.connection.fetchval("SELECT order_id FROM stuck"))
        await request_refund(tx, order_id=order_id, actor=Actor(ActorKind.STAFF, "wang"), reason="核对过")
    late = await console.post(f"/console/queues/stuck/{item}/take")
    assert late.status_code == 409
    assert "已经不在队列里" in late.text
    assert (await console.get(f"/console/queues/stuck/{item}")).status_code == 409
    assert (await console.post("/console/queues/nonsense/1/take")).status_code == 404


async def test_attempts_and_cases_keep_the_owner_they_know(console: Console, shop: Shop) -> None:
    owner = await console.enter_as(Role.OWNER)
    await shop.stock("AAAA-1111")
    sold = await shop.paid()
    things = await things_of_suppliers(console.db, shop.sku_id) | await things_of_cases(
        console.db, console.keyring, sold
    )
    for queue, table in (("doubt", "delivery_attempts"), ("cases", "cases")):
        item = things["attempt" if queue == "doubt" else "case"]
        assert (await console.post(f"/console/queues/{queue}/{item}/take")).status_code == 303
        assert await console.db.pool.fetchval(f"SELECT owner_id FROM {table} WHERE id = $1", item) == owner.id
    await console.enter_as(Role.CUSTOMER_SERVICE)
    for queue, name in (("doubt", "attempt"), ("cases", "case")):
        assert (await console.post(f"/console/queues/{queue}/{things[name]}/take")).status_code == 409
    await console.enter_as(Role.FINANCE)
    assert (await console.post(f"/console/queues/doubt/{things['attempt']}/take")).status_code == 403


async def test_a_held_order_is_released_once(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.FINANCE)
    await shop.stock("AAAA-1111")
    order_id = await held(console, shop)
    order_no = printed(order_id)
    path = f"/console/risk/orders/{order_no}"
    assert path in (await console.get("/console/queues?queue=review")).text
    assert "在关注名单上" in (await console.get("/console/risk")).text
    assert "在关注名单上" in (await console.get(path)).text
    assert (await console.post(f"{path}/release", {"reason": " "})).status_code == 422
    answers = await asyncio.gather(*(console.post(f"{path}/release", {"reason": "电话核实"}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    late = await console.post(f"{path}/refund", {"reason": "太晚"})
    assert late.status_code == 409
    assert "已不在审核中" in late.text
    assert await shop.state_of(order_id) == "delivered"
    assert (await console.get("/console/queues?queue=review")).text.count("data-row") == 0
    assert [line.action for line in await console.log()].count("risk:released") == 1


async def test_a_held_order_is_sent_back(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.OWNER)
    await shop.stock("AAAA-1111")
    order_id = await held(console, shop)
    path = f"/console/risk/orders/{printed(order_id)}"
    both = await asyncio.gather(
        console.post(f"{path}/refund", {"reason": "盗刷"}), console.post(f"{path}/release", {"reason": "核实"})
    )
    assert sorted(answer.status_code for answer in both) == [303, 409]
    refunds = await console.db.pool.fetchval("SELECT count(*) FROM refunds")
    assert (await shop.state_of(order_id), refunds) in (("delivered", 0), ("refunding", 1))


async def test_lists_are_added_to_and_ended(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.OWNER)
    await shop.stock("AAAA-1111")
    order_id = await held(console, shop)
    form = {"list": "block", "kind": "address", "subject": "8.8.8.8", "reason": "撞库", "days": "30"}
    assert (await console.post("/console/risk/lists", form)).status_code == 303
    page = (await console.get("/console/risk/lists")).text
    assert "8.8.*.*" in page
    assert "8.8.8.8" not in page
    for wrong in ({"subject": ""}, {"days": "-1"}, {"list": "x"}, {"kind": "x"}, {"reason": PHONE}):
        assert (await console.post("/console/risk/lists", form | wrong)).status_code == 422
    form = {"list": "allow", "kind": "contact", "reason": "老客户"}
    path = f"/console/risk/orders/{printed(order_id)}/list"
    assert (await console.post(path, form)).status_code == 303
    assert (await console.post(path, form | {"kind": "account"})).status_code in {404, 409, 422}
    entry = await console.db.pool.fetchval("SELECT max(id) FROM risk_lists WHERE removed_at IS NULL")
    both = await asyncio.gather(*(console.post(f"/console/risk/lists/{entry}/end", {"reason": "误加"}) for _ in "ab"))
    assert sorted(answer.status_code for answer in both) == [303, 409]
    card = (await console.get("/console/risk/card")).text
    assert "同一联系方式一小时内的订单数" in card
    assert PHONE not in str([(line.facts, line.subject) for line in await console.log()])


async def test_what_is_taken_in_the_queue_is_taken_on_the_orders_page_too(
    console: Console, shop: Shop, clock: VirtualClock
) -> None:
    me = await console.enter_as(Role.CUSTOMER_SERVICE)
    item, order_no = await stuck_item(console, shop, clock)
    await console.post(f"/console/queues/stuck/{item}/take")
    owner = "SELECT s.login FROM order_handling h JOIN staff s ON s.id = h.owner_id"
    claimed = "SELECT s.login FROM claims c JOIN staff s ON s.id = c.owner_id WHERE c.queue = 'stuck'"
    assert await console.db.pool.fetchval(claimed) == me.login
    assert await console.db.pool.fetchval(owner) == me.login
    assert order_no in (await console.get("/console/queues?queue=followed")).text
    # Left on the order's page, it is left in the queue.
    await console.post(f"/console/orders/{order_no}/take", {"to": "", "instead_of": str(me.id)})
    assert await console.db.pool.fetchval(claimed) is None
    assert await console.db.pool.fetchval(owner) is None


async def test_an_order_to_look_at_again_comes_up_when_it_is_time(
    console: Console, shop: Shop, clock: VirtualClock
) -> None:
    await console.enter_as(Role.CUSTOMER_SERVICE)
    order_id = await shop.paid(paid_fen=1)
    at = (clock.now() + timedelta(hours=8, minutes=10)).strftime("%Y-%m-%dT%H:%M")
    await console.post(f"/console/orders/{printed(order_id)}/follow-up", {"follow_up": at})
    page = (await console.get("/console/queues?queue=followed")).text
    assert f'id="followed-{order_id}"' in page
    assert "跟进订单 0" in page
    clock.go_on(timedelta(minutes=15))
    assert "跟进订单 1" in (await console.get("/console/queues?queue=followed")).text
    await console.post(f"/console/queues/followed/{order_id}/take")
    assert await console.db.pool.fetchval("SELECT owner_id FROM order_handling") is not None
    await console.post(f"/console/queues/followed/{order_id}/follow-up", {"follow_up": ""})
    assert "跟进订单 0" in (await console.get("/console/queues?queue=followed")).text
