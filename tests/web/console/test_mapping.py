"""A supplier's goods become ours, many at once: nothing before it has been seen and confirmed."""

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.roles import Role
from tests.builders.shop import a_shop
from tests.builders.supplier import put_on_shelf, some_goods
from tests.web.console.conftest import Console
from tests.web.console.supplied import Supplied, supplied_shop

pytestmark = pytest.mark.anyio

PATH = "/console/suppliers/north/map"
RULE = {"product": "goods-1", "by": "name", "percent": "10", "plus": "0", "round": "0.10", "q": "视频卡"}
SKUS = "SELECT face_value, price_fen, filled_by FROM skus WHERE id <> $1 ORDER BY face_value"


@pytest.fixture
async def supplied(console: Console, db: Database, keyring: Keyring, clock: VirtualClock) -> Supplied:
    supplied = await supplied_shop(console, await a_shop(db, keyring, clock))
    cards = (some_goods(str(n), name=f"视频卡 <{n}>", price_fen=n) for n in (501, 502))
    await put_on_shelf(supplied.depot, "north", *cards)
    await console.enter_as(Role.OPERATOR)
    return supplied


async def skus(supplied: Supplied) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await supplied.shop.db.pool.fetch(SKUS, supplied.goods.sku_id)]


async def routes(supplied: Supplied) -> int:
    count: int = await supplied.shop.db.pool.fetchval("SELECT count(*) FROM routes")
    return count


async def test_a_preview_shows_prices_and_writes_nothing(console: Console, supplied: Supplied) -> None:
    page = await console.post(PATH, RULE)
    assert page.status_code == 200
    assert "可对接 2 个，其中新面值 2 个" in page.text
    assert "视频卡 &lt;501&gt;" in page.text
    # 5.01 and 10 %, rounded up to a tenth.
    assert "¥5.60" in page.text
    assert await skus(supplied) == []
    assert await routes(supplied) == 2
    assert await console.log() == []


async def test_confirmed_they_are_skus_with_routes(console: Console, supplied: Supplied) -> None:
    answer = await console.post(PATH, RULE | {"confirmed": "1"})
    assert answer.headers["location"] == "/console/routes/goods-1?done=mapped"
    assert await skus(supplied) == [("视频卡 <501>", 560, "supplier"), ("视频卡 <502>", 560, "supplier")]
    assert await routes(supplied) == 4
    (line,) = await console.log()
    assert (line.action, line.facts["routes"], line.facts["product"]) == ("goods:mapped", 2, "goods-1")
    again = await console.post(PATH, RULE)
    assert "可对接 0 个" in again.text


async def test_only_what_was_picked_is_mapped(console: Console, supplied: Supplied) -> None:
    page = await console.get(f"{PATH}?number=502&q=")
    assert 'name="number" value="502"' in page.text
    await console.post(PATH, RULE | {"q": "", "number": "502", "operators": ["mobile", "evil"], "confirmed": "1"})
    assert [name for name, *_ in await skus(supplied)] == ["视频卡 <502>"]
    operators = await supplied.shop.db.pool.fetchval("SELECT operators FROM routes WHERE goods = '502'")
    assert operators == ["mobile"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"product": ""}, "请选择对接到哪个商品"),
        ({"percent": "-5"}, "加价百分比应为"),
        ({"percent": "NaN"}, "加价百分比应为"),
        ({"plus": "x"}, "金额写作元"),
    ],
)
async def test_a_rule_that_says_nonsense_is_refused(
    console: Console, supplied: Supplied, wrong: dict[str, str], words: str
) -> None:
    answer = await console.post(PATH, RULE | {"confirmed": "1"} | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert await skus(supplied) == []
    assert await console.log() == []
