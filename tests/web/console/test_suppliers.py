"""Suppliers in the console: how they are doing, and keys that go in and never come out."""

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.roles import Role
from kameng.supply.add_supplier import config_of
from kameng.supply.answer import Code, Delivered, InDoubt, Reason, Refused
from kameng.supply.sync_goods import sync_goods
from tests.builders.shop import a_shop
from tests.builders.supplier import some_goods
from tests.web.console.conftest import Console
from tests.web.console.supplied import Supplied, supplied_shop

pytestmark = pytest.mark.anyio

PATH = "/console/suppliers"
KEY = "a-supplier-key-nobody-may-see"
FORM = {"name": "北方", "config_name": "north", "calls_at_once": "20", "balance_low": "88.50", "position": "3"}


@pytest.fixture
async def supplied(console: Console, db: Database, keyring: Keyring, clock: VirtualClock) -> Supplied:
    supplied = await supplied_shop(console, await a_shop(db, keyring, clock))
    await console.enter_as(Role.OWNER)
    return supplied


async def config(console: Console, code: str = "north") -> dict[str, str]:
    async with console.db.transaction() as tx:
        return await config_of(tx, console.keyring, code)


async def row(console: Console, code: str = "north") -> dict[str, object]:
    found = await console.db.pool.fetchrow("SELECT * FROM suppliers WHERE code = $1", code)
    assert found is not None
    return dict(found)


async def test_the_list_says_how_each_is_doing(console: Console, supplied: Supplied) -> None:
    depot = supplied.depot
    depot["north"].balance_fen = 123_456
    await sync_goods(db=supplied.shop.db, suppliers=depot.suppliers)
    depot["north"].will("place", Delivered(codes=(Code("A1"),)), Refused(Reason.OUT_OF_STOCK, "缺货"), InDoubt("?"))
    depot["south"].will("place", Delivered(codes=(Code("B1"),)))
    for _ in range(3):
        await supplied.order()
    page = (await console.get(PATH)).text
    for text in ("¥1,234.56", "50.0%", "1 / 2", "100.0%", "刚刚"):
        assert text in page
    page = (await console.get(f"{PATH}/north")).text
    assert "共 1 个商品：新 0" in page


async def test_what_could_not_be_used_is_reported_and_can_do_no_harm(console: Console, supplied: Supplied) -> None:
    await supplied.shop.db.pool.execute(
        "UPDATE suppliers SET sync_failures = 4, sync_report = $1 WHERE code = 'north'",
        {"error": "no answer: <script>", "goods": 9, "new": 1, "changed": 2, "gone": 3, "unusable_count": 1,
         "unusable": [{"number": "<8>", "why": "negative price"}]},
    )  # fmt: skip
    page = (await console.get(f"{PATH}/north")).text
    for text in ("连续失败 4 次", "no answer: &lt;script&gt;", "&lt;8&gt;", "negative price"):
        assert text in page
    assert "同步失败" in (await console.get(PATH)).text


async def test_a_supplier_is_added_with_what_its_protocol_asks_for(console: Console, supplied: Supplied) -> None:
    page = (await console.get(f"{PATH}/new/scripted")).text
    assert 'name="config_key" type="password"' in page
    form = FORM | {"protocol": "scripted", "code": "third", "config_key": KEY, "enabled": "on"}
    answer = await console.post(PATH, form)
    assert answer.headers["location"] == f"{PATH}/third?done=added"
    assert (await config(console, "third"))["key"] == KEY
    third = await row(console, "third")
    assert (third["calls_at_once"], third["balance_low_fen"], third["enabled"]) == (20, 8850, True)
    (line,) = await console.log()
    assert (line.action, line.subject) == ("supplier:saved", "supplier:third")
    assert KEY not in str(line)
    for path in (f"{PATH}/third", PATH):
        assert KEY not in (await console.get(path)).text


async def test_a_key_left_empty_stays_and_another_address_does_not_get_it(console: Console, supplied: Supplied) -> None:
    await console.post(f"{PATH}/north", FORM | {"config_key": KEY})
    await console.post(f"{PATH}/north", FORM | {"name": "改名", "config_key": ""})
    assert (await config(console))["key"] == KEY
    assert (await row(console))["name"] == "改名"
    answer = await console.post(f"{PATH}/north", FORM | {"config_base_url": "https://evil.example/"})
    assert answer.status_code == 422
    assert "请重新填写密钥" in answer.text
    assert "base_url" not in {name for name, value in (await config(console)).items() if value}
    assert [line.facts["changed"] for line in await console.log()] == [[], ["key"]]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"calls_at_once": "many"}, "请填写整数"),
        ({"calls_at_once": "5000"}, "并发数应为 1–1000"),
        ({"balance_low": "一百"}, "金额写作元"),
        ({"name": ""}, "请填写名称"),
    ],
)
async def test_a_refused_form_changes_nothing_and_shows_no_key(
    console: Console, supplied: Supplied, wrong: dict[str, str], words: str
) -> None:
    before = await row(console)
    answer = await console.post(f"{PATH}/north", FORM | {"config_key": KEY} | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert KEY not in answer.text
    assert await row(console) == before
    assert await console.log() == []


async def test_adding_does_not_change_one_that_is_there(console: Console, supplied: Supplied) -> None:
    before = await row(console)
    answer = await console.post(PATH, FORM | {"protocol": "scripted", "code": "north", "config_key": KEY})
    assert "已有货源用了这个代号" in answer.text
    assert await row(console) == before


async def test_a_supplier_is_switched_off_with_a_reason_and_on_again(console: Console, supplied: Supplied) -> None:
    await console.enter_as(Role.OPERATOR)
    assert "配置" not in (await console.get(f"{PATH}/north")).text
    assert (await console.post(f"{PATH}/north/disable", {"reason": " "})).status_code == 422
    assert (await row(console))["enabled"]
    await console.post(f"{PATH}/north/disable", {"reason": "余额用完"})
    assert not (await row(console))["enabled"]
    await supplied.order()
    assert supplied.depot["north"].placed == []
    await console.post(f"{PATH}/north/enable")
    assert (await row(console))["enabled"]
    assert [(line.action, line.facts.get("reason")) for line in await console.log()] == [
        ("supplier:enabled", None), ("supplier:disabled", "余额用完"),
    ]  # fmt: skip


async def test_goods_are_read_at_once_when_somebody_wants_it(console: Console, supplied: Supplied) -> None:
    await sync_goods(db=supplied.shop.db, suppliers=supplied.depot.suppliers)
    calls = supplied.depot["north"].calls.count("catalogue")
    assert await sync_goods(db=supplied.shop.db, suppliers=supplied.depot.suppliers) == 0
    await console.post(f"{PATH}/north/read")
    assert await sync_goods(db=supplied.shop.db, suppliers=supplied.depot.suppliers) == 1
    assert supplied.depot["north"].calls.count("catalogue") == calls + 1


async def test_one_whose_configuration_can_not_be_used_can_be_seen_and_switched_off(
    console: Console, supplied: Supplied
) -> None:
    await console.db.pool.execute("UPDATE suppliers SET protocol = 'gone' WHERE code = 'north'")
    assert (await console.get(f"{PATH}/north")).status_code == 200
    assert (await console.post(f"{PATH}/north/disable", {"reason": "不用了"})).status_code == 303
    assert not (await row(console))["enabled"]


@pytest.mark.parametrize("path", [f"{PATH}/none", f"{PATH}/new/none", f"{PATH}/none/goods"])
async def test_what_is_not_there_is_not_found(console: Console, supplied: Supplied, path: str) -> None:
    assert 400 <= (await console.get(path)).status_code < 500


async def test_goods_are_searched_by_name_number_and_category(console: Console, supplied: Supplied) -> None:
    depot = supplied.depot
    depot["north"].sells(*(some_goods(str(n), name=f"视频卡 {n}", category="视频") for n in (501, 502)))
    await sync_goods(db=supplied.shop.db, suppliers=depot.suppliers)
    for query, there, missing in (
        ("q=501", "视频卡 501", "视频卡 502"), ("category=视频", "视频卡 502", "商品100"),
        ("new=1", "视频卡 501", "商品100"), ("q=商品", "商品100", "视频卡 501"),
    ):  # fmt: skip
        page = (await console.get(f"{PATH}/north/goods?{query}")).text
        assert there in page
        assert missing not in page
    assert "/console/routes/goods-1" in (await console.get(f"{PATH}/north/goods?q=100")).text
