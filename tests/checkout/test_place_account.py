"""Orders that top an account up: whose, sealed, and only what suppliers can still deliver."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kameng.catalogue.edit import ProductDraft, save_product
from kameng.catalogue.filling import Delivers
from kameng.catalogue.form import AccountForm, FieldKind, FormField
from kameng.checkout.place_order import IdempotencyConflict, OutOfStock, PlacedOrder, Wish, place_order
from kameng.invariants.check import check_invariants
from kameng.kernel.errors import InvalidInput
from kameng.orders.account import account_of
from tests.builders.shop import Goods, Shop, a_stocked_sku, a_wish, stock_up
from tests.builders.supplier import a_depot, a_route, a_supplied_sku, some_goods

pytestmark = pytest.mark.anyio

NUMBER = "13912345678"
PHONE: AccountForm = (FormField("account", FieldKind.PHONE, "手机号"),)
GAME: AccountForm = (
    FormField("account", FieldKind.GAME_ACCOUNT, "游戏账号"),
    FormField("server", FieldKind.CHOICE, "区服", choices=("一区", "二区")),
)
TROUBLE = """
INSERT INTO troubles (supplier_id, operator, province, kind, opened_at, expected_until, probe_at)
SELECT s.id, $1, $2, 'failing', $3, $4, $4 FROM suppliers s
"""
HOLDS = "SELECT order_id, quantity, until FROM supply_holds"


async def a_top_up(
    shop: Shop, form: AccountForm = PHONE, *, stock: int | None = 3, delivers: Delivers = Delivers.TOP_UP, **route: Any
) -> Goods:
    """A product that asks for an account, and one supplier who has so many."""
    goods = await a_supplied_sku(shop)
    async with shop.db.transaction() as tx:
        await save_product(tx, ProductDraft(goods.slug, "games", "直充", form=form, delivers=delivers))
    await a_route(await a_depot(shop), goods.sku_id, goods=some_goods(stock=stock), **route)
    return goods


def wish_for(goods: Goods, account: dict[str, str] | None = None, **changes: Any) -> Wish:
    return replace(a_wish(goods), account={"account": NUMBER} if account is None else account, **changes)


async def place(shop: Shop, wish: Wish, key: str | None = None) -> PlacedOrder:
    return await place_order(db=shop.db, keyring=shop.keyring, rules=shop.checkout, wish=wish, idempotency_key=key)


async def test_the_account_is_kept_for_whoever_delivers(shop: Shop) -> None:
    goods = await a_top_up(shop)
    order = await place(shop, wish_for(goods, {"account": "+86 139 1234 5678"}))
    async with shop.db.reading() as connection:
        account = await account_of(connection, shop.keyring, order.order_id)
    assert account is not None
    assert (account.main, account.masked, account.operator, account.province) == (
        NUMBER,
        "139****5678",
        "mobile",
        "江苏",
    )
    assert await shop.events(order.order_id) == ["placed"]


async def test_nothing_of_it_stands_anywhere_in_clear(shop: Shop) -> None:
    goods = await a_top_up(shop, GAME)
    await place(shop, wish_for(goods, {"account": "dragon_slayer_77", "server": "一区"}), "a key")
    broken = await check_invariants(shop.db, now=shop.clock.now(), secrets=["dragon_slayer", "一区"])
    assert [violation for violation in broken if violation.name == "in_clear"] == []
    assert "dragon_slayer" not in repr(wish_for(goods, {"account": "dragon_slayer_77"}))


REFUSED = [
    ({}, ["account.account"]),
    ({"account": "1391234567"}, ["account.account"]),
    ({"account": NUMBER, "server": "一区"}, ["account.server"]),
]


@pytest.mark.parametrize(("account", "fields"), REFUSED)
async def test_a_wrong_account_leaves_nothing_behind(shop: Shop, account: dict[str, str], fields: list[str]) -> None:
    goods = await a_top_up(shop)
    before = await shop.counts()
    with pytest.raises(InvalidInput) as refused:
        await place(shop, wish_for(goods, account), "a key")
    assert list(refused.value.fields) == fields
    assert await shop.counts() == before
    assert await shop.rows("SELECT * FROM order_accounts") == []
    assert await shop.rows(HOLDS) == []


async def test_goods_without_a_form_take_no_account(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    with pytest.raises(InvalidInput):
        await place(shop, wish_for(goods))
    assert (await shop.counts())["orders"] == 0


async def test_the_same_key_for_another_account_is_another_wish(shop: Shop) -> None:
    goods = await a_top_up(shop)
    first = await place(shop, wish_for(goods), "a key")
    assert await place(shop, wish_for(goods), "a key") == first
    for other in (wish_for(goods, {"account": "13912345679"}), wish_for(goods, operator="unicom")):
        with pytest.raises(IdempotencyConflict):
            await place(shop, other, "a key")
    assert (await shop.counts())["orders"] == 1


async def test_the_last_pieces_are_held_until_the_payment_is_booked(shop: Shop) -> None:
    goods = await a_top_up(shop, stock=3)
    first = await place(shop, wish_for(goods, quantity=2))
    (held,) = await shop.rows(HOLDS)
    assert (held["order_id"], held["quantity"]) == (first.order_id, 2)
    assert held["until"] == first.pay_until + timedelta(minutes=10)
    with pytest.raises(OutOfStock):
        await place(shop, wish_for(goods, quantity=2))
    await place(shop, wish_for(goods))
    assert (await shop.counts())["orders"] == 2


async def test_what_no_route_delivers_to_this_operator_is_sold_out(shop: Shop) -> None:
    goods = await a_top_up(shop, operators=["unicom"])
    with pytest.raises(OutOfStock):
        await place(shop, wish_for(goods))
    assert (await shop.counts())["orders"] == 0
    await place(shop, wish_for(goods, operator="unicom"))


async def test_what_nobody_delivers_to_this_province_now_is_not_sold_there(shop: Shop) -> None:
    goods = await a_top_up(shop)
    async with shop.db.transaction() as tx:
        await tx.connection.execute(TROUBLE, "mobile", "江苏", tx.now, tx.now + timedelta(minutes=5))
    with pytest.raises(OutOfStock):
        await place(shop, wish_for(goods))
    assert (await shop.counts())["orders"] == 0
    await place(shop, wish_for(goods, operator="unicom"))


async def test_codes_bought_ahead_go_first_and_suppliers_fill_the_rest(shop: Shop) -> None:
    goods = await a_top_up(shop, (), stock=5, delivers=Delivers.CODES)
    await stock_up(shop, goods.sku_id, ("AHEAD-0001", "AHEAD-0002"))
    await place(shop, wish_for(goods, {}, quantity=2))
    assert await shop.cards(goods.sku_id) == {"reserved": 2}
    assert await shop.rows(HOLDS) == []
    await place(shop, wish_for(goods, {}, quantity=3))
    assert len(await shop.rows(HOLDS)) == 1


async def test_no_card_tops_an_account_up(shop: Shop) -> None:
    goods = await a_top_up(shop, stock=0)
    await stock_up(shop, goods.sku_id, ("CARD-0001",))
    with pytest.raises(OutOfStock):
        await place(shop, wish_for(goods))
    assert await shop.cards(goods.sku_id) == {"available": 1}
