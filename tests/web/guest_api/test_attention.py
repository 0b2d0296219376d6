"""An order that takes too long says in the API that staff look after it, since when, and when there is news."""

from datetime import timedelta
from typing import Any

import pytest

from kameng.attention.find_stuck import find_stuck
from kameng.kernel.clock import VirtualClock
from kameng.payment.expire import expire_orders
from tests.web.guest_api.test_resubmission import an_order, call
from tests.web.shopfront import PHONE, Shopfront

pytestmark = pytest.mark.anyio


async def looked_up(shopfront: Shopfront, path: str) -> dict[str, Any]:
    ask = {"order_no": path.removeprefix("/orders/"), "second_factor": PHONE[-4:]}
    found: dict[str, Any] = (await call(shopfront, "/lookup", ask)).json()["order"]
    return found


async def test_it_is_told_while_it_lasts(shopfront: Shopfront, clock: VirtualClock) -> None:
    path, _ = await an_order(shopfront)
    assert (await looked_up(shopfront, path))["attention"] is None
    clock.go_on(timedelta(minutes=26))
    await find_stuck(db=shopfront.db)
    told = await looked_up(shopfront, path)
    assert told["attention"]["words"] == "已转客服，正在安排处理"
    assert told["attention"]["taken_at"] is None
    assert told["attention"]["promise_at"] > told["attention"]["since"]
    assert told["timeline"][-1]["event"] == "stood_too_long"
    await expire_orders(db=shopfront.db)
    assert (await looked_up(shopfront, path))["attention"] is None
