"""Routes of a product: what they cost, what would be chosen and why not the others, and changing them."""

import re

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.roles import Role
from kameng.supply.troubles import Place, TroubleKind, open_trouble
from tests.builders.shop import a_shop
from tests.builders.supplier import put_on_shelf, some_goods
from tests.web.console.conftest import Console
from tests.web.console.supplied import Supplied, supplied_shop

pytestmark = pytest.mark.anyio

PATH = "/console/routes/goods-1"
FORM = {"priority": "2", "weight": "5", "again": "1", "drift_max": "20", "cost_max": "9.80", "open_from": "22:00",
        "open_to": "06:30", "operators": ["mobile"], "field_names": "server=lblName1\nrole = 角色",
        "enabled": "on"}  # fmt: skip


@pytest.fixture
async def supplied(console: Console, db: Database, keyring: Keyring, clock: VirtualClock) -> Supplied:
    supplied = await supplied_shop(console, await a_shop(db, keyring, clock))
    await console.enter_as(Role.OPERATOR)
    return supplied


async def route(console: Console, route_id: int) -> dict[str, object]:
    found = await console.db.pool.fetchrow("SELECT * FROM routes WHERE id = $1", route_id)
    assert found is not None
    return dict(found)


def rows(page: str) -> dict[int, str]:
    """The table's rows by route, without their tags."""
    found = re.findall(r'<tr id="route-(\d+)">(.*?)</tr>', page, re.DOTALL)
    return {int(number): re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for number, row in found}


async def test_the_page_says_who_would_be_chosen_and_why_not_the_others(console: Console, supplied: Supplied) -> None:
    north, south = supplied.routes
    page = (await console.get(PATH)).text
    assert "现在下一单会走" in page
    told = rows(page)
    assert "选中" in told[north]
    assert "¥9.00" in told[north]
    assert "¥1.00" in told[north]
    assert "可用，但排在后面" in told[south]
    async with console.db.transaction() as tx:
        await open_trouble(tx, Place(supplied.depot.ids["north"], "mobile"), TroubleKind.FAILING, evidence={})
    assert "选中" in rows((await console.get(PATH)).text)[north]
    told = rows((await console.get(f"{PATH}?operator=mobile")).text)
    assert "货源故障中，已避开" in told[north]
    assert "选中" in told[south]


async def test_equals_share_by_weight(console: Console, supplied: Supplied) -> None:
    await console.db.pool.execute("UPDATE routes SET priority = 0, weight = CASE id WHEN $1 THEN 3 ELSE 1 END",
                                  supplied.routes[0])  # fmt: skip
    told = rows((await console.get(PATH)).text)
    assert "选中 75%" in told[supplied.routes[0]]
    assert "选中 25%" in told[supplied.routes[1]]


async def test_without_any_route_it_says_what_buyers_see(console: Console, supplied: Supplied) -> None:
    await console.db.pool.execute("UPDATE supplier_goods SET stock = 0")
    page = (await console.get(PATH)).text
    assert "现在没有线路可用" in page
    assert "货源缺货" in page


async def test_a_route_is_added_and_changed(console: Console, supplied: Supplied) -> None:
    await put_on_shelf(supplied.depot, "north", some_goods("300", price_fen=700))
    new = FORM | {"new": "1", "sku": str(supplied.goods.sku_id), "supplier": "north", "goods": "300"}
    page = (await console.get(f"{PATH}/new?sku={new['sku']}&supplier=north&goods=300")).text
    assert "商品300" in page
    assert (await console.post(PATH, new)).headers["location"] == f"{PATH}?done=saved"
    route_id = await console.db.pool.fetchval("SELECT id FROM routes WHERE goods = '300'")
    saved = await route(console, route_id)
    expected = {
        "priority": 2, "weight": 5, "again": 1, "drift_max_percent": 20, "cost_max_fen": 980, "open_from": 1320,
        "open_to": 390, "operators": ["mobile"], "field_names": {"server": "lblName1", "role": "角色"},
        "agreed_price_fen": 700, "enabled": True,
    }  # fmt: skip
    assert {name: saved[name] for name in expected} == expected
    assert "已经有这条线路了" in (await console.post(PATH, new)).text

    page = (await console.get(f"{PATH}/{route_id}")).text
    for text in ('value="9.80"', 'value="22:00"', "server=lblName1", 'value="mobile" checked'):
        assert text in page
    await console.post(PATH, {name: value for name, value in new.items() if name not in ("new", "enabled", "cost_max")})
    saved = await route(console, route_id)
    assert (saved["enabled"], saved["cost_max_fen"], saved["agreed_price_fen"]) == (False, None, 700)
    assert [line.action for line in await console.log()] == ["route:saved"] * 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"open_from": "25:00"}, "时刻写作"), ({"open_to": ""}, "时段应为"), ({"weight": "x"}, "请填写整数"),
        ({"field_names": "server"}, "每行写作"), ({"goods": "404"}, "货源没有这个商品"), ({"sku": "7"}, "请选择面值"),
        ({"supplier": "none"}, "没有这个货源"), ({"cost_max": "1.234"}, "金额写作元"),
    ],
)  # fmt: skip
async def test_a_refused_form_changes_nothing(
    console: Console, supplied: Supplied, wrong: dict[str, str], words: str
) -> None:
    new = FORM | {"new": "1", "sku": str(supplied.goods.sku_id), "supplier": "north", "goods": "999"}
    await put_on_shelf(supplied.depot, "north", some_goods("999"))
    answer = await console.post(PATH, new | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert await console.db.pool.fetchval("SELECT count(*) FROM routes") == 2
    assert await console.log() == []


async def test_a_route_is_stopped_with_a_reason_and_resumed(console: Console, supplied: Supplied) -> None:
    north, south = supplied.routes
    assert (await console.post(f"{PATH}/{north}/stop", {"reason": ""})).status_code == 422
    assert (await route(console, north))["stopped_because"] is None
    await console.post(f"{PATH}/{north}/stop", {"reason": "对方跑路"})
    told = rows((await console.get(PATH)).text)
    assert "对方跑路" in told[north]
    assert "选中" in told[south]
    assert "对方跑路" in (await console.get("/console/routes")).text
    answer = await console.post(f"{PATH}/{north}/resume")
    assert answer.headers["location"] == f"{PATH}?done=route_resumed"
    assert (await route(console, north))["stopped_because"] is None
    assert [line.action for line in await console.log()] == ["route:resumed", "route:stopped"]


async def test_a_price_is_accepted_as_it_was_seen(console: Console, supplied: Supplied) -> None:
    north, _ = supplied.routes
    await console.db.pool.execute("UPDATE supplier_goods SET price_fen = 990 WHERE number = '100'")
    await console.db.pool.execute("UPDATE routes SET stopped_because = 'price_drift' WHERE id = $1", north)
    page = (await console.get(PATH)).text
    assert "货源涨价超过容忍度" in page
    assert "接受 ¥9.00 → ¥9.90" in page
    moved = await console.post(f"{PATH}/{north}/accept", {"price": "9.50"})
    assert moved.status_code == 409
    assert "刚刚又变了" in moved.text
    assert (await route(console, north))["agreed_price_fen"] == 900
    await console.post(f"{PATH}/{north}/accept", {"price": "9.90"})
    saved = await route(console, north)
    assert (saved["agreed_price_fen"], saved["stopped_because"]) == (990, None)
    (line,) = await console.log()
    assert (line.action, line.facts["agreed_fen"]) == ("route:price_accepted", 990)


async def test_a_price_above_the_limit_needs_a_new_limit(console: Console, supplied: Supplied) -> None:
    north, _ = supplied.routes
    await console.db.pool.execute("UPDATE supplier_goods SET price_fen = 1200 WHERE number = '100'")
    answer = await console.post(f"{PATH}/{north}/accept", {"price": "12.00"})
    assert answer.status_code == 409
    assert "高于进价上限" in answer.text
    assert await console.log() == []


@pytest.mark.parametrize("path", [f"{PATH}/99", f"{PATH}/99999999999"])
async def test_what_is_not_there_is_not_found(console: Console, supplied: Supplied, path: str) -> None:
    for missing in (path, "/console/routes/none"):
        assert (await console.get(missing)).status_code == 404
    for action in ("stop", "resume", "accept"):
        answer = await console.post(f"{path}/{action}", {"reason": "x", "price": "1"})
        assert answer.status_code == 404
