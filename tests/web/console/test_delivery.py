"""The order page on what suppliers were asked: why they, every word they said, what it cost, and who may see it."""

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.number import printed
from kameng.staff.roles import Role
from kameng.supply.answer import Accepted, Code, Delivered, Reason, Refused
from tests.builders.dispatching import waited, worked
from tests.builders.shop import a_shop
from tests.web.console.conftest import Console
from tests.web.console.supplied import Supplied, supplied_shop

pytestmark = pytest.mark.anyio

ACCOUNT = "87654321"


@pytest.fixture
async def supplied(console: Console, db: Database, keyring: Keyring, clock: VirtualClock) -> Supplied:
    supplied = await supplied_shop(console, await a_shop(db, keyring, clock))
    await console.enter_as(Role.OWNER)
    return supplied


async def two_attempts(supplied: Supplied) -> str:
    """Refused by north, delivered by south; the order's path."""
    supplied.depot["north"].will("place", Refused(Reason.BALANCE_LOW, "余额不足 <b>"))
    supplied.depot["south"].will("place", Accepted(supplier_no="S-9001", words="已受理"))
    supplied.depot["south"].will("query", Delivered(codes=(Code("TOP-SECRET-1"),), cost_fen=930, receipt="R-42"))
    order_id = await supplied.order()
    await waited(supplied.depot, supplied.dispatcher, seconds=8)
    return f"/console/orders/{printed(order_id)}"


async def test_everything_of_the_delivery_stands_on_the_page(console: Console, supplied: Supplied) -> None:
    path = await two_attempts(supplied)
    page = (await console.get(path)).text
    number = path.rpartition("/")[2]
    for text in (
        f"{number}-1", f"{number}-2", "North", "South", "S-9001", "R-42", "余额不足 &lt;b&gt;", "在货源处的余额不足",
        "已受理", "按优先级和权重选中", "可用，但排在后面", "这单已试过且失败", "¥9.30", "毛利", "¥0.70", "已全部到货",
        "货源已接单",
    ):  # fmt: skip
        assert text in page, text
    assert "TOP-SECRET-1" not in page


async def test_costs_and_reasons_are_for_those_who_may_see_them(console: Console, supplied: Supplied) -> None:
    path = await two_attempts(supplied)
    await console.enter_as(Role.CUSTOMER_SERVICE)
    page = (await console.get(path)).text
    assert "余额不足 &lt;b&gt;" in page
    for hidden in ("¥9.30", "毛利", "为何选它", "这单已试过且失败"):
        assert hidden not in page


@pytest.mark.parametrize("typed", ["S-9001", "{number}-2", "{number}-1"])
async def test_an_order_is_found_by_what_suppliers_know_it_by(console: Console, supplied: Supplied, typed: str) -> None:
    path = await two_attempts(supplied)
    await supplied.order()
    answer = await console.post("/console/orders", {"q": typed.format(number=path.rpartition("/")[2])})
    assert answer.headers["location"].partition("?")[0] == path
    assert (await console.log())[0].facts["orders"] == 1


async def test_the_account_is_masked_and_shown_only_with_a_reason_that_stays(
    console: Console, supplied: Supplied
) -> None:
    path = f"/console/orders/{printed(await supplied.top_up(ACCOUNT))}"
    await worked(supplied.dispatcher)
    page = await console.get(path)
    assert "87****21" in page.text
    assert ACCOUNT not in page.text
    refused = await console.post(f"{path}/account", {"reason": " ", "confirmed": "1"})
    assert refused.status_code == 422
    assert ACCOUNT not in refused.text
    shown = await console.post(f"{path}/account", {"reason": "买家要核对", "confirmed": "1"})
    assert ACCOUNT in shown.text
    assert shown.headers["cache-control"] == "no-store"
    again = (await console.get(path)).text
    assert ACCOUNT not in again
    assert "查看充值账号" in again
    assert "买家要核对" in again
    assert ACCOUNT not in str(await console.log())


async def test_an_order_without_an_account_has_none_to_show(console: Console, supplied: Supplied) -> None:
    path = await two_attempts(supplied)
    assert "显示充值账号" not in (await console.get(path)).text
    assert 400 <= (await console.post(f"{path}/account", {"reason": "x", "confirmed": "1"})).status_code < 500
    assert "order:account_shown" not in {line.action for line in await console.log()}


async def test_what_is_worth_money_is_counted_in_it(console: Console, supplied: Supplied) -> None:
    await supplied.shop.db.pool.execute("UPDATE skus SET face_fen = 1000")
    path = f"/console/orders/{printed(await supplied.top_up(ACCOUNT))}"
    await worked(supplied.dispatcher)
    page = (await console.get(path)).text
    assert "¥10.00 / ¥0.00" in " ".join(page.split())
