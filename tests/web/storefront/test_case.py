"""A case from the order's page: one tap, the owner alone, a conversation, and the buyer's last word."""

from datetime import timedelta

import pytest

from kameng.aftersales.answer_case import StaffAnswer, Then, answer_case
from kameng.aftersales.case import CaseRules, Outcome
from kameng.aftersales.conversation import find_case
from kameng.aftersales.solve_case import Solution, solve_case
from kameng.aftersales.watch_cases import watch_cases
from kameng.aftersales.write_message import MESSAGES_MAX
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.orders.number import OrderId
from kameng.staff.member import Staff
from kameng.staff.roles import Role
from tests.web.shopfront import PHONE, Shopfront
from tests.web.storefront.test_order import looked_up

pytestmark = pytest.mark.anyio

RULES = CaseRules()


async def bought(shopfront: Shopfront) -> str:
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    return order_no


async def with_a_case(shopfront: Shopfront) -> str:
    order_no = await bought(shopfront)
    answer = await shopfront.post(f"/orders/{order_no}/case", {"kind": "codes_invalid"})
    assert answer.headers["location"] == f"/orders/{order_no}/case"
    return order_no


async def a_member_of_staff(shopfront: Shopfront) -> Staff:
    staff_id = await shopfront.db.pool.fetchval(
        "INSERT INTO staff (login, role, password_hash, created_at) VALUES ('an', 'customer_service', '', now())"
        " ON CONFLICT (login) DO UPDATE SET login = 'an' RETURNING id"
    )
    return Staff(staff_id, "an", Role.CUSTOMER_SERVICE)


async def answered(shopfront: Shopfront, keyring: Keyring, order_no: str, words: str, then: Then = Then.US) -> None:
    case = await find_case(shopfront.db, OrderId(int(order_no[:18])))
    assert case is not None
    answer = StaffAnswer(case.id, await a_member_of_staff(shopfront), words, seen=10**9, then=then)
    await answer_case(db=shopfront.db, keyring=keyring, rules=RULES, answer=answer)


async def solved(shopfront: Shopfront, keyring: Keyring, order_no: str) -> None:
    case = await find_case(shopfront.db, OrderId(int(order_no[:18])))
    assert case is not None
    solution = Solution(case.id, await a_member_of_staff(shopfront), Outcome.ANSWERED, "换个地方兑换", seen=10**9)
    await solve_case(db=shopfront.db, keyring=keyring, rules=RULES, solution=solution)


async def test_one_tap_on_the_orders_page_opens_it_with_its_clocks(shopfront: Shopfront) -> None:
    order_no = await bought(shopfront)
    page = (await shopfront.get(f"/orders/{order_no}")).text
    assert 'name="kind" value="codes_invalid"' in page
    await shopfront.post(f"/orders/{order_no}/case", {"kind": "codes_invalid"})
    case = await shopfront.get(f"/orders/{order_no}/case")
    assert case.status_code == 200
    assert case.headers["cache-control"] == "no-store"
    for text in ("等待客服答复", "卡密无效", "首次答复", "60:00", "撤回工单"):
        assert text in case.text
    assert "售后工单：等待客服答复" in (await shopfront.get(f"/orders/{order_no}")).text


async def test_a_second_tap_leads_to_it(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    again = await shopfront.post(f"/orders/{order_no}/case", {"kind": "other"})
    assert again.status_code == 303
    assert await shopfront.count("cases") == 1


@pytest.mark.parametrize("kind", ["", "nonsense", "CODES_INVALID"])
async def test_without_a_kind_none_is_opened(shopfront: Shopfront, kind: str) -> None:
    order_no = await bought(shopfront)
    answer = await shopfront.post(f"/orders/{order_no}/case", {"kind": kind})
    assert answer.status_code == 303
    page = (await shopfront.get(f"/orders/{order_no}/case")).text
    assert "点一下就会提交" in page
    assert await shopfront.count("cases") == 0


async def test_by_get_nothing_is_opened(shopfront: Shopfront) -> None:
    order_no = await bought(shopfront)
    for path in (
        f"/orders/{order_no}/case?kind=other",
        f"/orders/{order_no}/case/messages",
        f"/orders/{order_no}/case/withdraw",
    ):
        await shopfront.get(path)
    assert await shopfront.count("cases") == 0


async def test_without_the_forms_token_nothing_happens(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    for path, fields in (("case", {"kind": "other"}), ("case/messages", {"words": "x"}), ("case/withdraw", {}),
                         ("case/verdict", {"solved": "yes"})):  # fmt: skip
        answer = await shopfront.client.post(f"/orders/{order_no}/{path}", data=fields)
        assert answer.status_code == 403
    assert await shopfront.db.pool.fetchval("SELECT count(*) FROM case_events") == 1


async def test_who_has_only_looked_it_up_gives_the_whole_contact_first(shopfront: Shopfront) -> None:
    order_no = await bought(shopfront)
    await looked_up(shopfront, order_no)
    asked = await shopfront.post(f"/orders/{order_no}/case", {"kind": "codes_invalid"})
    assert asked.status_code == 403
    assert "下单时的完整手机号或邮箱" in asked.text
    wrong = await shopfront.post(f"/orders/{order_no}/case", {"kind": "codes_invalid", "contact": "13900000000"})
    assert wrong.status_code == 422
    assert await shopfront.count("cases") == 0
    right = await shopfront.post(f"/orders/{order_no}/case", {"kind": "codes_invalid", "contact": PHONE})
    assert right.status_code == 303
    assert "卡密无效" in (await shopfront.get(f"/orders/{order_no}/case")).text


async def test_the_tail_of_a_number_reads_no_conversation(shopfront: Shopfront, keyring: Keyring) -> None:
    order_no = await with_a_case(shopfront)
    await shopfront.post(f"/orders/{order_no}/case/messages", {"words": "我的秘密"})
    await answered(shopfront, keyring, order_no, "另一个秘密")
    await looked_up(shopfront, order_no)
    seen = await shopfront.get(f"/orders/{order_no}/case")
    assert "请先确认是您本人的订单" in seen.text
    assert "秘密" not in seen.text
    for path in ("case/events", "case/pictures/1"):
        assert (await shopfront.get(f"/orders/{order_no}/{path}")).status_code == 404
    for path in ("case/messages", "case/verdict", "case/withdraw"):
        assert (await shopfront.post(f"/orders/{order_no}/{path}", {"words": "x"})).status_code == 404
    assert await shopfront.count("case_messages") == 2


async def test_a_stranger_sees_nothing_at_all(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    shopfront.client.cookies.clear()
    assert (await shopfront.get(f"/orders/{order_no}/case")).headers["location"] == f"/orders/{order_no}"
    assert (await shopfront.post(f"/orders/{order_no}/case", {"kind": "other"})).status_code == 303
    assert (await shopfront.post(f"/orders/{order_no}/case/messages", {"words": "x"})).status_code == 404
    assert await shopfront.count("case_messages") == 0


async def test_what_is_said_stands_on_the_page_as_text(shopfront: Shopfront, keyring: Keyring) -> None:
    order_no = await with_a_case(shopfront)
    sent = await shopfront.post(f"/orders/{order_no}/case/messages", {"words": "<img src=x onerror=alert(1)>"})
    assert sent.status_code == 303
    await answered(shopfront, keyring, order_no, "请发一张截图", Then.BUYER)
    page = (await shopfront.get(f"/orders/{order_no}/case")).text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "请发一张截图" in page
    assert "等待买家回复" in page


async def test_what_is_refused_is_told_and_kept(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    empty = await shopfront.post(f"/orders/{order_no}/case/messages", {"words": "  "})
    assert (empty.status_code, "请写点什么" in empty.text) == (422, True)
    long = await shopfront.post(f"/orders/{order_no}/case/messages", {"words": "长" * 1001})
    assert (long.status_code, "最多 1000 字" in long.text, "长" * 1001 in long.text) == (422, True, True)
    assert await shopfront.count("case_messages") == 0


async def test_a_buyer_in_a_hurry_is_slowed_down(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    for n in range(MESSAGES_MAX):
        assert (await shopfront.post(f"/orders/{order_no}/case/messages", {"words": str(n)})).status_code == 303
    slowed = await shopfront.post(f"/orders/{order_no}/case/messages", {"words": "快点"})
    assert slowed.status_code == 429
    assert "快点" in slowed.text
    assert await shopfront.count("case_messages") == MESSAGES_MAX


async def test_the_buyer_says_no_then_yes(shopfront: Shopfront, keyring: Keyring) -> None:
    order_no = await with_a_case(shopfront)
    await solved(shopfront, keyring, order_no)
    page = (await shopfront.get(f"/orders/{order_no}/case")).text
    assert "问题解决了吗" in page
    assert "换个地方兑换" in page
    no_words = await shopfront.post(f"/orders/{order_no}/case/verdict", {"solved": "no"})
    assert no_words.status_code == 422
    await shopfront.post(f"/orders/{order_no}/case/verdict", {"solved": "no", "words": "还是不行"})
    assert "重新打开" in (await shopfront.get(f"/orders/{order_no}/case")).text
    await solved(shopfront, keyring, order_no)
    await shopfront.post(f"/orders/{order_no}/case/verdict", {"solved": "yes"})
    page = (await shopfront.get(f"/orders/{order_no}/case")).text
    for text in ("工单已关闭", "处理结果：已解答", "再次申请售后"):
        assert text in page
    late = await shopfront.post(f"/orders/{order_no}/case/verdict", {"solved": "no", "words": "又不行了"})
    assert late.status_code == 409


async def test_a_case_can_be_taken_back(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    await shopfront.post(f"/orders/{order_no}/case/withdraw")
    page = (await shopfront.get(f"/orders/{order_no}/case")).text
    assert "工单已关闭" in page
    assert 'name="words"' not in page


async def test_a_broken_promise_is_admitted(shopfront: Shopfront, clock: VirtualClock) -> None:
    order_no = await with_a_case(shopfront)
    clock.go_on(timedelta(minutes=61))
    await watch_cases(db=shopfront.db, rules=RULES)
    page = (await shopfront.get(f"/orders/{order_no}/case")).text
    assert "已经超过我们承诺的时间" in page
    assert "已超时" in page


async def test_measured_figures_stand_on_the_status_page(shopfront: Shopfront, keyring: Keyring) -> None:
    assert "近 30 天工单" not in (await shopfront.get("/status")).text
    order_no = await with_a_case(shopfront)
    await answered(shopfront, keyring, order_no, "在的")
    page = (await shopfront.get("/status")).text
    for text in ("售后承诺", "近 30 天工单", "按时答复", "100%"):
        assert text in page
