"""The desk works on cases: queue, conversation, outcome; colleagues see each other; everything is in the log."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from kameng.aftersales.answer_case import Then
from kameng.aftersales.case import (
    CASE_LIFECYCLE,
    Actor,
    Author,
    Case,
    CaseKind,
    CaseState,
    Clock,
    Outcome,
)
from kameng.aftersales.conversation import find_case
from kameng.aftersales.move import name_of
from kameng.aftersales.queue import Filter
from kameng.aftersales.reading import READINGS
from kameng.aftersales.remedy import RemedyKind, RemedyStage
from kameng.aftersales.watch_cases import watch_cases
from kameng.aftersales.write_message import write_message
from kameng.kernel.clock import VirtualClock
from kameng.orders.number import OrderId, printed
from kameng.staff.roles import Role
from kameng.web.console import case_wording
from tests.web.console.case_things import RULES, WORDS, things_of_cases
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, PHONE, Shop

pytestmark = pytest.mark.anyio


@dataclass
class CaseRoom:
    console: Console
    order_id: OrderId
    case_id: int
    picture_id: int
    macro_id: int

    @property
    def path(self) -> str:
        return f"/console/cases/{self.case_id}"

    async def case(self) -> Case:
        case = await find_case(self.console.db, self.order_id)
        assert case is not None
        return case

    async def page(self) -> str:
        answer = await self.console.get(self.path)
        assert answer.status_code == 200
        return answer.text

    async def act(self, what: str, **fields: str) -> Any:
        return await self.console.post(f"{self.path}/{what}", fields)

    async def logged(self) -> list[str]:
        """What was done to the case, the oldest first."""
        lines = [line for line in await self.console.log() if line.subject == f"case:{self.case_id}"]
        return [line.action for line in reversed(lines) if line.action != "case:looked_at"]


@pytest.fixture
async def room(console: Console, shop: Shop) -> CaseRoom:
    """A case of a delivered order, and customer service at the desk."""
    order_id = await shop.paid()
    things = await things_of_cases(console.db, console.keyring, order_id)
    await console.enter_as(Role.CUSTOMER_SERVICE)
    return CaseRoom(console, order_id, things["case"], things["picture"], things["macro"])


async def test_the_queue_leads_to_the_case_with_the_orders_facts_beside_it(room: CaseRoom) -> None:
    queue = (await room.console.get("/console/cases")).text
    assert f'href="{room.path}"' in queue
    assert "买家等回复" in queue
    page = await room.page()
    for text in (WORDS, "申请时的订单", "确认收款", "Q币", "首次答复", printed(room.order_id)):
        assert text in page
    assert not any(code in page for code in CODES)
    assert next(line.action for line in await room.console.log()) == "case:looked_at"


async def test_the_queue_is_filtered(room: CaseRoom, clock: VirtualClock) -> None:
    async def shown(what: str) -> bool:
        return f'href="{room.path}"' in (await room.console.get(f"/console/cases?show={what}")).text

    assert [await shown(one) for one in ("unassigned", "mine", "due", "waiting", "closed")] == [True, *[False] * 4]
    await room.act("answer", words="您好", then="buyer", seen="0")
    assert [await shown(one) for one in ("unassigned", "mine", "waiting", "nonsense")] == [False, True, True, True]
    clock.go_on(timedelta(hours=73))
    await watch_cases(db=room.console.db, rules=RULES)
    await room.console.enter_as(Role.CUSTOMER_SERVICE)
    assert await shown("closed")
    assert not await shown("under_way")


async def test_what_is_due_is_counted_in_the_menu_and_marked(room: CaseRoom, clock: VirtualClock) -> None:
    clock.go_on(timedelta(minutes=50))
    await watch_cases(db=room.console.db, rules=RULES)
    await room.console.enter_as(Role.CUSTOMER_SERVICE)
    page = (await room.console.get("/console/cases?show=due")).text
    assert 'class="table-warning"' in page
    assert '<span class="badge bg-red text-red-fg">1</span>' in page
    clock.go_on(timedelta(minutes=11))
    await watch_cases(db=room.console.db, rules=RULES)
    assert 'class="table-danger"' in (await room.console.get("/console/cases?show=due")).text
    alarms = (await room.console.get("/console/alarms")).text
    assert "售后工单超过承诺时间" in alarms
    assert f'href="{room.path}"' in alarms


async def test_answering_tells_the_buyer_and_the_log(room: CaseRoom) -> None:
    answer = await room.act("answer", words="请发<b>截图</b>", then="buyer", seen="0")
    assert answer.headers["location"] == f"{room.path}?done=case_answered"
    case = await room.case()
    assert (case.state, case.owner_id) == (
        CaseState.WAITING_FOR_BUYER, room.console.people[Role.CUSTOMER_SERVICE].id,
    )  # fmt: skip
    assert "请发&lt;b&gt;截图&lt;/b&gt;" in await room.page()
    assert await room.logged() == ["case:answered"]
    log = repr(await room.console.log())
    assert "截图" not in log
    assert PHONE not in log


async def test_an_answer_to_what_a_colleague_has_answered_is_kept_and_told(room: CaseRoom) -> None:
    await room.act("answer", words="我来处理", seen="0")
    await room.console.enter_as(Role.OWNER)
    late = await room.act("answer", words="我也来处理", seen="0")
    assert late.status_code == 409
    for text in ("同事刚刚回复了", "我来处理", "我也来处理"):
        assert text in late.text
    assert await room.logged() == ["case:answered"]


async def test_two_windows_see_each_others_changes(room: CaseRoom) -> None:
    seen = (await room.page()).split("live?seen=")[1].split('"')[0]
    quiet = await room.console.get(f"{room.path}/live?seen={seen}")
    assert (quiet.status_code, quiet.content) == (204, b"")
    await room.act("note", words="同事的备注")
    told = await room.console.get(f"{room.path}/live?seen={seen}")
    assert told.status_code == 200
    assert "同事的备注" in told.text
    assert "<html" not in told.text
    tools: dict[str, Any] = {"db": room.console.db, "keyring": room.console.keyring, "rules": RULES}
    await write_message(**tools, order_id=room.order_id, words="买家又说了")
    assert "买家又说了" in (await room.console.get(f"{room.path}/live?seen={seen}")).text
    fragment = await room.console.get("/console/cases", **{"hx-request": "true"})
    assert "<html" not in fragment.text
    assert f'href="{room.path}"' in fragment.text


async def test_a_note_stays_among_staff(room: CaseRoom) -> None:
    await room.act("note", words="像是老客户")
    assert "像是老客户" in await room.page()
    assert (await room.case()).state is CaseState.OPEN
    assert await room.logged() == ["case:noted"]


async def test_taking_handing_on_and_handing_back(room: CaseRoom) -> None:
    me = room.console.people[Role.CUSTOMER_SERVICE]
    await room.act("take", to=str(me.id), instead_of="")
    assert (await room.case()).owner_id == me.id
    boss = await room.console.enter_as(Role.OWNER)
    refused = await room.act("take", to=str(boss.id), instead_of="")
    assert (refused.status_code, "刚刚由 customer-service 接手" in refused.text) == (409, True)
    await room.act("take", to=str(boss.id), instead_of=str(me.id))
    assert (await room.case()).owner_id == boss.id
    await room.act("take", to="", instead_of=str(boss.id))
    assert (await room.case()).owner_id is None
    assert await room.logged() == ["case:taken"] * 3


async def test_a_follow_up_date_is_kept_and_must_lie_ahead(room: CaseRoom) -> None:
    wrong = await room.act("follow-up", follow_up="2020-01-01T09:00")
    assert wrong.status_code == 422
    assert "2020-01-01T09:00" in wrong.text
    await room.act("follow-up", follow_up="2026-11-23T09:00")
    at = (await room.case()).follow_up_at
    assert at is not None
    assert at.isoformat() == "2026-11-23T01:00:00+00:00"
    await room.act("follow-up", follow_up="")
    assert (await room.case()).follow_up_at is None
    assert await room.logged() == ["case:follow_up_set"] * 2


async def test_only_outcomes_that_are_true_are_offered_and_taken(room: CaseRoom) -> None:
    page = await room.page()
    assert '<option value="answered"' in page
    for outcome in set(Outcome) - {Outcome.ANSWERED}:
        assert f'<option value="{outcome}"' not in page
        refused = await room.act("solve", words="好了", outcome=outcome, seen="0")
        assert refused.status_code == 422
        assert "请选择已经做到的处理结果" in refused.text
    assert (await room.case()).state is CaseState.OPEN
    assert await room.logged() == []


async def test_a_solution_goes_to_the_buyer(room: CaseRoom) -> None:
    answer = await room.act("solve", words="换个地方兑换即可", outcome="answered", seen="0")
    assert answer.headers["location"].endswith("done=case_solved")
    case = await room.case()
    assert (case.state, case.outcome) == (CaseState.SOLVED, Outcome.ANSWERED)
    assert await room.logged() == ["case:solved"]
    again = await room.act("solve", words="好了", outcome="answered", seen="99999")
    assert again.status_code == 409


async def test_a_macro_is_filled_with_the_cases_values(room: CaseRoom) -> None:
    words = f"您好，我是 customer-service，订单 {printed(room.order_id)} 请发截图"
    field = await room.console.get(f"{room.path}/macros/{room.macro_id}", **{"hx-request": "true"})
    assert words in field.text
    assert field.text.startswith("<textarea")
    page = await room.console.get(f"{room.path}/macros/{room.macro_id}")
    assert words in page.text
    assert "<html" in page.text
    assert (await room.console.get(f"{room.path}/macros/999")).status_code == 404


async def test_a_picture_is_shown_as_nothing_else(room: CaseRoom) -> None:
    assert f'src="{room.path}/pictures/{room.picture_id}"' in await room.page()
    shown = await room.console.get(f"{room.path}/pictures/{room.picture_id}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    for path in (f"{room.path}/pictures/{room.picture_id + 1}", f"/console/cases/999/pictures/{room.picture_id}",
                 f"{room.path}/pictures/{2**70}"):  # fmt: skip
        assert (await room.console.get(path)).status_code == 404


async def test_without_a_supplier_there_is_nobody_to_complain_to(room: CaseRoom) -> None:
    assert "转投诉给货源" not in await room.page()
    refused = await room.act("complain", complaint="请核实", attempt="1")
    assert refused.status_code == 422
    assert await room.logged() == []


@pytest.mark.parametrize("case_id", [999, 2**31, 2**70])
async def test_a_case_that_is_not_there(room: CaseRoom, case_id: int) -> None:
    for path in (f"/console/cases/{case_id}", f"/console/cases/{case_id}/live", f"/console/cases/{case_id}/pictures/1"):
        assert (await room.console.get(path)).status_code in {204, 404}
    for what in ("answer", "note", "take", "follow-up", "solve", "complain"):
        fields = {"words": "x", "outcome": "answered", "complaint": "x"}
        assert (await room.console.post(f"/console/cases/{case_id}/{what}", fields)).status_code == 404


async def test_an_orders_page_names_its_cases(room: CaseRoom) -> None:
    page = (await room.console.get(f"/console/orders/{printed(room.order_id)}")).text
    assert f'href="{room.path}"' in page


async def test_macros_are_kept(room: CaseRoom) -> None:
    wrong = await room.console.post("/console/macros", {"name": "卡密", "words": "您的卡密 {codes}"})
    assert (wrong.status_code, "不认识的占位符" in wrong.text, "您的卡密 {codes}" in wrong.text) == (422, True, True)
    await room.console.post("/console/macros", {"name": "问好", "words": "您好 {staff}", "position": "2"})
    assert "您好 {staff}" in (await room.console.get("/console/macros")).text
    await room.console.post(f"/console/macros/{room.macro_id}/drop")
    assert "要截图" not in (await room.console.get("/console/macros")).text
    assert [line.action for line in await room.console.log()][:2] == ["macro:dropped", "macro:saved"]


async def test_answers_are_written_and_hidden(room: CaseRoom) -> None:
    fields = {
        "new": "1", "slug": "refund", "question": "怎么退款？", "answer": "联系客服", "question_english": "Refund?",
        "answer_english": "Ask us.", "states": "refunded", "keywords": "退钱，退款", "shown": "on", "position": "3",
    }  # fmt: skip
    saved = await room.console.post("/console/answers", fields)
    assert saved.headers["location"] == "/console/answers?done=saved"
    assert "怎么退款？" in (await room.console.get("/help")).text
    again = await room.console.post("/console/answers", fields)
    assert (again.status_code, "已经有同名" in again.text) == (422, True)
    form = (await room.console.get("/console/answers/refund")).text
    assert 'value="refunded" checked' in form
    hidden = {name: value for name, value in fields.items() if name not in {"new", "shown"}}
    await room.console.post("/console/answers", hidden)
    assert "怎么退款？" not in (await room.console.get("/help")).text
    assert "怎么退款？" in (await room.console.get("/console/answers")).text
    wrong = await room.console.post("/console/answers", {**hidden, "question": "", "position": "x"})
    assert wrong.status_code == 422


def test_everything_about_cases_has_a_name() -> None:
    for names, values in (
        (case_wording.STATES, CaseState), (case_wording.STATE_COLOURS, CaseState), (case_wording.KINDS, CaseKind),
        (case_wording.OUTCOMES, Outcome), (case_wording.FILTERS, Filter), (case_wording.AUTHORS, Author),
        (case_wording.ACTORS, Actor), (case_wording.CLOCKS, Clock), (case_wording.THEN, Then),
        (READINGS, CaseState),
    ):  # fmt: skip
        assert set(names) == set(values)
    moves = {name_of(event) for _, event in CASE_LIFECYCLE.moves}
    others = {"opened", "noted", "taken", "follow_up", "complained", "remedy_moved", "supplier_said"}
    assert moves | others == set(case_wording.HAPPENINGS)
    assert set(case_wording.REMEDIES) == set(RemedyKind)
    assert {stage for _, stage in case_wording.STAGES} == set(RemedyStage)
