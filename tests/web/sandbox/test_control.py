"""The strings behind the stage."""

import pytest

from kameng.web.sandbox.behaviour import How
from tests.web.sandbox.conftest import MERCHANT, REFERENCE, Scene

pytestmark = pytest.mark.anyio


async def test_paying_by_hand_says_what_the_shop_answered(scene: Scene) -> None:
    await scene.ordered()
    said = await scene.pulled("pay", out_trade_no=REFERENCE, money="5.00", notify_money="7.00", wait=True)
    assert said["paid_fen"] == 500
    assert said["notified"] == [{"status": 200, "said": "success"}]
    assert [h.fields["money"] for h in scene.shop.heard] == ["7.00"]


async def test_nobody_can_pay_what_nobody_asked_for(scene: Scene) -> None:
    assert (await scene.visitor.post("control/pay", json={"out_trade_no": "P1"})).status_code == 404
    assert (await scene.visitor.post("control/pay", json={})).status_code == 400
    await scene.ordered()
    wrong = {"out_trade_no": REFERENCE, "money": "much"}
    assert (await scene.visitor.post("control/pay", json=wrong)).status_code == 400
    assert await scene.paid() == []


async def test_held_notifies_are_sent_in_the_order_asked_for(scene: Scene) -> None:
    await scene.ordered()
    await scene.pulled("notify", hold=True)
    numbers = [(await scene.pulled("pay", out_trade_no=REFERENCE))["trade_no"] for _ in range(3)]
    assert scene.shop.heard == []
    await scene.pulled("release", newest_first=True)
    assert [h.fields["trade_no"] for h in scene.shop.heard] == numbers[::-1]
    await scene.pulled("release")
    assert len(scene.shop.heard) == 3


async def test_a_notify_can_be_sent_again_by_hand(scene: Scene) -> None:
    await scene.ordered()
    assert (await scene.visitor.post("control/notice", json={"out_trade_no": REFERENCE})).status_code == 404
    await scene.pulled("notify", silent=True)
    await scene.pulled("pay", out_trade_no=REFERENCE)
    assert scene.shop.heard == []
    scene.answers = ["fail"]
    assert await scene.pulled("notice", out_trade_no=REFERENCE) == {"status": 200, "said": "fail"}
    assert MERCHANT.wrote(scene.shop.heard[0].fields)


async def test_the_notices_are_on_record(scene: Scene) -> None:
    await scene.ordered()
    scene.answers = ["fail"]
    await scene.pulled("pay", out_trade_no=REFERENCE, wait=True)
    rows = (await scene.visitor.get("control/notices")).json()
    assert [(row["out_trade_no"], row["money"], row["status"], row["said"]) for row in rows] == [
        (REFERENCE, "12.34", 200, "fail")
    ]
    assert (await scene.books())["notices"] == {"sent": 1, "acknowledged": 0, "given_up": 0}


async def test_books_of_one_reference(scene: Scene) -> None:
    for reference in ("P1", "P2"):
        await scene.ordered(out_trade_no=reference)
        await scene.pulled("pay", out_trade_no=reference, wait=True)
    books = (await scene.visitor.get("control/books", params={"out_trade_no": "P2"})).json()
    assert [row["out_trade_no"] for row in books["orders"] + books["payments"]] == ["P2", "P2"]


async def test_reset_makes_it_proper_again(scene: Scene) -> None:
    await scene.ordered()
    await scene.pulled("behaviour", call="mapi", how="refuse", times=None)
    assert (await scene.visitor.post("mapi.php", data=scene.order())).json()["code"] == -1
    await scene.pulled("reset", books=True)
    assert (await scene.books())["orders"] == []
    assert (await scene.visitor.post("mapi.php", data=scene.order())).json()["code"] == 1


async def test_behaviours_come_in_turn_and_the_last_stays(scene: Scene) -> None:
    await scene.pulled("behaviour", call="mapi", how="refuse", times=2)
    await scene.pulled("behaviour", call="mapi", how="html_200", times=None)
    answers = [(await scene.visitor.post("mapi.php", data=scene.order())).text[:1] for _ in range(4)]
    assert answers == ["{", "{", "<", "<"]
    await scene.pulled("behaviour", call="mapi", how="proper", times=None)
    assert (await scene.visitor.post("mapi.php", data=scene.order())).json()["code"] == 1


@pytest.mark.parametrize("how", [how for how in How if how not in {How.CUT_OFF, How.HANG, How.SLOW, How.NOT_DONE_HANG}])
async def test_every_behaviour_answers_every_call(scene: Scene, how: How) -> None:
    await scene.ordered()
    for call in ("mapi", "order", "refund", "merchant"):
        await scene.pulled("behaviour", call=call, how=how)
    assert (await scene.visitor.post("mapi.php", data=scene.order())).status_code in {200, 302, 502}
    access = {"pid": "1001", "key": "sandbox-key", "out_trade_no": REFERENCE}
    for act in ("order", "refund", "query"):
        answer = await scene.visitor.get("api.php", params=access | {"act": act})
        assert answer.status_code in {200, 302, 502}
