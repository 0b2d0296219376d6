"""An order on its way, as its page and the API tell of it."""

from datetime import timedelta

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.supply.declare_trouble import TroubleDraft, declare_trouble
from kameng.supply.troubles import Place, TroubleKind
from tests.builders.attempts import Attempts, Ending
from tests.web.shopfront import PHONE, Shopfront

pytestmark = pytest.mark.anyio

ON_ITS_WAY = """
WITH told AS (
    INSERT INTO order_events (order_id, event, from_state, to_state, actor_kind, at)
    VALUES ($1, 'delivery_started', 'paid', 'delivering', 'system', $2)
)
UPDATE orders SET state = 'delivering' WHERE id = $1
"""


@pytest.fixture
async def order_no(shopfront: Shopfront) -> str:
    """Half a minute on its way, by a supplier of whom nothing is known."""
    attempts = Attempts(shopfront.db)
    supplier_id = await attempts.supplier("secret-name")
    order_no = await shopfront.ordered()
    now = shopfront.db.clock.now()
    await shopfront.db.pool.execute(ON_ITS_WAY, int(order_no[:18]), now)
    await attempts.route(shopfront.sku_id, supplier_id)
    await attempts.attempt(
        shopfront.sku_id, supplier_id, now - timedelta(seconds=30), ending=Ending("placed"),
        place=(None, None), order_id=int(order_no[:18]),
    )  # fmt: skip
    return order_no


async def test_the_page_says_what_is_known_and_what_stands_in_the_way(shopfront: Shopfront, order_no: str) -> None:
    page = (await shopfront.get(f"/orders/{order_no}")).text
    assert "新线路，暂无足够数据；一般" in page
    assert 'data-known="no"' in page
    assert "data-trouble" not in page
    await declare_trouble(db=shopfront.db, draft=TroubleDraft(Place(1), TroubleKind.SLOW, "wang"))
    page = (await shopfront.get(f"/orders/{order_no}")).text
    assert "王者荣耀点券卡处理缓慢，预计 15:00 恢复。" in " ".join(page.split())
    assert "不会重复提交" in page
    assert "secret-name" not in page
    english = (await shopfront.get(f"/orders/{order_no}?lang=en")).text
    assert "is slow at the moment" in english


async def test_whoever_waits_too_long_is_not_told_otherwise(shopfront: Shopfront, order_no: str) -> None:
    assert isinstance(shopfront.db.clock, VirtualClock)
    shopfront.db.clock.go_on(timedelta(hours=6))
    page = (await shopfront.get(f"/orders/{order_no}")).text
    assert "比平时慢" in page
    assert 'class="arrival late"' in page
    shopfront.db.clock.go_on(timedelta(days=3))
    page = (await shopfront.get(f"/orders/{order_no}")).text
    assert "暂时无法预计" in page


async def test_the_api_tells_the_same(shopfront: Shopfront, order_no: str) -> None:
    await declare_trouble(db=shopfront.db, draft=TroubleDraft(Place(1), TroubleKind.FAILING, "wang"))
    asked = {"order_no": order_no, "second_factor": PHONE[-4:]}
    order = (await shopfront.client.post("/api/v1/lookup", json=asked)).json()["order"]
    assert order["arrival"].startswith("新线路")
    outlook = order["outlook"]
    assert outlook["about_s"] > 0
    assert (outlook["is_known"], outlook["is_late"]) == (False, False)
    (trouble,) = outlook["troubles"]
    assert (trouble["kind"], trouble["effect"]) == ("failing", "here")
