"""The buyer reads the codes, and that they were read is part of the story."""

import pytest

from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.tracking.access import Access
from kameng.tracking.reveal import NothingToReveal, RevealAsk, reveal
from kameng.tracking.view import view_order
from kameng.tracking.whole_contact import ContactNeeded
from tests.builders.shop import ADDRESS, PHONE, Shop, a_paid_order, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio


async def read(shop: Shop, order_id: OrderId, access: Access, contact: str | None = None) -> list[str]:
    ask = RevealAsk(order_id, access, ADDRESS, contact)
    return await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)


async def test_an_owner_reads_exactly_the_orders_codes(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=6)
    orders = [await a_paid_order(shop, goods, quantity=n) for n in (1, 2, 3)]
    read_codes = [await read(shop, order.order_id, Access.OWNER) for order in orders]
    assert [len(codes) for codes in read_codes] == [1, 2, 3]
    assert sorted(code for codes in read_codes for code in codes) == sorted(goods.codes)
    assert await read(shop, orders[1].order_id, Access.OWNER) == read_codes[1]


async def test_reading_is_told_and_leaves_no_code_behind(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await a_paid_order(shop, goods)
    for _ in range(2):
        await read(shop, order.order_id, Access.OWNER)
    assert (await shop.events(order.order_id))[-3:] == ["delivered", "revealed", "revealed"]
    assert (await view_order(db=shop.db, keyring=shop.keyring, order_id=order.order_id)).reveals == 2
    assert await shop.state(order.order_id) is OrderState.DELIVERED
    assert await check_invariants(shop.db, now=shop.clock.now(), secrets=[*goods.codes, PHONE]) == []


async def test_the_tail_alone_reads_nothing(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop))
    for contact in (None, ""):
        with pytest.raises(ContactNeeded):
            await read(shop, order.order_id, Access.VIEWER, contact)
    assert "revealed" not in await shop.events(order.order_id)


async def test_with_the_whole_contact_it_reads(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=1)
    order = await a_paid_order(shop, goods)
    assert await read(shop, order.order_id, Access.VIEWER, " +86 138 0000 1234 ") == list(goods.codes)


@pytest.mark.parametrize("contact", ["13900001234", "1234", "li.lei@example.com", "nonsense"])
async def test_another_contact_reads_nothing(shop: Shop, contact: str) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop))
    with pytest.raises(InvalidInput) as refusal:
        await read(shop, order.order_id, Access.VIEWER, contact)
    assert list(refusal.value.fields) == ["contact"]
    assert "revealed" not in await shop.events(order.order_id)


@pytest.mark.parametrize("access", Access)
async def test_before_delivery_there_is_nothing_to_read(shop: Shop, access: Access) -> None:
    goods = await a_stocked_sku(shop)
    waiting = await an_order(shop, goods)
    reviewed = await a_paid_order(shop, goods, fen=1)
    for order_id in (waiting.order_id, reviewed.order_id):
        before = await shop.events(order_id)
        with pytest.raises(NothingToReveal):
            await read(shop, order_id, access, PHONE)
        assert await shop.events(order_id) == before


async def test_an_unknown_order_is_missing(shop: Shop) -> None:
    with pytest.raises(OrderMissing):
        await read(shop, OrderId(261122143055123456), Access.OWNER)
