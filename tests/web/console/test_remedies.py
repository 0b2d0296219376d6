"""From a case's page money goes back or goods come once more; what waits for staff is decided; all of it is logged."""

import re
from dataclasses import dataclass

import pytest

from kameng.aftersales.follow_remedies import follow_remedies
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.number import OrderId
from kameng.risk.guard import GuardRules
from kameng.staff.roles import Role
from kameng.tracking.access import Access
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.shop import ADDRESS
from tests.web.console.case_things import RULES, things_of_cases
from tests.web.console.conftest import Console
from tests.web.console.shop import Shop

pytestmark = pytest.mark.anyio


@dataclass
class Room:
    console: Console
    order_id: OrderId
    case_id: int
    resubmission_id: int

    async def page(self) -> str:
        return (await self.console.get(f"/console/cases/{self.case_id}")).text

    async def act(self, what: str, **fields: str) -> tuple[int, str]:
        answer = await self.console.post(f"/console/cases/{self.case_id}/{what}", fields)
        return answer.status_code, answer.headers.get("location", "") or answer.text

    async def logged(self) -> list[str]:
        return [line.action for line in await self.console.log() if not line.action.endswith("looked_at")]


async def read(db: Database, keyring: Keyring, order_id: OrderId) -> list[str]:
    ask = RevealAsk(order_id, Access.OWNER, ADDRESS)
    return await reveal(db=db, keyring=keyring, rules=GuardRules(), ask=ask)


@pytest.fixture
async def room(console: Console, shop: Shop) -> Room:
    """A delivered order whose codes were read, with a case and a resubmission that waits for staff."""
    order_id = await shop.paid()
    await read(console.db, console.keyring, order_id)
    things = await things_of_cases(console.db, console.keyring, order_id)
    await console.enter_as(Role.CUSTOMER_SERVICE)
    return Room(console, order_id, things["case"], things["resubmission"])


async def test_the_page_offers_both_and_the_story_follows(room: Room) -> None:
    page = await room.page()
    assert "换货/补发" in page
    assert "部分/全额退款" in page
    left = re.search(r'name="left" value="(\d+)"', page)
    assert left is not None
    fields = {"left": left[1], "order_state": "delivered", "cause": "goods_faulty", "reason": "核实无效"}
    status, where = await room.act("refund", **fields, amount="0.10", words="已为您退款")
    assert (status, where) == (303, f"/console/cases/{room.case_id}?done=case_refund")
    page = await room.page()
    assert "已批准，正在退回" in page
    assert "部分/全额退款" not in page
    assert (await room.logged())[0] == "case:refund_asked"
    status, text = await room.act("replace", words="换", seen="99999")
    assert (status, "已有退款或补发在进行" in text) == (409, True)


async def test_what_is_typed_wrong_stays_on_the_page(room: Room) -> None:
    status, text = await room.act("refund", cause="", reason="核实", words="已为您申请")
    assert (status, "请选择退款缘由" in text) == (422, True)
    status, text = await room.act("refund", cause="goodwill", reason="", words="已为您申请")
    assert (status, "已为您申请" in text) == (422, True)
    assert await room.console.db.pool.fetchval("SELECT count(*) FROM refund_requests") == 0


async def test_codes_are_exchanged_from_the_case(room: Room) -> None:
    before = await read(room.console.db, room.console.keyring, room.order_id)
    status, where = await room.act("replace", words="已换新卡密")
    assert (status, where) == (303, f"/console/cases/{room.case_id}?done=case_replacement")
    assert await read(room.console.db, room.console.keyring, room.order_id) != before
    await follow_remedies(db=room.console.db, rules=RULES)
    page = await room.page()
    assert "已补发，请在订单页查看" in page
    assert "已处理，待买家确认" in page


async def test_what_waits_for_staff_is_listed_with_its_reasons_and_decided_once(room: Room) -> None:
    listed = (await room.console.get("/console/resubmissions")).text
    assert f'href="/console/resubmissions/{room.resubmission_id}"' in listed
    path = f"/console/resubmissions/{room.resubmission_id}"
    assert "需要客服先核对" in (await room.console.get(path)).text
    refused = await room.console.post(f"{path}/decide", {"allow": "yes", "reason": ""})
    assert refused.status_code == 422
    done = await room.console.post(f"{path}/decide", {"allow": "yes", "reason": "卡密确实无效"})
    assert done.headers["location"] == f"{path}?done=resubmission_allowed"
    again = await room.console.post(f"{path}/decide", {"allow": "no", "reason": "晚了"})
    assert again.status_code == 409
    assert (await room.logged())[0] == "resubmission:allowed"
    assert "没有等待核对" in (await room.console.get("/console/resubmissions")).text


async def test_what_is_not_there_is_not_found(room: Room) -> None:
    for path in ("/console/resubmissions/999999", f"/console/resubmissions/{2**63}"):
        assert (await room.console.get(path)).status_code == 404
    assert (await room.console.post("/console/resubmissions/999999/decide", {"reason": "x"})).status_code == 404
    assert (await room.console.post(f"/console/cases/{2**40}/refund", {})).status_code == 404
    assert (await room.console.post(f"/console/cases/{2**40}/replace", {})).status_code == 404
