import base64
import hashlib
import json
import re
from html import unescape

import pytest

from tests.web.shopfront import PHONE, Shopfront

pytestmark = pytest.mark.anyio


async def test_number_and_tail_lead_to_the_order(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    shopfront.client.cookies.clear()
    typed = f"{order_no[:4]}-{order_no[4:10]} {order_no[10:]}"
    answer = await shopfront.post("/q", {"order_no": typed, "second_factor": "８０００"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/orders/{order_no}")
    assert "待支付" in (await shopfront.get(f"/orders/{order_no}")).text


async def test_a_slip_of_the_keyboard_is_corrected_and_said(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    typed = order_no[:-3] + order_no[-2:]
    answer = await shopfront.post("/q", {"order_no": typed, "second_factor": PHONE[-4:]})
    assert answer.headers["location"] == f"/orders/{order_no}?typed={typed}"
    page = await shopfront.get(answer.headers["location"])
    assert f"您输入的是 {typed}" in page.text


async def test_an_email_address_is_the_second_factor_where_it_was_given(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered(contact="Buyer@Example.com")
    answer = await shopfront.post("/q", {"order_no": order_no, "second_factor": "buyer@example.com"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("order_no", "second_factor", "words"),
    [
        ("", "8000", "请填写订单号"),
        ("123", "8000", "订单号不对"),
        ("26112214305512345607", "", "请填写手机号后四位"),
        ("26112214305512345607", "80", "请填写手机号后四位、完整手机号"),
        ("26112214305512345607", "a@b", "完整邮箱"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    shopfront: Shopfront, order_no: str, second_factor: str, words: str
) -> None:
    page = await shopfront.post("/q", {"order_no": order_no, "second_factor": second_factor})
    assert page.status_code == 422
    assert words in page.text


async def test_an_unknown_number_and_a_wrong_tail_read_the_same(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    shopfront.client.cookies.clear()
    wrong_tail = await shopfront.post("/q", {"order_no": order_no, "second_factor": "1234"})
    await shopfront.db.pool.execute("TRUNCATE orders, order_events CASCADE")
    unknown = await shopfront.post("/q", {"order_no": order_no, "second_factor": "1234"})
    plain = re.compile(r'value="[0-9a-f]{128}"')
    assert wrong_tail.status_code == unknown.status_code == 404
    assert plain.sub("", wrong_tail.text) == plain.sub("", unknown.text)


async def test_after_some_misses_a_proof_of_work_is_asked_for_and_accepted(shopfront: Shopfront) -> None:
    order_no = await shopfront.ordered()
    typed = {"order_no": order_no, "second_factor": "1234"}
    pages = [await shopfront.post("/q", typed) for _ in range(4)]
    assert [page.status_code for page in pages] == [404, 404, 404, 429]
    challenge = re.search(r'data-challenge="([^"]+)"', pages[-1].text)
    assert challenge is not None
    right = {"order_no": order_no, "second_factor": PHONE[-4:]}
    assert (await shopfront.post("/q", right)).status_code == 429
    proof = solved(json.loads(unescape(challenge[1])))
    assert (await shopfront.post("/q", {**right, "proof": proof})).status_code == 303
    assert (await shopfront.post("/q", {**right, "proof": proof})).status_code == 429


def solved(challenge: dict[str, object]) -> str:
    """What the page's worker does."""
    for number in range(int(str(challenge["maxnumber"])) + 1):
        if hashlib.sha256(f"{challenge['salt']}{number}".encode()).hexdigest() == challenge["challenge"]:
            answer = {**challenge, "number": number}
            answer.pop("maxnumber")
            return base64.b64encode(json.dumps(answer).encode()).decode()
    raise AssertionError(challenge)
