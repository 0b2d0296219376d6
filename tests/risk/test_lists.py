"""Whom staff let through, keep out and watch."""

from datetime import datetime, timedelta

import pytest

from kameng.kernel.errors import InvalidInput
from kameng.orders.name_subject import NotKnownHere, subject_of_order, subject_typed
from kameng.orders.number import OrderId
from kameng.risk.lists import list_entries, put_on_list, take_off_list
from kameng.risk.scorecard import Listed
from kameng.risk.subjects import SubjectKind
from tests.builders.risk import PUBLIC, listed, placed_from
from tests.builders.shop import PHONE, Shop, a_stocked_sku

pytestmark = pytest.mark.anyio
ROWS = "SELECT * FROM risk_lists ORDER BY id"


async def entries(shop: Shop) -> list[tuple[str, str]]:
    async with shop.db.reading() as connection:
        return [(entry.list, entry.label) for entry in await list_entries(connection, shop.clock.now())]


async def test_nothing_on_a_list_names_anybody(shop: Shop) -> None:
    for kind, text in (
        (SubjectKind.CONTACT, PHONE), (SubjectKind.CONTACT, "Li.Lei@example.com"), (SubjectKind.ACCOUNT, PHONE),
        (SubjectKind.ADDRESS, "8.8.8.8"), (SubjectKind.NETWORK, "8.8.8.8"), (SubjectKind.NETWORK, "2400:3200:1:2::1"),
    ):  # fmt: skip
        await listed(shop, Listed.BLOCK, text, kind)
    written = str(await shop.rows(ROWS))
    assert all(text not in written for text in (PHONE, "8.8.8", "lei@", "Lei@", "2400:3200:1"))
    assert [label for _, label in await entries(shop)] == [
        "2400:3200:*", "8.8.*.*", "8.8.*.*", "138****1234", "l***@example.com", "138********",
    ]  # fmt: skip


async def test_a_subject_is_on_one_list_at_a_time_and_the_past_is_kept(shop: Shop) -> None:
    await listed(shop, Listed.BLOCK, "138 0000 1234")
    entry = await listed(shop, Listed.WATCH)
    assert [name for name, _ in await entries(shop)] == ["watch"]
    async with shop.db.transaction() as tx:
        assert await take_off_list(tx, entry, staff_id=None)
        assert not await take_off_list(tx, entry, staff_id=None)
    assert await entries(shop) == []
    assert len(await shop.rows(ROWS)) == 2


async def test_an_entry_ends_by_itself(shop: Shop) -> None:
    await listed(shop, Listed.BLOCK, until=shop.clock.now() + timedelta(days=1))
    assert len(await entries(shop)) == 1
    shop.clock.go_on(timedelta(days=1))
    assert await entries(shop) == []


@pytest.mark.parametrize(
    ("reason", "days", "field"),
    [("", 1, "reason"), ("x" * 301, 1, "reason"), ("盗刷 13800001234", 1, "reason"), ("来自 8.8.8.8", 1, "reason"),
     ("a@b.cn", 1, "reason"), ("盗刷", 0, "until"), ("盗刷", -1, "until")],
)  # fmt: skip
async def test_what_is_refused(shop: Shop, reason: str, days: int, field: str) -> None:
    until: datetime = shop.clock.now() + timedelta(days=days)
    subject = subject_typed(shop.keyring, SubjectKind.CONTACT, PHONE)
    with pytest.raises(InvalidInput) as refusal:
        async with shop.db.transaction() as tx:
            await put_on_list(tx, Listed.BLOCK, subject, reason=reason, until=until, staff_id=None)
    assert list(refusal.value.fields) == [field]
    assert await shop.rows(ROWS) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [(SubjectKind.CONTACT, "1234"), (SubjectKind.CONTACT, ""), (SubjectKind.ADDRESS, "8.8.8"),
     (SubjectKind.NETWORK, "10.0.0.1"), (SubjectKind.ADDRESS, "127.0.0.1"), (SubjectKind.NETWORK, "::1")],
)  # fmt: skip
async def test_who_can_not_be_meant(shop: Shop, kind: SubjectKind, text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        subject_typed(shop.keyring, kind, text)
    assert list(refusal.value.fields) == ["subject"]


async def test_somebody_an_order_came_from_is_the_same_as_typed_out(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    order = await placed_from(shop, goods, PUBLIC.format(7), PHONE)
    async with shop.db.reading() as connection:
        for kind, text in (
            (SubjectKind.CONTACT, PHONE), (SubjectKind.ADDRESS, "8.8.8.7"), (SubjectKind.NETWORK, "8.8.8.0/24"),
        ):  # fmt: skip
            found = await subject_of_order(connection, shop.keyring, order.order_id, kind)
            assert found == subject_typed(shop.keyring, kind, text)
        for kind in (SubjectKind.ACCOUNT, SubjectKind.DEVICE):
            with pytest.raises(NotKnownHere):
                await subject_of_order(connection, shop.keyring, OrderId(order.order_id), kind)
