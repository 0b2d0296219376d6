"""Orders that something speaks against."""

from dataclasses import replace

from kameng.checkout.place_order import PlacedOrder, place_order
from kameng.orders.name_subject import subject_typed
from kameng.orders.number import OrderId
from kameng.risk.lists import put_on_list
from kameng.risk.scorecard import Listed, Thresholds, Verdict
from kameng.risk.scores import KeptScore, scores_of
from kameng.risk.subjects import SubjectKind
from kameng.risk.weights import save_thresholds
from tests.builders.shop import PHONE, Goods, Shop, a_started_payment, a_wish, an_order, paid

#: Addresses that count; those of documentation and of our own networks don't.
PUBLIC = "8.8.8.{}"


async def listed(
    shop: Shop, on: Listed, text: str = PHONE, kind: SubjectKind = SubjectKind.CONTACT, until: object = None
) -> int:
    """Staff put somebody on a list; the entry's id."""
    subject = subject_typed(shop.keyring, kind, text)
    async with shop.db.transaction() as tx:
        return await put_on_list(tx, on, subject, reason="多次盗刷", until=until, staff_id=None)  # type: ignore[arg-type]


async def a_held_order(shop: Shop, goods: Goods, verdict: Verdict, *, contact: str = PHONE) -> PlacedOrder:
    """Paid, and held back: its contact is watched, which is middle, or high where a person wants to see all of them."""
    await listed(shop, Listed.WATCH, contact)
    order = await an_order(shop, goods, contact=contact)
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(50, 50 if verdict is Verdict.HIGH else 100))
    await paid(shop, await a_started_payment(shop, order.order_id))
    return order


async def placed_from(
    shop: Shop, goods: Goods, address: str, contact: str, *, quantity: int = 1, device: str | None = None
) -> PlacedOrder:
    wish = replace(a_wish(goods, quantity=quantity, contact=contact), client_address=address, device=device)
    return await place_order(db=shop.db, keyring=shop.keyring, rules=shop.checkout, wish=wish)


async def let_everybody_through(shop: Shop) -> None:
    """Whatever speaks against an order, nobody is asked for anything and nobody waits."""
    async with shop.db.transaction() as tx:
        await save_thresholds(tx, Thresholds(10_000, 10_000))


async def scores(shop: Shop, order_id: OrderId) -> list[KeptScore]:
    async with shop.db.reading() as connection:
        return await scores_of(connection, order_id)
