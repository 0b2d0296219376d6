"""An order comes into being under a number that nobody has."""

import pytest

from kameng.orders import number
from kameng.orders.contact import contact_of, second_factor_index, unseal_contact, whole_index
from kameng.orders.order import ContactKind, NewOrder
from kameng.orders.place import DRAWS_MAX, place
from tests.builders.shop import PHONE, Shop

pytestmark = pytest.mark.anyio


def new_order(shop: Shop) -> NewOrder:
    return NewOrder(
        site_id=1, sku_id=1, sku_version_id=1, quantity=2, unit_price_fen=500, contact_kind=ContactKind.PHONE,
        contact=PHONE, client_address="2001:db8::1", pay_until=shop.clock.now(),
    )  # fmt: skip


async def test_the_row_is_what_was_promised(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        order = await place(tx, shop.keyring, new_order(shop))
    (row,) = await shop.rows("SELECT * FROM orders")
    assert (row["id"], row["amount_fen"], row["state"]) == (order.id, 1000, "awaiting_payment")
    assert (order.amount_fen, order.placed_at) == (1000, shop.clock.now())
    assert number.floor(shop.clock.now()) <= order.id < number.floor(shop.clock.now()) + 10**6
    sealed, index = row["contact_sealed"], row["contact_index"]
    assert isinstance(sealed, bytes)
    assert unseal_contact(shop.keyring, order.id, sealed).text == PHONE
    assert index == whole_index(shop.keyring, contact_of(PHONE))
    assert row["second_factor"] == second_factor_index(shop.keyring, order.id, "1234")


async def test_a_number_that_is_taken_is_drawn_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = number.floor(shop.clock.now())
    drawn = [first, first, first, number.OrderId(first + 1)]
    monkeypatch.setattr(number, "draw", lambda _now: drawn.pop(0))
    async with shop.db.transaction() as tx:
        orders = [await place(tx, shop.keyring, new_order(shop)) for _ in range(2)]
    assert [order.id for order in orders] == [first, first + 1]
    assert await shop.events(orders[1].id) == ["placed"]
    assert (await shop.counts())["order_events"] == 2


async def test_a_second_without_a_free_number_is_given_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = number.floor(shop.clock.now())
    draws = [first] * (1 + DRAWS_MAX)
    monkeypatch.setattr(number, "draw", lambda _now: draws.pop())
    async with shop.db.transaction() as tx:
        await place(tx, shop.keyring, new_order(shop))
    with pytest.raises(AssertionError, match="no free order number"):
        async with shop.db.transaction() as tx:
            await place(tx, shop.keyring, new_order(shop))
    assert (await shop.counts())["orders"] == 1
