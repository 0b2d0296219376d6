"""An emulated supplier on a real socket: its books tell what really happened, whatever it said."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from kameng.web.sandbox.suppliers.course import Course
from kameng.web.sandbox.suppliers.emulation import Call
from kameng.web.sandbox.suppliers.serve import Running, Staging, running_supplier, running_suppliers
from kameng.web.sandbox.suppliers.wares import Ending, State, Ware
from kameng.web.sandbox.suppliers.whims import Chance, How, Whim
from tests.stand_in import says, stand_in

pytestmark = pytest.mark.anyio

WARES = (
    Ware("1001", "话费 100 元", 9_850, face_fen=100_00, account_form="1[3-9][0-9]{9}"),
    Ware("2001", "视频周卡", 800, kind="code", stock=3),
)
STAGING = Staging({"userid": "10001", "key": "k"}, WARES, pauses_s=(0.01, 0.01))


@asynccontextmanager
async def serving(staging: Staging = STAGING) -> AsyncIterator[tuple[Running, httpx.AsyncClient]]:
    async with (
        running_supplier("yrapi", staging) as supplier,
        httpx.AsyncClient(base_url=supplier.url, trust_env=False, timeout=2) as visitor,
    ):
        yield supplier, visitor


def signed(**fields: str) -> dict[str, str]:
    text = "&".join(f"{name}={value}" for name, value in sorted({**fields, "userid": "10001"}.items())) + "&apikey=k"
    return {**fields, "userid": "10001", "sign": hashlib.md5(text.encode()).hexdigest().upper()}


def ordered(number: str, url: str = "http://127.0.0.1:1/", goods: str = "1001", **more: str) -> dict[str, str]:
    return signed(out_trade_num=number, product_id=goods, mobile="13800000000", notify_url=url, **more)


async def place(visitor: httpx.AsyncClient, number: str, **more: str) -> dict[str, Any]:
    said: dict[str, Any] = (await visitor.post("yrapi.php/index/recharge", data=ordered(number, **more))).json()
    return said


async def test_an_order_is_taken_charged_and_called_back_once() -> None:
    async with stand_in(lambda _: says("success")) as shop, serving() as (supplier, visitor):
        assert (await place(visitor, "A-1", url=shop.url))["errno"] == 0
        await supplier.room.courier.quiet()
        (heard,) = shop.heard
        assert (heard.fields["out_trade_num"], heard.fields["state"]) == ("A-1", "1")
        books = (await visitor.get("control/books?number=A-1")).json()
        assert [(p["state"], p["cost_fen"], p["delivered"]) for p in books["purchases"]] == [
            ("delivered", 9_850, 100_00)
        ]
        assert [entry["fen"] for entry in books["entries"]] == [-9_850]
        assert books["balance_fen"] == 100_000_00 - 9_850


async def test_a_number_is_taken_once() -> None:
    async with serving() as (supplier, visitor):
        for _ in range(2):
            said = await place(visitor, "A-1")
        assert said["errno"] == 1
        assert len(supplier.warehouse.everything()["purchases"]) == 1


async def test_money_comes_back_for_what_did_not_arrive() -> None:
    async with serving() as (supplier, visitor):
        supplier.room.courses.usual = Course(None, silent=True)
        endings = {
            "A-1": Ending(State.FAILED),
            "A-2": Ending(State.PARTLY, delivered=30_00),
            "A-3": Ending(State.FAILED, refunds=False),
        }
        for number, ending in endings.items():
            await place(visitor, number)
            purchase = supplier.warehouse.find(number=number)
            assert purchase
            supplier.room.settle(purchase, ending)
        rows = supplier.warehouse.everything()["purchases"]
        assert [(row["delivered"], row["refund_fen"]) for row in rows] == [(0, 9_850), (30_00, 6_895), (0, 0)]


async def test_codes_are_drawn_from_stock_and_never_twice() -> None:
    async with serving() as (supplier, visitor):
        answers = [await place(visitor, f"A-{n}", goods="2001") for n in range(4)]
        assert [said["errno"] for said in answers] == [0, 0, 0, 1]
        codes = supplier.warehouse.everything()["codes"]
        assert len({code["password"] for code in codes}) == 3
        assert supplier.warehouse.ware("2001").stock == 0


@pytest.mark.parametrize("how", list(How))
async def test_what_was_done_is_in_the_books_whatever_is_said(how: How) -> None:
    async with serving() as (supplier, visitor):
        supplier.room.whims.add(Call.PLACE, Whim(how, seconds=0.05))
        try:
            await visitor.post("yrapi.php/index/recharge", data=ordered("A-1"))
        except httpx.RemoteProtocolError:
            assert how in {How.DROP, How.CUT_OFF, How.NOT_DONE_DROP}
        done = how not in {How.REFUSE, How.NOT_DONE_502, How.NOT_DONE_DROP, How.NOT_DONE_HANG}
        assert len(supplier.warehouse.everything()["purchases"]) == done
        assert (await place(visitor, "A-2"))["errno"] == 0


async def test_orders_end_by_themselves_and_callbacks_repeat_until_heard() -> None:
    answers = iter([says("fail"), says("", status="500 No"), says("success"), says("success")])
    async with stand_in(lambda _: next(answers)) as shop, serving() as (supplier, visitor):
        supplier.room.courses.add(Course(0.05, Ending(State.FAILED, words="号码异常")))
        await place(visitor, "A-1", url=shop.url)
        assert supplier.warehouse.everything()["purchases"][0]["state"] == "running"
        while supplier.room.courier.tally.acknowledged == 0:
            await supplier.room.courier.quiet()
            await visitor.get("control/books")
        assert len(shop.heard) == 3
        assert shop.heard[0].fields["remark"] == "号码异常"


async def test_callbacks_are_held_forged_and_sent_astray() -> None:
    async with stand_in(lambda _: says("success")) as shop, serving() as (_, visitor):
        await visitor.post("control/course", json={"hold": True})
        for number in ("A-1", "A-2"):
            await place(visitor, number, url=f"{shop.url}{number}")
        await visitor.post("control/release", json={"newest_first": True})
        await visitor.post("control/callback", json={"number": "A-1", "credentials": {"key": "wrong"}})
        await visitor.post("control/callback", json={"number": "A-1", "changes": {"state": 2}})
        await visitor.post("control/callback", json={"number": "A-1", "to_number": "A-2"})
        assert [heard.path for heard in shop.heard] == ["/A-2", "/A-1", "/A-1", "/A-1", "/A-2"]
        forms = [dict(parse_qsl(heard.body)) for heard in shop.heard]
        genuine, wrong_key, changed = forms[1], forms[2], forms[3]
        assert wrong_key["sign"] != genuine["sign"]
        assert changed == genuine | {"state": "2"}
        assert forms[4] == genuine


async def test_several_stand_under_their_names_and_chance_is_the_same_each_time() -> None:
    async with (
        running_suppliers({"yrapi": STAGING}) as suppliers,
        httpx.AsyncClient(base_url=suppliers["yrapi"].url, trust_env=False) as visitor,
    ):
        assert suppliers["yrapi"].url.endswith("/yrapi/")
        seen = []
        for _ in range(2):
            suppliers["yrapi"].room.whims.leave_to_chance(Chance(Call.PLACE, How.HTML_502, 0.5), seed=7)
            answers = [await visitor.post("yrapi.php/index/recharge", data=ordered(f"A-{n}")) for n in range(8)]
            seen.append([answer.status_code for answer in answers])
        assert seen[0] == seen[1]
        assert set(seen[0]) == {200, 502}
