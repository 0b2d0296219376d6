import pytest

from kameng.aftersales.save_answer import save_answer
from kameng.cli.demo_answers import ANSWERS
from kameng.kernel.database import Database
from tests.web.shopfront import Shopfront
from tests.web.storefront.test_case import bought

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def answers(db: Database) -> None:
    async with db.transaction() as tx:
        for draft in ANSWERS:
            await save_answer(tx, draft)


async def test_all_answers_and_those_that_are_looked_for(shopfront: Shopfront) -> None:
    page = (await shopfront.get("/help")).text
    assert all(draft.question in page for draft in ANSWERS)
    found = (await shopfront.get("/help", params={"q": "卡密用不了"})).text
    assert "卡密无效怎么办？" in found
    assert "忘记订单号怎么办？" not in found


async def test_what_is_not_found_is_said_and_shown_as_text(shopfront: Shopfront) -> None:
    page = (await shopfront.get("/help", params={"q": "<b>zzqq</b>"})).text
    assert "没有找到" in page
    assert "&lt;b&gt;zzqq&lt;/b&gt;" in page
    assert "<b>zzqq" not in page
    assert all(draft.question in page for draft in ANSWERS)


async def test_whatever_is_typed_is_answered(shopfront: Shopfront) -> None:
    for typed in ("%00", "a" * 500, "%25", "😀", "''"):
        assert (await shopfront.get("/help", params={"q": typed})).status_code == 200
    assert (await shopfront.get("/help", params={"q": "a" * 501})).status_code == 422


async def test_in_english_answers_are_english(shopfront: Shopfront) -> None:
    page = (await shopfront.get("/help?lang=en")).text
    assert "What if a code is invalid?" in page
    assert "卡密无效怎么办？" not in page


async def test_an_orders_page_has_the_answers_for_its_state(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    unpaid = (await shopfront.get(f"/orders/{order_no}")).text
    assert "付了款，订单还显示待支付？" in unpaid
    assert "卡密无效怎么办？" not in unpaid
    delivered = (await shopfront.get(f"/orders/{await bought(shopfront)}")).text
    assert "卡密无效怎么办？" in delivered
    assert "付了款，订单还显示待支付？" not in delivered
