"""Lists and scores where orders are placed: who is kept out, and who never is."""

import pytest

from kameng.checkout.place_order import OrderDeclined, place_order
from kameng.risk.scorecard import Listed, Verdict
from kameng.risk.subjects import SubjectKind
from tests.builders.risk import PUBLIC, listed, placed_from, scores
from tests.builders.shop import PHONE, Shop, a_paid_order, a_stocked_sku, a_wish, an_order

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("kind", "text"),
    [(SubjectKind.CONTACT, PHONE), (SubjectKind.ADDRESS, "8.8.8.1"), (SubjectKind.NETWORK, "8.8.8.77"),
     (SubjectKind.DEVICE, "A" * 22)],
)  # fmt: skip
async def test_who_is_blocked_orders_nothing_and_staff_hear_of_it(shop: Shop, kind: SubjectKind, text: str) -> None:
    goods = await a_stocked_sku(shop)
    entry = await listed(shop, Listed.BLOCK, text, kind)
    before = await shop.counts()
    for _ in range(2):
        with pytest.raises(OrderDeclined) as refusal:
            await placed_from(shop, goods, PUBLIC.format(1), PHONE, device="A" * 22)
    assert await shop.counts() == before
    assert await shop.cards(goods.sku_id) == {"available": 5}
    assert "名单" not in refusal.value.words.chinese
    assert await shop.rows("SELECT kind, subject, times FROM alarms") == [
        {"kind": "order_blocked", "subject": f"list:{entry}", "times": 2}
    ]


async def test_a_repeat_of_what_was_ordered_before_is_answered_all_the_same(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await an_order(shop, goods, key="one")
    await listed(shop, Listed.BLOCK)
    assert (await an_order(shop, goods, key="one")).order_id == order.order_id
    with pytest.raises(OrderDeclined):
        await an_order(shop, goods, key="two")


async def test_the_most_particular_entry_decides(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await listed(shop, Listed.BLOCK, "8.8.8.1", SubjectKind.NETWORK)
    await listed(shop, Listed.ALLOW, PHONE)
    order = await placed_from(shop, goods, PUBLIC.format(1), PHONE)
    assert (await scores(shop, order.order_id))[0].verdict is Verdict.LOW
    await listed(shop, Listed.ALLOW, "8.8.9.1", SubjectKind.NETWORK)
    await listed(shop, Listed.BLOCK, PHONE)
    with pytest.raises(OrderDeclined):
        await placed_from(shop, goods, "8.8.9.1", PHONE)


async def test_who_is_watched_is_told_nothing_when_ordering(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    await listed(shop, Listed.WATCH)
    order = await an_order(shop, goods)
    found = (await scores(shop, order.order_id))[0]
    assert (found.points, found.verdict, found.signals.watched) == (50, Verdict.MIDDLE, True)
    assert await shop.events(order.order_id) == ["placed"]
    assert await shop.alarms() == []


async def test_one_contact_may_buy_all_day(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=45)
    for _ in range(40):
        order = await a_paid_order(shop, goods)
        assert (await shop.events(order.order_id))[-1] == "delivered"


async def test_what_is_refused_is_refused_before_anything_is_counted(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    with pytest.raises(Exception, match="price_changed"):
        await place_order(db=shop.db, keyring=shop.keyring, rules=shop.checkout, wish=a_wish(goods, price_fen=999))
    assert await shop.rows("SELECT * FROM risk_velocity") == []
