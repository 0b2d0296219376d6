"""Suppliers, routes and rules on the command line, against a supplier that speaks over HTTP."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from kameng.web.sandbox.suppliers.serve import Staging, running_supplier
from kameng.web.sandbox.suppliers.wares import Ware
from tests.builders.command_line import Kameng, read

KEY = "kasushou-k3y-nobody-may-see"
WARES = (
    Ware("4", "点卡 10 元", 970, kind="code", stock=50, category="点卡"),
    Ware("5", "点卡 20 元", 1_940, kind="code", category="点卡"),
    Ware("6", "<b>点卡</b> 30 元", 2_900, kind="code", category="点卡"),
    Ware("9", "视频会员月卡直充", 1_350, category="视频"),
)


@pytest.fixture
def supplier_url() -> Iterator[str]:
    """A supplier at work in a loop of its own: the commands run theirs."""
    started, stop, urls = threading.Event(), asyncio.Event(), []
    loop = asyncio.new_event_loop()

    async def play() -> None:
        async with running_supplier("kasushou", Staging({"userid": "shop", "key": KEY}, WARES)) as running:
            urls.append(running.url)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[play()])
    thread.start()
    started.wait(30)
    yield urls[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()


@pytest.fixture
def synced(kameng: Kameng, supplier_url: str) -> Kameng:
    added = kameng(
        "supplier", "add", "north", "--name", "北方", "--protocol", "kasushou", "--balance-low", "500",
        "--set", f"base_url={supplier_url}", "--set", "userid=shop", "--secret", "key", typed=f"{KEY}\n",
    )  # fmt: skip
    assert (added.exit_code, "/callbacks/suppliers/north" in added.output) == (0, True), added.output
    assert KEY not in added.output
    synced = kameng("supplier", "sync", "north")
    assert synced.exit_code == 0, synced.output
    assert "3 goods on sale" in synced.output
    assert "can't be taken: 6:" in synced.output
    return kameng


def test_goods_are_read_looked_through_and_mapped(synced: Kameng, sku_id: int, database_url: str) -> None:
    listed = synced("supplier", "list")
    assert "north" in listed.output
    assert "balance ¥100000.00" in listed.output
    found = synced("supplier", "goods", "north", "--containing", "点卡")
    assert [line.split()[0] for line in found.output.splitlines()] == ["4", "5"]
    asked = ("supplier", "map", "north", "q-coin", "--percent", "3", "--round", "0.1")
    shown = synced(*asked)
    assert "2 of 3 goods can be mapped. Nothing was written" in shown.output
    assert read(database_url, "SELECT count(*) FROM routes") == [(0,)]
    assert "2 routes saved." in synced(*asked, "--yes").output
    assert read(
        database_url,
        "SELECT s.face_value, s.price_fen, r.goods FROM skus s JOIN routes r ON r.sku_id = s.id ORDER BY r.goods",
    ) == [("点卡 10 元", 1_000, "4"), ("点卡 20 元", 2_000, "5")]
    assert synced("supplier", "goods", "north", "--new", "--containing", "点卡").output == ""


def test_routes_are_added_stopped_and_let_go_on(synced: Kameng, sku_id: int) -> None:
    added = synced(
        "route", "add", str(sku_id), "north", "4", "--cost-max", "9.8", "--open", "22:00-06:00", "--weight", "3",
        "--operator", "mobile", "--field", "server=lblName1",
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    route_id = added.output.split()[-1].rstrip(".")
    assert "点卡 10 元 ¥9.70 (agreed ¥9.70), 50 left" in synced("route", "list", "--supplier", "north").output
    assert synced("route", "stop", route_id, "--why", "投诉").exit_code == 0
    assert "stopped: staff: 投诉" in synced("route", "list", "--stopped").output
    assert "It goes on." in synced("route", "resume", route_id).output
    assert "Agreed to ¥9.70." in synced("route", "accept", route_id).output
    refused = synced("route", "accept", route_id, "--cost-max", "9.6")
    assert (refused.exit_code, "9.70 元高于进价上限 9.60 元" in refused.output) == (1, True)


@pytest.mark.parametrize(
    "wrong", [("--open", "25:00-26:00"), ("--cost-max", "a lot"), ("--weight", "2000"), ("--operator", "移动")]
)
def test_a_route_that_cannot_be_is_refused(synced: Kameng, sku_id: int, database_url: str, wrong: tuple[str]) -> None:
    assert synced("route", "add", str(sku_id), "north", "4", *wrong).exit_code != 0
    assert read(database_url, "SELECT id FROM routes") == []


def test_rules_for_buying_ahead(kameng: Kameng, sku_id: int) -> None:
    asked = ("restock", "set", str(sku_id), "--min", "5", "--max", "20")
    assert kameng(*asked, "--budget", "0").exit_code == 1
    assert kameng(*asked, "--budget", "300").exit_code == 0
    assert "5–20, ¥300.00 a day  on" in kameng("restock", "list").output
    assert kameng("restock", "drop", str(sku_id)).exit_code == 0
    assert kameng("restock", "drop", str(sku_id)).exit_code == 1


def test_a_supplier_that_lacks_something_is_refused_by_name(kameng: Kameng, database_url: str) -> None:
    result = kameng("supplier", "add", "north", "--name", "北方", "--protocol", "kasushou", "--set", "userid=1")
    assert (result.exit_code, "base_url" in result.output) == (1, True)
    assert read(database_url, "SELECT code FROM suppliers") == []
