from datetime import timedelta

import pytest

from kameng.catalogue.edit import SkuDraft, save_sku
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.advance import advance
from kameng.orders.lifecycle import SYSTEM, CorrectionAsked
from kameng.orders.lock import lock_order
from kameng.orders.name_subject import subject_typed
from kameng.orders.number import OrderId
from kameng.payment.expire import expire_orders
from kameng.risk.lists import put_on_list
from kameng.risk.scorecard import Listed
from kameng.risk.subjects import SubjectKind
from tests.stock.builders import some_cards
from tests.web.shopfront import PHONE, Shopfront, hidden
from tests.web.top_ups import a_top_up, a_top_up_order

pytestmark = pytest.mark.anyio


async def expired(shopfront: Shopfront, clock: VirtualClock) -> str:
    order_no = await shopfront.ordered()
    clock.go_on(timedelta(minutes=16))
    await expire_orders(db=shopfront.db)
    return order_no


async def test_an_expired_order_offers_one_tap_to_a_new_page_to_pay(shopfront: Shopfront, clock: VirtualClock) -> None:
    order_no = await expired(shopfront, clock)
    page = await shopfront.get(f"/orders/{order_no}")
    assert "检测到您的订单支付超时，点击这里快速补交" in page.text
    tapped = await shopfront.post(f"/orders/{order_no}/resubmission", {"kind": "pay_again"})
    assert tapped.status_code == 303
    new_no = tapped.headers["location"].rsplit("/", 1)[1]
    assert new_no != order_no
    new = await shopfront.get(f"/orders/{new_no}")
    assert "支付宝" in new.text
    assert f"这是由订单 {order_no} 补交而来的新订单" in new.text
    old = await shopfront.get(f"/orders/{order_no}")
    for text in ("补交中", "申请", "核验", "补单", "状态同步", "结果", new_no):
        assert text in old.text
    again = await shopfront.post(f"/orders/{order_no}/resubmission", {"kind": "pay_again"})
    assert again.headers["location"] == tapped.headers["location"]


async def test_a_stranger_can_not(shopfront: Shopfront, clock: VirtualClock) -> None:
    order_no = await expired(shopfront, clock)
    shopfront.client.cookies.clear()
    for path in ("resubmission", "take-back", "confirm", "correction"):
        answer = await shopfront.post(f"/orders/{order_no}/{path}", {"kind": "pay_again"})
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/orders/{order_no}"
    assert await shopfront.count("orders") == 1
    assert await shopfront.count("resubmissions") == 0


@pytest.mark.parametrize("kind", ["", "nonsense", "deliver_again"])
async def test_what_does_not_fit_changes_nothing(shopfront: Shopfront, clock: VirtualClock, kind: str) -> None:
    order_no = await expired(shopfront, clock)
    await shopfront.post(f"/orders/{order_no}/resubmission", {"kind": kind})
    assert await shopfront.state_of(order_no) == "cancelled"
    assert await shopfront.count("orders") == 1


async def test_a_paid_order_is_taken_back_before_it_was_read(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    assert "取消并退款" in (await shopfront.get(f"/orders/{order_no}")).text
    assert (await shopfront.post(f"/orders/{order_no}/take-back")).status_code == 303
    assert await shopfront.state_of(order_no) == "refunding"
    assert "订单已按您的要求取消" in (await shopfront.get(f"/orders/{order_no}")).text


async def test_a_code_that_does_not_work_and_arrival_confirmed(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    await shopfront.post(f"/orders/{order_no}/reveal")
    page = await shopfront.get(f"/orders/{order_no}")
    assert "取消并退款" not in page.text
    assert 'data-offer="replace_code"' in page.text
    await shopfront.post(f"/orders/{order_no}/resubmission", {"kind": "replace_code"})
    assert 'data-resubmission="done"' in (await shopfront.get(f"/orders/{order_no}")).text
    assert await shopfront.db.pool.fetchval("SELECT count(*) FROM cards WHERE state = 'replaced'") == 1
    assert (await shopfront.post(f"/orders/{order_no}/take-back")).status_code == 409
    assert (await shopfront.post(f"/orders/{order_no}/confirm")).status_code == 303
    page = await shopfront.get(f"/orders/{order_no}")
    assert "已完成" in page.text
    assert await shopfront.state_of(order_no) == "completed"


async def test_the_buyer_changes_the_account_after_a_look_at_it(shopfront: Shopfront) -> None:
    order_no = await a_top_up_order(shopfront, await a_top_up(shopfront), account__account="13912345678",
                                    again__account="13912345678")  # fmt: skip
    await shopfront.paid(order_no)
    path = f"/orders/{order_no}/correction"
    assert path in (await shopfront.get(f"/orders/{order_no}")).text
    assert "139****5678" in (await shopfront.get(path)).text
    wrong = await shopfront.post(path, {"account.account": "1390000", "again.account": "1390000"})
    assert wrong.status_code == 422
    typed = {"account.account": "13700001111", "again.account": "13700001111"}
    look = await shopfront.post(path, typed)
    assert "13700001111" in look.text
    assert await shopfront.count("account_changes") == 0
    done = await shopfront.post(path, hidden(look.text) | {"confirmed": "yes"})
    assert done.status_code == 303
    assert "137****1111" in (await shopfront.get(f"/orders/{order_no}")).text


async def test_by_the_link_the_whole_contact_is_asked_for(shopfront: Shopfront, db: Database) -> None:
    order_no = await a_top_up_order(shopfront, await a_top_up(shopfront), account__account="13912345678",
                                    again__account="13912345678")  # fmt: skip
    await shopfront.paid(order_no)
    async with db.transaction() as tx:
        order = await lock_order(tx, OrderId(int(order_no[:18])))
        await tx.connection.execute("UPDATE deliveries SET state = 'stuck', route_at = NULL")
        await advance(tx, order, CorrectionAsked(SYSTEM, reason="号码不存在"))
    shopfront.client.cookies.clear()
    await shopfront.post("/q", {"order_no": order_no, "second_factor": PHONE[-4:]})
    path = f"/orders/{order_no}/correction"
    page = await shopfront.get(path)
    assert "号码不存在" in page.text
    typed = {"account.account": "13700001111", "again.account": "13700001111", "confirmed": "yes"}
    assert (await shopfront.post(path, typed)).status_code == 403
    assert (await shopfront.post(path, typed | {"contact": "13900009999"})).status_code == 422
    assert await shopfront.count("account_changes") == 0
    assert (await shopfront.post(path, typed | {"contact": PHONE})).status_code == 303
    assert await shopfront.state_of(order_no) == "delivering"


async def test_another_face_value_is_offered_before_the_codes_are_read(
    shopfront: Shopfront, db: Database, keyring: Keyring
) -> None:
    async with db.transaction() as tx:
        other = await save_sku(tx, SkuDraft("honor-of-kings", "60 点", 100))
    await some_cards(db, keyring, other, ["SMALL-0001", "SMALL-0002"])
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    page = (await shopfront.get(f"/orders/{order_no}")).text
    assert 'data-offer="change_goods"' in page
    assert "60 点 · ¥1.00" in page
    changed = await shopfront.post(f"/orders/{order_no}/resubmission", {"kind": "change_goods", "sku": str(other)})
    assert changed.status_code == 303
    page = (await shopfront.get(f"/orders/{order_no}")).text
    assert "已换成其他面值" in page
    assert 'data-offer="change_goods"' not in page
    assert "SMALL-000" in (await shopfront.post(f"/orders/{order_no}/reveal", {})).text


async def test_what_speaks_against_it_asks_for_the_whole_contact_once_more(
    shopfront: Shopfront, db: Database, keyring: Keyring
) -> None:
    async with db.transaction() as tx:
        other = await save_sku(tx, SkuDraft("honor-of-kings", "60 点", 100))
    await some_cards(db, keyring, other, ["SMALL-0001"])
    order_no = await shopfront.ordered()
    await shopfront.paid(order_no)
    async with db.transaction() as tx:
        subject = subject_typed(keyring, SubjectKind.CONTACT, PHONE)
        await put_on_list(tx, Listed.WATCH, subject, reason="多次换货", until=None, staff_id=None)
    typed = {"kind": "change_goods", "sku": str(other)}
    asked = await shopfront.post(f"/orders/{order_no}/resubmission", typed)
    assert (asked.status_code, 'name="contact"' in asked.text) == (403, True)
    assert await shopfront.count("resubmissions") == 0
    wrong = await shopfront.post(f"/orders/{order_no}/resubmission", typed | {"contact": "13900009999"})
    assert wrong.status_code == 422
    assert await shopfront.count("resubmissions") == 0
    proved = await shopfront.post(f"/orders/{order_no}/resubmission", typed | {"contact": PHONE})
    assert proved.status_code == 303
    assert await shopfront.count("resubmissions") == 1
