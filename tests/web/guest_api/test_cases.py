"""After-sales through the API: the owner's token opens it, a lookup's does not."""

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from kameng.aftersales.save_answer import save_answer
from kameng.cli.demo_answers import ANSWERS
from kameng.kernel.crypto import Keyring
from tests.builders.cases import a_picture
from tests.web.guest_api.test_guest_api import API, call, placed
from tests.web.shopfront import PHONE, Shopfront
from tests.web.storefront.test_case import answered, solved

pytestmark = pytest.mark.anyio


async def read(shopfront: Shopfront, path: str, token: str = "") -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer: httpx.Response = await shopfront.client.get(API + path, headers=headers)
    return answer


async def with_a_case(shopfront: Shopfront) -> tuple[str, str, str]:
    """The order's path and number, and its owner's token."""
    order = await placed(shopfront)
    path, token = f"/orders/{order['order_no']}", order["token"]
    await call(shopfront, f"{path}/payments", {"gateway": "sandbox", "method": "alipay"}, token)
    await shopfront.notified()
    opened = await call(shopfront, f"{path}/case", {"kind": "codes_invalid"}, token)
    assert opened.status_code == 200, opened.text
    return path, order["order_no"], token


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_from_help_to_confirmed(shopfront: Shopfront, keyring: Keyring) -> None:
    async with shopfront.db.transaction() as tx:
        for draft in ANSWERS:
            await save_answer(tx, draft)
    path, order_no, token = await with_a_case(shopfront)
    help_ = (await read(shopfront, f"{path}/help", token)).json()
    assert [kind["kind"] for kind in help_["kinds"]] == ["codes_invalid", "other"]
    assert help_["case_state"] == "open"
    assert help_["answers"][0]["slug"] == "codes-invalid"
    case: dict[str, Any] = (await read(shopfront, f"{path}/case", token)).json()
    assert (case["state"], case["due_for"], case["is_late"], case["messages"]) == ("open", "answer", False, [])
    again = await call(shopfront, f"{path}/case", {"kind": "other"}, token)
    assert again.json()["kind"] == "codes_invalid"
    body = {"words": "提示已使用", "pictures": [in_base64(a_picture(size=(30, 20)))]}
    case = (await call(shopfront, f"{path}/case/messages", body, token)).json()
    (shot,) = case["messages"][0]["pictures"]
    shown = await read(shopfront, f"{path}/case/pictures/{shot['id']}", token)
    assert shown.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(shown.content)).size == (shot["width"], shot["height"]) == (30, 20)
    await answered(shopfront, keyring, order_no, "正在核实")
    await solved(shopfront, keyring, order_no)
    assert (await read(shopfront, f"{path}/case", token)).json()["outcome"] == "answered"
    no_words = await call(shopfront, f"{path}/case/verdict", {"solved": False}, token)
    assert (no_words.status_code, no_words.json()["errors"][0]["field"]) == (422, "words")
    case = (await call(shopfront, f"{path}/case/verdict", {"solved": True}, token)).json()
    assert (case["state"], case["state_name"]) == ("closed", "工单已关闭")
    late = await call(shopfront, f"{path}/case/withdraw", None, token)
    assert (late.status_code, late.json()["code"]) == (409, "case_moved")
    service = (await read(shopfront, "/service")).json()
    assert (service["cases"], service["answered_in_time_percent"], service["answer_within_s"]) == (1, 100, 3600)


async def test_a_lookups_token_opens_nothing_until_it_becomes_the_owners(shopfront: Shopfront) -> None:
    path, order_no, _ = await with_a_case(shopfront)
    looked_up = await call(shopfront, "/lookup", {"order_no": order_no, "second_factor": PHONE[-4:]})
    token = looked_up.json()["token"]
    for answer in (
        await read(shopfront, f"{path}/case", token),
        await read(shopfront, f"{path}/case/pictures/1", token),
        await call(shopfront, f"{path}/case", {"kind": "other"}, token),
        await call(shopfront, f"{path}/case/messages", {"words": "x"}, token),
        await call(shopfront, f"{path}/case/verdict", {"solved": True}, token),
        await call(shopfront, f"{path}/case/withdraw", None, token),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "contact_needed")
    wrong = await call(shopfront, f"{path}/owner", {"contact": "13900000000"}, token)
    assert wrong.status_code == 422
    owner = (await call(shopfront, f"{path}/owner", {"contact": PHONE}, token)).json()["token"]
    assert (await read(shopfront, f"{path}/case", owner)).status_code == 200
    assert await shopfront.count("case_messages") == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_input"),
        ({"words": "长" * 1001}, 422, "invalid_input"),
        ({"pictures": [in_base64(b"<svg onload=alert(1)>")]}, 422, "picture_unusable"),
        ({"pictures": [in_base64(a_picture())] * 4}, 422, "invalid_input"),
        ({"pictures": ["not base64!"]}, 422, "invalid_input"),
    ],
)
async def test_what_can_not_be_taken_is_told(shopfront: Shopfront, body: Any, status: int, code: str) -> None:
    path, _, token = await with_a_case(shopfront)
    answer = await call(shopfront, f"{path}/case/messages", body, token)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await shopfront.count("case_messages") == 0


async def test_without_a_case_there_is_none(shopfront: Shopfront) -> None:
    order = await placed(shopfront)
    path, token = f"/orders/{order['order_no']}", order["token"]
    assert (await read(shopfront, f"{path}/case", token)).json()["code"] == "case_missing"
    assert (await read(shopfront, f"{path}/case/pictures/{2**70}", token)).status_code == 404
    assert (await read(shopfront, f"{path}/case")).status_code == 401
    unknown = await call(shopfront, f"{path}/case", {"kind": "nonsense"}, token)
    assert unknown.json()["errors"][0]["field"] == "kind"


async def test_answers_are_searched(shopfront: Shopfront) -> None:
    async with shopfront.db.transaction() as tx:
        for draft in ANSWERS:
            await save_answer(tx, draft)
    assert len((await read(shopfront, "/answers")).json()) == len(ANSWERS)
    found = (await shopfront.get(f"{API}/answers", params={"q": "卡密用不了"})).json()
    assert found[0]["slug"] == "codes-invalid"
    assert (await shopfront.get(f"{API}/answers", params={"q": "zzqq"})).json() == []
