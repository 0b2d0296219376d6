"""The public page of all lines, and the same for programs: generated from what happened, and silent about suppliers."""

from datetime import timedelta

import pytest

from kameng.arrivals.learn_arrivals import learn_arrivals
from kameng.kernel.clock import VirtualClock
from kameng.supply.declare_trouble import TroubleDraft, declare_trouble, end_trouble
from kameng.supply.troubles import Place, TroubleKind
from tests.builders.attempts import Attempts, Ending
from tests.web.shopfront import Shopfront

pytestmark = pytest.mark.anyio

PHONE_FORM = """UPDATE products SET form = '[{"name": "account", "kind": "phone"}]' WHERE slug = 'mobile'"""


class Lines:
    """Two suppliers; phone credit from both, a game from the first alone."""

    def __init__(self, shopfront: Shopfront) -> None:
        self.shopfront = shopfront
        self.db = shopfront.db
        self.attempts = Attempts(shopfront.db)

    async def open(self) -> None:
        self.alpha = await self.attempts.supplier("alpha-secret-name")
        self.beta = await self.attempts.supplier("beta-secret-name")
        self.mobile, _ = await self.attempts.sku("mobile", "全国话费")
        self.game, _ = await self.attempts.sku("game", "王者点券直充")
        await self.db.pool.execute(PHONE_FORM)
        for sku_id, supplier_id in ((self.mobile, self.alpha), (self.mobile, self.beta), (self.game, self.alpha)):
            await self.attempts.route(sku_id, supplier_id)

    async def trouble(self, supplier_id: int, kind: TroubleKind, operator: str = "", province: str = "") -> int:
        place = Place(supplier_id, operator, province)
        trouble_id = await declare_trouble(db=self.db, draft=TroubleDraft(place, kind, "wang"))
        self.pass_by()
        return trouble_id

    def pass_by(self, **time: float) -> None:
        assert isinstance(self.db.clock, VirtualClock)
        self.db.clock.go_on(timedelta(**(time or {"seconds": 6})))

    async def states(self) -> dict[str, str]:
        answer = (await self.shopfront.get("/api/v1/status")).json()
        return {line["product_name"]: line["state"] for line in answer["lines"]}


@pytest.fixture
async def lines(shopfront: Shopfront) -> Lines:
    lines = Lines(shopfront)
    await lines.open()
    return lines


async def test_without_suppliers_there_is_nothing_to_worry_about(shopfront: Shopfront) -> None:
    page = await shopfront.get("/status")
    assert page.status_code == 200
    assert "全部由本站库存即时发货" in page.text
    home = await shopfront.get("/")
    assert 'href="/status"' in home.text


async def test_all_is_well(lines: Lines) -> None:
    page = await lines.shopfront.get("/status")
    assert "全部线路正常" in page.text
    assert page.text.count('data-state="fine"') == 2
    assert "今天还没有到账的订单" in page.text
    english = await lines.shopfront.get("/status?lang=en")
    assert "All lines are fine" in english.text


async def test_trouble_that_others_take_over_is_told_as_such(lines: Lines) -> None:
    await lines.trouble(lines.alpha, TroubleKind.FAILING, "mobile", "广东")
    assert await lines.states() == {"全国话费": "rerouted", "王者点券直充": "fine"}
    page = (await lines.shopfront.get("/status")).text
    assert "中国移动（广东）近期失败较多" in page
    assert "恢复" in page


async def test_trouble_that_nobody_takes_over_is_told_as_such(lines: Lines) -> None:
    await lines.trouble(lines.alpha, TroubleKind.SILENT)
    assert await lines.states() == {"全国话费": "rerouted", "王者点券直充": "down"}
    await lines.trouble(lines.beta, TroubleKind.FAILING, "mobile")
    assert (await lines.states())["全国话费"] == "partly_down"
    page = (await lines.shopfront.get("/status")).text
    assert "部分商品暂时不能到账" in page
    answer = (await lines.shopfront.get("/api/v1/status")).json()
    assert answer["state"] == "down"
    assert {trouble["kind"] for trouble in answer["troubles"]} == {"silent", "failing"}


async def test_slow_is_slow_only_where_nothing_else_is_left(lines: Lines) -> None:
    await lines.trouble(lines.alpha, TroubleKind.SLOW)
    assert await lines.states() == {"全国话费": "rerouted", "王者点券直充": "slow"}


async def test_nobody_learns_who_the_suppliers_are(lines: Lines) -> None:
    trouble_id = await lines.trouble(lines.alpha, TroubleKind.FAILING)
    for path in ("/status", "/status?lang=en", "/api/v1/status"):
        assert "secret-name" not in (await lines.shopfront.get(path)).text
    await end_trouble(db=lines.db, trouble_id=trouble_id, login="wang")
    lines.pass_by()
    for path in ("/status", "/api/v1/status"):
        text = (await lines.shopfront.get(path)).text
        assert "secret-name" not in text
        assert "supplier" not in text


async def test_the_history_says_which_days_were_bad_and_keeps_it_for_ninety(lines: Lines) -> None:
    trouble_id = await lines.trouble(lines.alpha, TroubleKind.FAILING)
    lines.pass_by(minutes=30)
    await end_trouble(db=lines.db, trouble_id=trouble_id, login="wang")
    lines.pass_by(days=1)
    game = (await lines.shopfront.get("/api/v1/status")).json()["lines"][1]
    assert len(game["days"]) == 90
    assert game["days"][-2:] == ["faulty", "quiet"]
    page = (await lines.shopfront.get("/status")).text
    assert "90 天内 1 天有故障" in page
    assert "持续 31 分钟" in page
    lines.pass_by(days=90)
    answer = (await lines.shopfront.get("/api/v1/status")).json()
    assert answer["past_troubles"] == []
    assert set(answer["lines"][1]["days"]) == {"quiet"}


async def test_how_fast_it_is_today_comes_from_todays_orders(lines: Lines) -> None:
    order_no = await lines.shopfront.ordered()
    now = lines.db.clock.now()
    await lines.attempts.attempt(
        lines.mobile, lines.alpha, now, ending=Ending(after=timedelta(seconds=90)), order_id=int(order_no[:18])
    )
    lines.pass_by(minutes=10)
    await learn_arrivals(db=lines.db)
    page = (await lines.shopfront.get("/status")).text
    assert "今天 1 单，到账时间中位数 2 分钟" in page
    answer = (await lines.shopfront.get("/api/v1/status")).json()
    line = next(one for one in answer["lines"] if one["product_name"] == "全国话费")
    assert (line["delivered_today"], line["median_s"]) == (1, 90)
    assert line["days"][-1] == "fine"


async def test_it_is_read_at_most_every_few_seconds(lines: Lines) -> None:
    before = await lines.states()
    await declare_trouble(db=lines.db, draft=TroubleDraft(Place(lines.alpha), TroubleKind.FAILING, "wang"))
    assert await lines.states() == before
    lines.pass_by()
    assert await lines.states() != before
