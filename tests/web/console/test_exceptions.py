"""The exception queue: what stands in it, and working it to empty."""

import re
from datetime import timedelta

import pytest

from kameng.fulfilment.open_delivery import open_delivery
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import printed
from kameng.staff.roles import Role
from kameng.stock.reveal import read_codes
from kameng.supply.answer import Accepted, CancelAsked, Cancelled, Code, ComplaintFiled, Delivered, InDoubt, Refused
from kameng.supply.answer import Reason as Why
from kameng.supply.supplier import Abilities, CallbackTrust, LossGuard, Repeat
from tests.builders.dispatching import worked
from tests.builders.shop import a_shop
from tests.web.console.conftest import Console
from tests.web.console.supplied import Supplied, supplied_shop

pytestmark = pytest.mark.anyio

QUEUE = "/console/exceptions"
EMPTY = "现在没有异常"
WHY = {"why": "在对方后台查到"}


@pytest.fixture
async def supplied(console: Console, db: Database, keyring: Keyring, clock: VirtualClock) -> Supplied:
    supplied = await supplied_shop(console, await a_shop(db, keyring, clock))
    await console.enter_as(Role.OPERATOR)
    return supplied


async def in_doubt(supplied: Supplied, *, words: str = "HTTP 502 <b>") -> str:
    """An order in doubt at north; the path of its attempt."""
    supplied.depot["north"].will("place", InDoubt(words))
    supplied.depot["north"].will("query", *[InDoubt(words)] * 50)
    await supplied.order()
    return f"{QUEUE}/{await supplied.attempt()}"


async def test_an_empty_queue_says_so(console: Console, supplied: Supplied) -> None:
    page = await console.get(QUEUE)
    assert EMPTY in page.text
    assert '异常队列 <span class="badge' not in page.text


async def test_an_order_in_doubt_stands_in_the_queue_and_is_counted_in_the_menu(
    console: Console, supplied: Supplied
) -> None:
    path = await in_doubt(supplied)
    page = await console.get(QUEUE)
    assert EMPTY not in page.text
    assert f'href="{path}"' in page.text
    assert "HTTP 502 &lt;b&gt;" in page.text
    assert re.search(r'text-red-fg">1<', (await console.get("/console/stock")).text)
    for other in ("mine", "stuck", "held", "slow", "waiting"):
        assert path not in (await console.get(f"{QUEUE}?show={other}")).text
    assert path in (await console.get(f"{QUEUE}?show=in_doubt")).text


async def test_whoever_takes_it_has_it_and_may_hand_it_back(console: Console, supplied: Supplied) -> None:
    path = await in_doubt(supplied)
    answer = await console.post(f"{path}/take")
    assert answer.headers["location"] == f"{path}?done=taken"
    assert path in (await console.get(f"{QUEUE}?show=mine")).text
    await console.enter_as(Role.CUSTOMER_SERVICE)
    assert path not in (await console.get(f"{QUEUE}?show=mine")).text
    assert "operator 正在处理" in (await console.get(path)).text
    await console.post(f"{path}/hand-back")
    assert "还没有人接手" in (await console.get(path)).text
    again = await console.post(f"{path}/hand-back")
    assert again.status_code == 409
    assert [line.action for line in await console.log()] == ["attempt:handed_back", "attempt:taken"]


async def test_asking_now_asks_now(console: Console, supplied: Supplied) -> None:
    path = await in_doubt(supplied)
    asked = len(supplied.depot["north"].queried)
    assert await worked(supplied.dispatcher) == 0
    await console.post(f"{path}/ask")
    await worked(supplied.dispatcher)
    assert len(supplied.depot["north"].queried) == asked + 1


async def test_asking_about_what_has_just_been_answered_shows_the_answer(console: Console, supplied: Supplied) -> None:
    path = await in_doubt(supplied)
    await console.post(f"{path}/decide", WHY | {"verdict": "not_delivered", "confirmed": "1"})
    answer = await console.post(f"{path}/ask")
    assert answer.headers["location"] == f"{path}?done=answered"
    assert "这次发货尝试已经有了结果" in (await console.get(answer.headers["location"])).text
    assert [line.action for line in await console.log()] == ["attempt:decided"]


async def test_not_delivered_goes_to_the_next_supplier_once_it_is_confirmed(
    console: Console, supplied: Supplied
) -> None:
    path = await in_doubt(supplied)
    page = await console.post(f"{path}/decide", WHY | {"verdict": "not_delivered"})
    assert page.status_code == 200
    assert "立即换下一个货源" in page.text
    assert "<strong>South</strong>" in page.text
    assert "重复发货" in page.text
    assert await supplied.states() == ["in_doubt"]
    assert await console.log() == []

    done = await console.post(f"{path}/decide", WHY | {"verdict": "not_delivered", "confirmed": "1"})
    assert done.headers["location"] == f"{QUEUE}?done=decided_failed"
    await worked(supplied.dispatcher)
    assert await supplied.states() == ["failed", "placed"]
    assert len(supplied.depot["south"].placed) == 1
    assert EMPTY in (await console.get(QUEUE)).text
    (line,) = await console.log()
    assert (line.action, line.facts["verdict"], line.facts["reason"]) == (
        "attempt:decided", "not_delivered", WHY["why"],
    )  # fmt: skip


async def test_delivered_gives_the_buyer_the_codes(console: Console, supplied: Supplied) -> None:
    path = await in_doubt(supplied)
    order_id = await supplied.shop.db.pool.fetchval("SELECT id FROM orders")
    form = WHY | {"verdict": "delivered", "codes": "FOUND-1\n\n"}
    page = await console.post(f"{path}/decide", form)
    assert "买家立即可以看到" in page.text
    await console.post(f"{path}/decide", form | {"confirmed": "1"})
    assert await supplied.shop.state(order_id) is OrderState.DELIVERED
    async with supplied.shop.db.reading() as connection:
        assert await read_codes(connection, supplied.shop.keyring, order_id) == ["FOUND-1"]
    assert supplied.depot["south"].placed == []
    assert "FOUND-1" not in str(await console.log())
    assert "FOUND-1" not in (await console.get(f"/console/orders/{printed(order_id)}")).text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"verdict": "delivered", "why": "x"}, "请填写货源给出的卡密"),
        ({"verdict": "delivered", "why": "x", "codes": "A-1"} | {"why": " "}, "请写明原因"),
        ({"verdict": "perhaps", "why": "x"}, "请选择核实的结论"),
        ({"why": "x"}, "请选择核实的结论"),
    ],
)
async def test_a_finding_that_says_too_little_changes_nothing(
    console: Console, supplied: Supplied, form: dict[str, str], words: str
) -> None:
    path = await in_doubt(supplied)
    answer = await console.post(f"{path}/decide", form | {"confirmed": "1"})
    assert answer.status_code == 422
    assert words in answer.text
    assert await supplied.states() == ["in_doubt"]
    assert await console.log() == []


async def test_what_is_known_can_not_be_decided(console: Console, supplied: Supplied) -> None:
    supplied.depot["north"].will("place", Delivered(codes=(Code("A1"),)))
    await supplied.order()
    path = f"{QUEUE}/{await supplied.attempt()}"
    answer = await console.post(f"{path}/decide", WHY | {"verdict": "not_delivered", "confirmed": "1"})
    assert answer.status_code == 409
    assert "已有结果" in answer.text
    assert "核实的结论" not in answer.text


async def test_what_asking_does_not_help_is_stuck(console: Console, supplied: Supplied) -> None:
    path = await in_doubt(supplied)
    for _ in range(30):
        supplied.shop.clock.go_on(timedelta(minutes=1))
        await worked(supplied.dispatcher)
    await console.enter_as(Role.OPERATOR)
    assert path in (await console.get(f"{QUEUE}?show=stuck")).text
    assert path not in (await console.get(f"{QUEUE}?show=in_doubt")).text


async def test_what_takes_long_is_slow_and_ends_by_itself(console: Console, supplied: Supplied) -> None:
    await supplied.order()
    path = f"{QUEUE}/{await supplied.attempt()}"
    supplied.depot["north"].will("query", *[Accepted()] * 100)
    assert path not in (await console.get(QUEUE)).text
    supplied.shop.clock.go_on(timedelta(hours=2))
    await console.enter_as(Role.OPERATOR)
    assert path in (await console.get(f"{QUEUE}?show=slow")).text
    supplied.depot["north"].script["query"].clear()
    supplied.depot["north"].will("query", Delivered(codes=(Code("A1"),)))
    await worked(supplied.dispatcher)
    assert EMPTY in (await console.get(QUEUE)).text


ABLE = Abilities(
    repeat=Repeat.REFUSED, loss_guard=LossGuard.TOTAL, callback=CallbackTrust.HINT, cancels=True, complains=True
)


async def test_withdrawn_at_the_supplier_is_asked_for_elsewhere(console: Console, supplied: Supplied) -> None:
    path = await in_doubt(supplied)
    assert "向货源撤单" not in (await console.get(path)).text
    refused = await console.post(f"{path}/cancel", {"reason": "买家不要了"})
    assert "不支持撤单" in refused.text
    assert "cancel" not in supplied.depot["north"].calls
    supplied.depot["north"].abilities = ABLE
    assert "向货源撤单" in (await console.get(path)).text
    assert (await console.post(f"{path}/cancel", {"reason": " "})).status_code == 422
    supplied.depot["north"].will("cancel", CancelAsked("排队"), Refused(Why.NOT_ALLOWED, "太晚了"), Cancelled(900))
    for done in ("cancel_asked", "cancel_refused", "cancelled"):
        answer = await console.post(f"{path}/cancel", {"reason": "买家不要了"})
        assert answer.headers["location"] == f"{path}?done={done}"
    page = await console.get(path)
    for text in ("已申请撤单", "排队", "太晚了", "买家不要了"):
        assert text in page.text
    await worked(supplied.dispatcher)
    assert await supplied.states() == ["failed", "placed"]
    assert supplied.depot["north"].calls.count("cancel") == 3
    refund = await supplied.shop.db.pool.fetchval("SELECT refund_fen FROM delivery_attempts ORDER BY id LIMIT 1")
    assert refund == 900


async def test_a_part_that_nobody_can_complete_is_routed_again_by_a_person(
    console: Console, supplied: Supplied
) -> None:
    supplied.depot["north"].will("place", Delivered(codes=(Code("A1"),)), Refused(Why.OUT_OF_STOCK, "缺货"))
    supplied.depot["south"].will("place", Refused(Why.OUT_OF_STOCK, "缺货"))
    order_id = await supplied.order(quantity=2)
    path = f"{QUEUE}/{await supplied.attempt()}"
    assert await supplied.shop.state(order_id) is OrderState.EXCEPTION
    assert path in (await console.get(f"{QUEUE}?show=held")).text
    assert "已到 1 件，还差 1 件" in (await console.get(path)).text
    assert (await console.post(f"{path}/route-again", {"reason": " "})).status_code == 422
    await supplied.shop.db.pool.execute("UPDATE supplier_goods SET stock = NULL")
    supplied.depot["north"].will("place", Delivered(codes=(Code("A2"),)))
    supplied.shop.clock.go_on(timedelta(seconds=1))
    assert (await console.post(f"{path}/route-again", {"reason": "对方补货了"})).status_code == 303
    await worked(supplied.dispatcher)
    assert await supplied.shop.state(order_id) is OrderState.DELIVERED
    assert EMPTY in (await console.get(QUEUE)).text
    again = await console.post(f"{path}/route-again", {"reason": "再来"})
    assert again.status_code == 409
    assert [line.action for line in await console.log()] == ["attempt:routed_again"]


async def test_a_complaint_is_handed_on_once_and_stands_with_its_answer(console: Console, supplied: Supplied) -> None:
    await supplied.order()
    path = f"{QUEUE}/{await supplied.attempt()}"
    assert "不能在线投诉" in (await console.post(f"{path}/complain", {"words": "未到账"})).text
    supplied.depot["north"].abilities = ABLE
    supplied.depot["north"].will("complain", ComplaintFiled("C-77", "三日内答复"))
    answer = await console.post(f"{path}/complain", {"words": "未到账"})
    assert answer.headers["location"] == f"{path}?done=complained"
    page = (await console.get(path)).text
    for text in ("未到账", "C-77 三日内答复", "已受理投诉"):
        assert text in page
    supplied.depot["north"].will("complain", RuntimeError("broken"))
    answer = await console.post(f"{path}/complain", {"words": "还是未到账"})
    assert answer.headers["location"] == f"{path}?done=complaint_failed"
    assert await supplied.states() == ["placed"]


async def test_a_purchase_for_the_vault_is_found_and_decided(console: Console, supplied: Supplied) -> None:
    supplied.depot["north"].will("place", InDoubt("HTTP 502"))
    async with supplied.shop.db.transaction() as tx:
        await open_delivery(tx, order_id=None, sku_id=supplied.goods.sku_id, owed=1)
    await worked(supplied.dispatcher)
    number = await supplied.shop.db.pool.fetchval("SELECT number FROM delivery_attempts")
    path = f"{QUEUE}/{await supplied.attempt()}"
    assert "自有库存的采购" in (await console.get(QUEUE)).text
    found = await console.post("/console/orders", {"q": number})
    assert found.headers["location"] == path
    form = WHY | {"verdict": "delivered", "codes": "V-1", "confirmed": "1"}
    await console.post(f"{path}/decide", form)
    assert await supplied.states() == ["delivered"]
    assert (await supplied.shop.cards(supplied.goods.sku_id))["available"] == 1


@pytest.mark.parametrize("number", ["0", "99999999999999999999"])
async def test_an_attempt_that_is_not_there_is_not_found(console: Console, supplied: Supplied, number: str) -> None:
    assert (await console.get(f"{QUEUE}/{number}")).status_code == 404
