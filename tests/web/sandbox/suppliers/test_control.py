"""The strings of an emulated supplier, pulled over HTTP as another process pulls them; its books outlive it."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from kameng.web.sandbox.suppliers.course import Course, Mixture
from kameng.web.sandbox.suppliers.serve import Staging, running_supplier
from tests.web.sandbox.suppliers.test_supplier import STAGING, place, serving

pytestmark = pytest.mark.anyio

PROGRAM = """
import sys
from pathlib import Path
from kameng.web.sandbox.suppliers.serve import Staging, serve_supplier
from kameng.web.sandbox.suppliers.wares import Ware
wares = (Ware("1001", "话费 100 元", 9_850, face_fen=100_00),)
staging = Staging({"userid": "10001", "key": "k"}, wares, books=Path(sys.argv[2]))
serve_supplier("yrapi", staging, host="127.0.0.1", port=int(sys.argv[1]))
"""


async def pulled(visitor: httpx.AsyncClient, string: str, **what: Any) -> Any:
    answer = await visitor.post(f"control/{string}", json=what)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_goods_money_and_endings_are_set_from_outside() -> None:
    async with serving() as (_, visitor):
        assert await pulled(visitor, "goods", goods=[{"number": "7", "name": "x", "price_fen": 100, "stock": 1}])
        await pulled(visitor, "change", number="7", changes={"price_fen": 200})
        assert (await visitor.post("control/change", json={"number": "9", "changes": {}})).status_code == 404
        await pulled(visitor, "course", delay_s=None)
        assert (await place(visitor, "A-1", goods="7"))["data"]["total_price"] == "2.00"
        assert (await place(visitor, "A-2", goods="7"))["errno"] == 1
        await pulled(visitor, "settle", number="A-1", ending={"state": "failed", "words": "号码异常"})
        assert (await visitor.post("control/settle", json={"number": "A-9"})).status_code == 404
        assert (await pulled(visitor, "money", fen=-100))["balance_fen"] == 100_000_00 - 100
        books = (await visitor.get("control/books")).json()
        assert [(row["number"], row["state"], row["words"]) for row in books["purchases"]] == [
            ("A-1", "failed", "号码异常")
        ]
        assert [entry["why"] for entry in books["entries"]] == ["deposit", "charge", "refund", "deposit"]
        assert sum(entry["fen"] for entry in books["entries"]) == books["balance_fen"]


async def test_misbehaviour_is_set_and_reset_from_outside() -> None:
    async with serving() as (supplier, visitor):
        await pulled(visitor, "whim", call="place", how="refuse", no="balance", times=None)
        assert (await place(visitor, "A-1"))["errmsg"].startswith("账户余额不足")
        await pulled(visitor, "chances", chances=[{"call": "query", "how": "html_502", "odds": 1.0}])
        assert (await visitor.post("yrapi.php/index/check")).status_code == 502
        await pulled(visitor, "mixture", seed=3, delay_s=[0.01, 0.02])
        courses = supplier.room.courses
        usual = [type(courses.usual)]
        await pulled(visitor, "reset", books=True)
        assert [*usual, type(courses.usual)] == [Mixture, Course]
        assert (await place(visitor, "A-1"))["errno"] == 0
        assert (await visitor.post("yrapi.php/index/check")).status_code == 200


async def test_a_mixture_goes_all_ways_and_the_same_each_time() -> None:
    mixture = Mixture(seed=5, delay_s=(1.0, 2.0), failed=0.3, partly=0.2, never=0.1)
    thrown = [[course() for _ in range(200)] for course in (mixture.courses(), mixture.courses())]
    assert thrown[0] == thrown[1]
    endings = {course.ending.state for course in thrown[0] if course.delay_s is not None}
    assert endings == {"delivered", "failed", "partly"}
    assert any(course.delay_s is None for course in thrown[0])
    assert any(course.copies == 2 for course in thrown[0])


async def test_what_was_under_way_ends_after_a_restart(tmp_path: Path) -> None:
    staging = Staging(STAGING.credentials, STAGING.wares, books=tmp_path / "books.db", usual=Course(0.3))
    async with (
        running_supplier("yrapi", staging) as supplier,
        httpx.AsyncClient(base_url=supplier.url, trust_env=False) as visitor,
    ):
        await place(visitor, "A-1")
    async with (
        running_supplier("yrapi", staging) as supplier,
        httpx.AsyncClient(base_url=supplier.url, trust_env=False) as visitor,
    ):
        while (await visitor.get("control/books")).json()["purchases"][0]["state"] == "running":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert supplier.warehouse.balance_fen == 100_000_00 - 9_850


async def test_it_runs_as_a_process_of_its_own_and_stops_when_told(tmp_path: Path, unused_port: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(unused_port), str(tmp_path / "books.db")), stderr=asyncio.subprocess.PIPE
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_port}/", trust_env=False) as visitor:
        for _ in range(400):
            try:
                await visitor.get("control/books")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
        assert (await place(visitor, "A-1"))["errno"] == 0
        process.send_signal(signal.SIGTERM)
    _, said = await process.communicate()
    assert (process.returncode, said.decode()) == (0, "")
