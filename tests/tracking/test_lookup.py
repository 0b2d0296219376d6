"""Order number and tail: the order at once, or the same answer whatever was wrong."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kameng.kernel.errors import InvalidInput
from kameng.orders import number
from kameng.orders.contact import second_factor_index
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId, grouped, printed
from kameng.tracking import lookup as lookup_module
from kameng.tracking.access import Access, access_of
from kameng.tracking.lookup import Found, LookupAsk, LookupMissed, lookup
from tests.builders.shop import ADDRESS, Shop, a_paid_order, a_stocked_sku, an_order

pytestmark = pytest.mark.anyio

EMAIL = "li.lei@example.com"
TAIL = "1234"


async def look(shop: Shop, typed: str, second_factor: str = TAIL, *, address: str = ADDRESS) -> Found:
    ask = LookupAsk(typed, second_factor, address)
    return await lookup(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)


@pytest.fixture
async def order_id(shop: Shop) -> OrderId:
    return (await a_paid_order(shop, await a_stocked_sku(shop))).order_id


@pytest.fixture(autouse=True)
def misses_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_module, "MISS_TAKES", timedelta(0))


async def test_number_and_tail_open_the_order(shop: Shop, order_id: OrderId) -> None:
    found = await look(shop, printed(order_id))
    assert (found.view.order_id, found.view.state) == (order_id, OrderState.DELIVERED)
    assert (found.corrected, found.access) == (False, Access.VIEWER)
    assert access_of(shop.keyring, found.token, order_id, shop.clock.now()) is Access.VIEWER
    assert "138" in found.view.contact_masked
    assert TAIL not in found.view.contact_masked


def dashed(order_id: OrderId) -> str:
    return grouped(order_id).replace(" ", "-")


def wide(order_id: OrderId) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in printed(order_id))


@pytest.mark.parametrize("write", [printed, grouped, dashed, wide, lambda order_id: f" 订单号：{grouped(order_id)}。"])
async def test_however_the_number_is_written(shop: Shop, order_id: OrderId, write: Callable[[OrderId], str]) -> None:
    assert (await look(shop, write(order_id))).view.order_id == order_id


@pytest.mark.parametrize("second_factor", ["1234", " 1234 ", "１２３４", "12 34"])
async def test_however_the_tail_is_written(shop: Shop, order_id: OrderId, second_factor: str) -> None:
    assert (await look(shop, printed(order_id), second_factor)).access is Access.VIEWER


@pytest.mark.parametrize(
    "second_factor", ["13800001234", "138 0000 1234", "+86 138-0000-1234", "１３８００００１２３４"]
)
async def test_the_whole_phone_makes_an_owner(shop: Shop, order_id: OrderId, second_factor: str) -> None:
    assert (await look(shop, printed(order_id), second_factor)).access is Access.OWNER


async def test_another_phone_with_the_same_tail_is_a_miss(shop: Shop, order_id: OrderId) -> None:
    with pytest.raises(LookupMissed):
        await look(shop, printed(order_id), "13900001234")


async def test_an_address_opens_what_was_ordered_under_it(shop: Shop) -> None:
    order = await an_order(shop, await a_stocked_sku(shop), contact=EMAIL)
    found = await look(shop, printed(order.order_id), " Li.Lei@Example.com ")
    assert found.access is Access.OWNER
    for wrong in ("1234", "li.lei@example.org"):
        with pytest.raises(LookupMissed):
            await look(shop, printed(order.order_id), wrong)


def slips(order_id: OrderId) -> dict[str, str]:
    """One of each kind, none of which happens to be a right number."""
    digits = printed(order_id)
    place = next(i for i in range(12, 18) if digits[i] != digits[i + 1])
    other = str((int(digits[place]) + 1) % 10)
    return {
        "wrong": digits[:place] + other + digits[place + 1 :],
        "missing": digits[:place] + digits[place + 1 :],
        "extra": digits[:place] + other + digits[place:],
        "swapped": digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :],
    }


def a_slip_between(order_id: OrderId) -> tuple[str, OrderId]:
    """A text one wrong digit away from this order's number and one slip away from another number, and that number."""
    digits = printed(order_id)
    texts = (digits[:i] + other + digits[i + 1 :] for i in range(len(digits)) for other in "0123456789")
    return next(
        (text, twin) for text in texts if text != digits for twin in number.candidates(text) if twin != order_id
    )


@pytest.mark.parametrize("kind", ["wrong", "missing", "extra", "swapped"])
async def test_one_slip_is_corrected(shop: Shop, order_id: OrderId, kind: str) -> None:
    typed = slips(order_id)[kind]
    assert number.read(typed) != order_id
    found = await look(shop, typed)
    assert (found.view.order_id, found.corrected) == (order_id, True)


@pytest.mark.parametrize("kind", ["wrong", "missing", "extra", "swapped"])
async def test_a_slip_never_opens_somebody_elses_order(shop: Shop, order_id: OrderId, kind: str) -> None:
    with pytest.raises(LookupMissed):
        await look(shop, slips(order_id)[kind], "9999")


async def test_two_orders_that_may_both_be_meant_open_neither(shop: Shop) -> None:
    """Somebody whose two orders are a slip apart has to type the right number."""
    goods = await a_stocked_sku(shop)
    first = (await an_order(shop, goods)).order_id
    typed, twin = a_slip_between(first)
    second = (await an_order(shop, goods)).order_id
    async with shop.db.transaction() as tx:
        await tx.connection.execute("SET LOCAL session_replication_role = replica")
        for table, column in (("orders", "id"), ("order_events", "order_id"), ("cards", "order_id")):
            await tx.connection.execute(f"UPDATE {table} SET {column} = $1 WHERE {column} = $2", twin, second)
        await tx.connection.execute(
            "UPDATE orders SET second_factor = $2 WHERE id = $1", twin,
            second_factor_index(shop.keyring, twin, TAIL),
        )  # fmt: skip
    with pytest.raises(LookupMissed):
        await look(shop, typed)
    assert (await look(shop, printed(first))).view.order_id == first


async def test_no_such_order_and_a_wrong_tail_are_one_answer(shop: Shop, order_id: OrderId) -> None:
    unknown = printed(OrderId(order_id - 10**9))
    answers = []
    for typed, tail in ((unknown, TAIL), (printed(order_id), "9999"), (unknown, "9999")):
        with pytest.raises(LookupMissed) as refusal:
            await look(shop, typed, tail)
        answers.append((refusal.value.code, refusal.value.status, refusal.value.words, refusal.value.values))
    assert len(set(map(str, answers))) == 1


@pytest.mark.parametrize(
    ("typed", "second_factor", "fields"),
    [
        ("", "", {"order_no", "second_factor"}),
        ("12345", TAIL, {"order_no"}),
        ("99999999999999999999", TAIL, {"order_no"}),
        ("number", "tail", {"order_no", "second_factor"}),
        (None, "", {"second_factor"}),
        (None, "123", {"second_factor"}),
        (None, "12345", {"second_factor"}),
        (None, "9913800001234", {"second_factor"}),
        (None, "12800001234", {"second_factor"}),
        (None, "li.lei@", {"second_factor"}),
    ],
)
async def test_what_can_not_be_is_told_beside_its_field_and_costs_nothing(
    shop: Shop, order_id: OrderId, typed: str | None, second_factor: str, fields: set[str]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await look(shop, printed(order_id) if typed is None else typed, second_factor)
    assert set(refusal.value.fields) == fields
    assert await shop.rows("SELECT subject FROM guard_budgets") == []
