"""What is topped up: found by whoever delivers it, in clear nowhere."""

import pytest

from kameng.kernel.crypto import Unreadable
from kameng.orders.account import Account, Answer, account_index, account_of, masked, seal_account, unseal_account
from kameng.orders.number import OrderId
from kameng.orders.place import place
from tests.builders.shop import Shop
from tests.orders.test_place import new_order

pytestmark = pytest.mark.anyio

PHONE = Account((Answer("account", "手机号", "13912345678"),), operator="mobile", province="江苏")
GAME = Account(
    (
        Answer("account", "游戏账号", "dragon.slayer"),
        Answer("server", "区服", "艾欧尼亚", is_open=True),
        Answer("role", "角色名", "夜的第七章"),
    )
)


@pytest.mark.parametrize("account", [PHONE, GAME])
async def test_an_account_comes_back_as_it_was_told(shop: Shop, account: Account) -> None:
    async with shop.db.transaction() as tx:
        order = await place(tx, shop.keyring, new_order(shop), account=account)
    async with shop.db.reading() as connection:
        found = await account_of(connection, shop.keyring, order.id)
    assert found == account
    assert found.main == account.answers[0].value
    assert found.fields == {answer.name: answer.value for answer in account.answers}


async def test_the_table_tells_nobody_the_account(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        order = await place(tx, shop.keyring, new_order(shop), account=PHONE)
    (row,) = await shop.rows("SELECT * FROM order_accounts")
    assert (row["order_id"], row["operator"], row["province"]) == (order.id, "mobile", "江苏")
    assert row["account_index"] == account_index(shop.keyring, "13912345678")
    assert b"13912345678" not in bytes(str(row), "utf-8")
    assert "13912345678" not in repr(PHONE)


async def test_an_order_of_codes_has_none(shop: Shop) -> None:
    async with shop.db.transaction() as tx:
        order = await place(tx, shop.keyring, new_order(shop))
    async with shop.db.reading() as connection:
        assert await account_of(connection, shop.keyring, order.id) is None


async def test_it_opens_under_its_own_order_alone(shop: Shop) -> None:
    sealed = seal_account(shop.keyring, OrderId(1), GAME)
    assert unseal_account(shop.keyring, OrderId(1), sealed, operator=None, province=None) == GAME
    with pytest.raises(Unreadable):
        unseal_account(shop.keyring, OrderId(2), sealed, operator=None, province=None)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("13812341234", "138****1234"),
        ("10001", "1****1"),
        ("123456789012", "123****012"),
        ("name@example.com", "n***@example.com"),
        ("龙", "****"),
        ("夜的第七章", "夜****章"),
        ("", "****"),
    ],
)
def test_masks_leave_enough_to_recognise_and_too_little_to_use(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_what_everybody_can_see_is_not_masked() -> None:
    assert [answer.masked for answer in GAME.answers] == ["dra****yer", "艾欧尼亚", "夜****章"]
