"""Troubles declared and ended by hand, rules of buying ahead, and cards taken out of sale."""

from datetime import UTC, date, datetime

import pytest

from kameng.staff.roles import Role
from tests.web.console.conftest import Console
from tests.web.console.shop import CODES, Shop
from tests.web.console.things import things_of_suppliers

pytestmark = pytest.mark.anyio

WHY = {"reason": "对方公告维护"}
TROUBLE = WHY | {"supplier": "south", "kind": "silent", "operator": "unicom", "province": "江苏"}


@pytest.fixture
async def things(console: Console, shop: Shop) -> dict[str, object]:
    await console.enter_as(Role.OPERATOR)
    return await things_of_suppliers(console.db, shop.sku_id, code="south")


async def test_a_trouble_is_declared_by_hand(console: Console, things: dict[str, object]) -> None:
    answer = await console.post("/console/troubles", TROUBLE | {"expected_until": "2026-11-22T18:00"})
    assert answer.headers["location"] == "/console/troubles?done=trouble_declared"
    row = await console.db.pool.fetchrow("SELECT * FROM troubles ORDER BY id DESC LIMIT 1")
    assert row is not None
    assert (row["kind"], row["operator"], row["province"], row["opened_by"]) == (
        "silent", "unicom", "江苏", "staff:operator",
    )  # fmt: skip
    assert row["expected_until"] == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    page = (await console.get("/console/troubles")).text
    for text in ("没有回音", "中国联通", "江苏", "对方公告维护", "operator"):
        assert text in page
    again = await console.post("/console/troubles", TROUBLE)
    assert again.status_code == 409
    assert [line.action for line in await console.log()] == ["trouble:declared"]


@pytest.mark.parametrize(
    "wrong",
    [{"supplier": "none"}, {"kind": "odd"}, {"operator": "odd"}, {"reason": ""}, {"expected_until": "tomorrow"},
     {"expected_until": "2020-01-01T00:00"}, {"province": "苏" * 50}],
)  # fmt: skip
async def test_nonsense_declares_nothing(console: Console, things: dict[str, object], wrong: dict[str, str]) -> None:
    assert (await console.post("/console/troubles", TROUBLE | wrong)).status_code == 422
    assert await console.db.pool.fetchval("SELECT count(*) FROM troubles") == 1
    assert await console.log() == []


async def test_a_trouble_is_ended_with_a_reason(console: Console, things: dict[str, object]) -> None:
    path = f"/console/troubles/{things['trouble']}/end"
    assert (await console.post(path, {"reason": " "})).status_code == 422
    assert (await console.post(path, WHY)).status_code == 303
    row = await console.db.pool.fetchrow("SELECT closed_at, closed_by FROM troubles")
    assert row is not None
    assert row["closed_by"] == "staff:operator"
    page = (await console.get("/console/troubles")).text
    assert "没有故障。" in page
    assert "最近 14 天" in page
    assert (await console.post(path, WHY)).status_code == 404
    assert [line.action for line in await console.log()] == ["trouble:ended"]


async def test_a_rule_is_kept_shown_and_dropped(console: Console, things: dict[str, object], shop: Shop) -> None:
    rule = {"sku": str(shop.sku_id), "level_min": "3", "level_max": "9", "budget": "88.80", "enabled": "on"}
    assert (await console.post("/console/restock", rule)).status_code == 303
    page = (await console.get("/console/restock")).text
    assert "3 → 9" in page
    assert "¥88.80" in page
    for wrong in ({"level_max": "1"}, {"budget": ""}, {"sku": "99"}, {"level_min": "x"}):
        assert (await console.post("/console/restock", rule | wrong)).status_code == 422
    assert await console.db.pool.fetchval("SELECT level_max FROM restock_rules") == 9
    await console.post(f"/console/restock/{shop.sku_id}/drop")
    assert "还没有规则" in (await console.get("/console/restock")).text
    assert [line.action for line in await console.log()] == ["restock:dropped", "restock:saved"]


async def available(console: Console) -> int:
    count: int = await console.db.pool.fetchval("SELECT count(*) FROM cards WHERE state = 'available'")
    return count


async def test_a_batch_is_withdrawn_once_that_is_confirmed(console: Console, things: dict[str, object]) -> None:
    path = "/console/stock/batches/1"
    assert "下架这一批的卡密" in (await console.get(path)).text
    for wrong in (WHY, {"confirmed": "on"}, {}):
        assert (await console.post(f"{path}/withdraw", wrong)).status_code == 422
    assert await available(console) == len(CODES)
    answer = await console.post(f"{path}/withdraw", WHY | {"confirmed": "on"})
    assert answer.headers["location"] == "/console/stock?done=withdrawn"
    assert await available(console) == 0
    (line,) = await console.log()
    assert (line.action, line.subject, line.facts) == ("stock:withdrawn", "batch:1", WHY)
    assert (await console.post("/console/stock/batches/99/withdraw", WHY | {"confirmed": "on"})).status_code == 404


async def test_what_has_expired_is_withdrawn(console: Console, things: dict[str, object]) -> None:
    assert "下架已过期的卡密" not in (await console.get("/console/stock")).text
    await console.db.pool.execute("UPDATE cards SET expires_on = $1 WHERE id = 1", date(2026, 11, 1))
    assert "下架已过期的卡密" in (await console.get("/console/stock")).text
    await console.post("/console/stock/withdraw-expired", WHY | {"confirmed": "on"})
    assert await available(console) == len(CODES) - 1
