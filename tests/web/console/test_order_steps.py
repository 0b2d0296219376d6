"""What staff do on an order's page beside its money: each happens once, for a reason, and is written down."""

import asyncio
import re

import pytest

from kameng.aftersales.macros import save_macro
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.number import OrderId, printed
from kameng.staff.roles import Role
from kameng.supply.answer import Reason, Refused
from tests.builders.shop import a_shop
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, PHONE, Shop
from tests.web.console.supplied import Supplied, supplied_shop

pytestmark = pytest.mark.anyio

YES = {"confirmed": "1", "reason": "区服不存在，请核对"}
LIVE = re.compile(r'hx-get="(/console/orders/\d+/live\?seen=\w+)"')


@pytest.fixture(autouse=True)
async def at_the_desk(console: Console) -> None:
    await console.enter_as(Role.CUSTOMER_SERVICE)


def page(order: OrderId, more: str = "") -> str:
    return f"/console/orders/{printed(order)}{more}"


def offered(text: str) -> set[str]:
    return set(re.findall(r'data-act="(\w+)"', text))


def greyed(text: str) -> dict[str, str]:
    return dict(re.findall(r'data-cannot="(\w+)"><span[^>]*>[^<]*</span> ([^<]+)</li>', text))


async def done(console: Console) -> list[str]:
    """What the log says was done, the newest last."""
    return [line.action for line in reversed(await console.log()) if line.action != "order:looked_at"]


async def test_the_page_says_what_can_be_done_and_why_not(console: Console, shop: Shop) -> None:
    order = await shop.paid()
    text = (await console.get(page(order))).text
    assert offered(text) == {"refund", "reveal", "show_contact"}
    cannot = greyed(text)
    assert cannot["resubmit"] == "按规则，现在没有适用的补交方式"
    assert cannot["accept"] == "只有审核中的订单需要"
    assert cannot["ask_correction"] == "这个订单没有充值信息可改"
    assert len(cannot) + len(offered(text)) == 15
    await console.enter_as(Role.OPERATOR)
    text = (await console.get(page(order))).text
    assert greyed(text)["refund"] == "你的角色没有这项权限"


@pytest.mark.parametrize("act", ["refund", "resubmit", "accept", "ask_correction", "settle_refund"])
async def test_looking_at_a_form_does_nothing(console: Console, shop: Shop, act: str) -> None:
    order = await shop.paid()
    for headers in ({}, {"hx-request": "true"}):
        answer = await console.get(page(order, f"/do/{act}"), **headers)
        assert answer.status_code == 200
        assert ("<!doctype" in answer.text) == (not headers)
    assert await shop.state_of(order) == "delivered"
    assert await done(console) == []
    assert (await console.get(page(order, "/do/away"))).status_code == 404


async def test_nothing_is_done_unless_it_is_confirmed(console: Console, shop: Shop) -> None:
    await console.enter_as(Role.OWNER)
    short, sold = await shop.paid(paid_fen=1), await shop.paid()
    for order, way in ((short, "/accept"), (short, "/refund"), (sold, "/resubmit"), (sold, "/correction")):
        answer = await console.post(page(order, way), {"reason": "试", "cause": "goodwill", "kind": "replace_code"})
        assert answer.status_code == 422
        assert "请先看清后果" in answer.text
        assert ('value="试"' in answer.text) == (order == short)
    assert (await shop.state_of(short), await shop.state_of(sold)) == ("under_review", "delivered")
    assert await done(console) == []


async def test_a_code_is_replaced_for_its_buyer(console: Console, shop: Shop) -> None:
    order = await shop.paid()
    await console.post(page(order, "/codes"), {"reason": "核对", "confirmed": "1"})
    form = (await console.get(page(order, "/do/resubmit"))).text
    assert "replace_code" in form
    answer = await console.post(page(order, "/resubmit"), YES | {"kind": "replace_code"})
    assert answer.headers["location"].endswith("?done=resubmission_applied"), answer.text
    assert await done(console) == ["order:revealed", "order:resubmission_applied"]
    row = await console.db.pool.fetchrow("SELECT kind, actor_kind, actor_id FROM resubmissions")
    assert row is not None
    assert tuple(row) == ("replace_code", "staff", "customer-service")
    text = (await console.get(page(order))).text
    assert "更换卡密" in text or "换" in text
    assert not any(code in text for code in CODES)


@pytest.mark.parametrize("kind", ["", "deliver_again", "correct_account", "nonsense"])
async def test_what_is_not_offered_is_not_done(console: Console, shop: Shop, kind: str) -> None:
    order = await shop.paid()
    assert (await console.post(page(order, "/resubmit"), YES | {"kind": kind})).status_code == 409
    assert await console.db.pool.fetchval("SELECT count(*) FROM resubmissions") == 0
    assert await done(console) == []


async def test_notes_stay_and_are_never_written_by_looking(console: Console, shop: Shop) -> None:
    order = await shop.paid()
    answer = await console.post(page(order, "/note"), {"words": "买家 13800138000 很急 <b>"})
    assert answer.headers["location"].endswith("?done=order_noted")
    text = (await console.get(page(order))).text
    assert "买家 13800138000 很急 &lt;b&gt;" in text
    assert await done(console) == ["order:noted"]
    assert PHONE not in str(await console.log())
    assert (await console.get(page(order, "/note"))).status_code == 405
    assert (await console.post(page(order, "/note"), {"words": " "})).status_code == 422
    assert await console.db.pool.fetchval("SELECT count(*) FROM order_notes") == 1


async def test_an_order_is_taken_and_the_second_one_is_told(console: Console, shop: Shop) -> None:
    me = await console.enter_as(Role.CUSTOMER_SERVICE)
    order = await shop.paid()
    assert (await console.post(page(order, "/take"), {"to": str(me.id)})).status_code == 303
    other = await console.enter_as(Role.OPERATOR)
    answer = await console.post(page(order, "/take"), {"to": str(other.id)})
    assert answer.status_code == 409
    assert "customer-service" in answer.text
    assert (await console.post(page(order, "/take"), {"to": str(other.id), "instead_of": str(me.id)})).is_redirect
    assert "operator 正在处理" in (await console.get(page(order))).text
    assert (await console.post(page(order, "/follow-up"), {"follow_up": "2026-12-01T09:30"})).is_redirect
    assert "2026-12-01 09:30" in (await console.get(page(order))).text
    assert (await console.post(page(order, "/follow-up"), {"follow_up": "2020-01-01T09:30"})).status_code == 422
    assert await done(console) == ["order:taken", "order:taken", "order:follow_up_set"]


async def test_the_live_piece_comes_only_when_something_is_new(console: Console, shop: Shop) -> None:
    order = await shop.paid()
    text = (await console.get(page(order))).text
    (live,) = LIVE.findall(text)
    assert (await console.get(live)).status_code == 204
    await console.get(page(order))
    assert (await console.get(live)).status_code == 204
    await console.enter_as(Role.OWNER)
    await console.post(page(order, "/note"), {"words": "已回电"})
    await console.enter_as(Role.CUSTOMER_SERVICE)
    piece = await console.get(live)
    assert piece.status_code == 200
    assert "已回电" in piece.text
    assert "<!doctype" not in piece.text
    (later,) = LIVE.findall(piece.text)
    assert (await console.get(later)).status_code == 204
    looks = [line for line in await console.log() if line.action == "order:looked_at"]
    assert len(looks) == 2
    assert (await console.get("/console/orders/26112214305512345600/live")).status_code == 404


@pytest.fixture
async def supplied(console: Console, db: Database, keyring: Keyring, clock: VirtualClock) -> Supplied:
    return await supplied_shop(console, await a_shop(db, keyring, clock))


async def test_an_order_goes_back_to_its_buyer_in_the_words_of_a_macro(supplied: Supplied) -> None:
    console = supplied.console
    async with console.db.transaction() as tx:
        macro = await save_macro(tx, name="改账号", words="订单 {order_no} 的账号不对，请修改。{staff}")
    order = await supplied.top_up("87654321")
    text = (await console.get(page(order))).text
    assert "ask_correction" in offered(text)
    words = await console.get(page(order, f"/macros/{macro}"), **{"hx-request": "true"})
    assert f"订单 {printed(order)} 的账号不对，请修改。customer-service" in words.text
    whole = await console.get(page(order, f"/macros/{macro}"))
    assert f"订单 {printed(order)} 的账号不对" in whole.text
    answers = await asyncio.gather(*(console.post(page(order, "/correction"), YES) for _ in range(2)))
    assert 303 in [answer.status_code for answer in answers]
    assert await supplied.shop.db.pool.fetchval("SELECT state FROM orders WHERE id = $1", order) == "exception"
    text = (await console.get(page(order))).text
    assert "区服不存在，请核对" in text
    assert "87654321" not in text
    assert "order:correction_asked" in await done(console)


async def test_suppliers_words_stand_in_the_timeline_as_theirs(supplied: Supplied) -> None:
    console = supplied.console
    supplied.depot["north"].will("place", Refused(Reason.BALANCE_LOW, "余额不足 <b>"))
    order = await supplied.order()
    text = (await console.get(page(order))).text
    lines = re.findall(r'<li class="story-supplier from-(\w+)">(.*?)</li>', text, re.DOTALL)
    assert any(actor == "supplier" and "余额不足 &lt;b&gt;" in line for actor, line in lines)
    for actor in ("buyer", "gateway", "supplier", "system", "staff"):
        assert f'id="show-{actor}"' in text
