"""One box: every key that people have in hand leads to the order, says that it did, and leaves no trace of itself."""

from dataclasses import dataclass, field

import pytest

from kameng.aftersales.case import CaseKind, CaseRules
from kameng.aftersales.open_case import open_case
from kameng.catalogue.edit import ProductDraft, save_product
from kameng.catalogue.form import FieldKind, FormField
from kameng.orders.number import OrderId, printed
from kameng.staff.roles import Role
from kameng.stock.index_tails import index_tails
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, PHONE, Shop
from tests.web.console.test_orders import found
from tests.web.console.things import things_of_suppliers

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def at_the_desk(console: Console) -> None:
    await console.enter_as(Role.CUSTOMER_SERVICE)


@dataclass
class Sought:
    """An order with everything it can be found by, among others of the shop."""

    order_id: OrderId
    keys: dict[str, str] = field(default_factory=dict)


@pytest.fixture
async def sought(console: Console, shop: Shop) -> Sought:
    async with console.db.transaction() as tx:
        form = (FormField("account", FieldKind.QQ, "QQ 号"),)
        await save_product(tx, ProductDraft("qb", "games", "Q币", form=form))
    await shop.order(contact="lin@example.com", account={"account": "10086001"})
    other = await shop.order(contact="13900000001", account={"account": "10086002"})
    order_id = await shop.order(account={"account": "87654321"})
    attempt_id = await shop._attempt(order_id)
    things = await things_of_suppliers(console.db, shop.sku_id)
    case = (await open_case(db=console.db, rules=CaseRules(), order_id=order_id, kind=CaseKind.OTHER)).case
    execute = console.db.pool.execute
    await execute("UPDATE payment_attempts SET gateway_trade_no = '2026112222001499' WHERE id = $1", attempt_id)
    await execute(
        "UPDATE delivery_attempts SET order_id = $1, number = $2, supplier_no = 'UP-7788' WHERE id = $3",
        order_id, f"{printed(order_id)}-1", things["attempt"],
    )  # fmt: skip
    await execute("UPDATE cards SET state = 'available', order_id = NULL WHERE id > 1")
    await execute("UPDATE cards SET state = 'sold', order_id = $1 WHERE id = 1", order_id)
    await execute("UPDATE cards SET state = 'sold', order_id = $1 WHERE id = 2", other)
    await index_tails(db=console.db, keyring=console.keyring)
    number = printed(order_id)
    wrong = number[:13] + str((int(number[13]) + 1) % 10) + number[14:]
    code = await _code_of(console, order_id)
    keys = {
        "number": number, "corrected": wrong, "found_attempt": f"{number}-1", "found_reference": f"P{attempt_id}",
        "found_trade_no": "2026112222001499", "found_supplier_no": "UP-7788", "found_case": f"#{case.id}",
        "found_contact": "+86 138 0013 8000", "found_contact_tail": "8000 今天 10元", "found_account": "8765 4321",
        "found_code": code, "found_code_tail": code[-7:],
    }  # fmt: skip
    return Sought(order_id, keys)


async def _code_of(console: Console, order_id: OrderId) -> str:
    from_vault = await console.post(f"/console/orders/{printed(order_id)}/codes", {"reason": "试", "confirmed": "1"})
    if from_vault.status_code != 200:
        await console.db.pool.execute("UPDATE orders SET state = 'delivered' WHERE id = $1", order_id)
        from_vault = await console.post(
            f"/console/orders/{printed(order_id)}/codes", {"reason": "试", "confirmed": "1"}
        )
    return next(code for code in CODES if code in from_vault.text)


async def test_every_key_leads_to_the_order_and_says_which_it_was(console: Console, shop: Shop, sought: Sought) -> None:
    number = printed(sought.order_id)
    for key, typed in sought.keys.items():
        answer = await console.post("/console/orders", {"q": typed})
        said = "" if key == "number" else f"?done={key}"
        assert answer.headers.get("location") == f"/console/orders/{number}{said}", (key, answer.text)
        if said:
            assert 'role="status"' in (await console.get(answer.headers["location"])).text, key


async def test_what_was_typed_is_in_no_address_and_no_log(
    console: Console, shop: Shop, sought: Sought, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = [sought.keys[key] for key in ("found_contact", "found_account", "found_code", "found_code_tail")]
    for typed in secrets:
        answer = await console.post("/console/orders", {"q": typed})
        assert typed not in str(answer.url) + answer.headers["location"]
    said = caplog.text + "".join(capsys.readouterr()) + str(await console.log())
    assert not any(secret in said for secret in (*secrets, "87654321", PHONE))
    searches = [line.facts for line in await console.log() if line.action == "order:searched"]
    assert [facts["by"] for facts in searches] == ["code_tail", "code", "account", "contact"]


async def test_a_list_says_of_each_by_which_keys_it_was_found(console: Console, shop: Shop) -> None:
    async with console.db.transaction() as tx:
        await save_product(
            tx, ProductDraft("qb", "games", "Q币", form=(FormField("account", FieldKind.PHONE, "手机号"),))
        )
    both = await shop.order(account={"account": PHONE})
    friend = await shop.order(contact="13900000001", account={"account": PHONE})
    page = (await console.post("/console/orders", {"q": PHONE})).text
    rows = {number: page[page.index(number) :].partition("</tr>")[0] for number in (printed(both), printed(friend))}
    assert [("联系方式" in row, "充值账号" in row) for row in rows.values()] == [(True, True), (False, True)]
    assert PHONE not in page.replace(f'value="{PHONE}"', "")


async def test_a_tail_alone_is_too_little_and_others_days_are_others(console: Console, shop: Shop) -> None:
    mine = printed(await shop.order())
    await shop.order(contact="13900000001")
    assert await found(console, "8000 11-22") == [mine]
    assert await found(console, "8000 11-22 10.00") == [mine]
    for typed in ("8000", "8000 11-21", "8000 今天 11元", "0001 昨天"):
        assert await found(console, typed) == [], typed


@pytest.mark.parametrize("typed", ["11BBBB", "BBBB", "zzzzzz", "CCCC-2222-DDDD"])
async def test_codes_that_nobody_has_read_are_not_found(console: Console, shop: Shop, typed: str) -> None:
    await shop.order()
    await index_tails(db=console.db, keyring=console.keyring)
    assert await found(console, typed) == []
