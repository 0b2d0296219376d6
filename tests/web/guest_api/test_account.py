"""Goods that need an account, over the guest API."""

from typing import Any

import httpx
import pytest

from tests.web.guest_api.test_guest_api import API, call, wish
from tests.web.shopfront import PHONE, Shopfront
from tests.web.top_ups import GAME_FORM, PRICE_FEN, STOCK, TopUp, a_top_up

pytestmark = pytest.mark.anyio

NUMBER = "13912345678"


async def ask(shopfront: Shopfront, goods: TopUp, account: Any, *, key: str = "", **more: Any) -> httpx.Response:
    body = wish(shopfront, sku_id=goods.sku_id, unit_price_fen=PRICE_FEN, account=account, **more)
    headers = {"idempotency-key": key} if key else {}
    return await call(shopfront, "/orders", body, **headers)


async def test_the_catalogue_says_what_to_ask_for(shopfront: Shopfront) -> None:
    await a_top_up(shopfront, GAME_FORM, slug="game")
    catalogue = (await shopfront.get(API + "/catalogue")).json()
    products = {product["slug"]: product for one in catalogue["types"] for product in one["products"]}
    assert (products["honor-of-kings"]["delivers"], products["honor-of-kings"]["form"]) == ("codes", [])
    game = products["game"]
    assert (game["delivers"], game["skus"][0]["stock"]) == ("top_up", "few")
    assert [(field["name"], field["kind"]) for field in game["form"]] == [
        ("account", "qq"),
        ("server", "choice"),
        ("role", "role"),
    ]
    assert game["form"][1]["choices"] == ["艾欧尼亚", "祖安"]


async def test_an_order_is_for_its_account(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    answer = await ask(shopfront, goods, {"account": "139 1234 5678"}, operator="unicom")
    assert answer.status_code == 201, answer.text
    assert NUMBER not in answer.text
    row = await shopfront.db.pool.fetchrow("SELECT operator, province FROM order_accounts")
    assert row is not None
    assert tuple(row) == ("unicom", "江苏")
    found = await call(shopfront, "/lookup", {"order_no": answer.json()["order_no"], "second_factor": PHONE[-4:]})
    assert found.json()["order"]["account"] == {
        "answers": [{"label": "充值手机号", "masked": "139****5678"}],
        "operator": "中国联通",
        "province": "江苏",
    }
    assert NUMBER not in found.text


@pytest.mark.parametrize(
    ("account", "more", "fields"),
    [
        ({}, {}, ["account.account", "account.server"]),
        ({"account": "01234", "server": "祖安"}, {}, ["account.account"]),
        ({"account": "12345", "server": "北京", "role": "长" * 65}, {}, ["account.role", "account.server"]),
        ({"account": "12345", "server": "祖安", "level": "9"}, {}, ["account.level"]),
        ({"account": "12345", "server": "祖安"}, {"operator": "mobile"}, ["operator"]),
    ],
)
async def test_each_wrong_answer_is_a_problem_of_its_own(
    shopfront: Shopfront, account: dict[str, str], more: dict[str, str], fields: list[str]
) -> None:
    goods = await a_top_up(shopfront, GAME_FORM, slug="game")
    answer = await ask(shopfront, goods, account, **more)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert sorted(error["field"] for error in answer.json()["errors"]) == fields
    assert await shopfront.count("orders") == 0


@pytest.mark.parametrize("account", [[], "13912345678", {"account": 13912345678}, {"account": "1" * 101}, None])
async def test_an_account_is_texts_by_name(shopfront: Shopfront, account: Any) -> None:
    goods = await a_top_up(shopfront)
    answer = await ask(shopfront, goods, account)
    assert answer.status_code in {400, 422}
    assert await shopfront.count("orders") == 0


async def test_codes_take_no_account(shopfront: Shopfront) -> None:
    answer = await call(shopfront, "/orders", wish(shopfront, account={"account": NUMBER}))
    assert [error["field"] for error in answer.json()["errors"]] == ["account.account"]
    assert await shopfront.count("orders") == 0


async def test_a_key_stands_for_one_account(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    first = await ask(shopfront, goods, {"account": NUMBER}, key="a-key")
    assert (await ask(shopfront, goods, {"account": NUMBER}, key="a-key")).json() == first.json()
    other = await ask(shopfront, goods, {"account": "13912345679"}, key="a-key")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


async def test_no_more_than_suppliers_have(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    assert (await ask(shopfront, goods, {"account": NUMBER}, quantity=STOCK)).status_code == 201
    answer = await ask(shopfront, goods, {"account": NUMBER})
    assert answer.json()["code"] == "out_of_stock"
