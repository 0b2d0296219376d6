"""A product that asks for an account: shown, checked beside each field, confirmed in full, kept sealed."""

import pytest

from tests.web.shopfront import PRODUCT, Shopfront, hidden
from tests.web.top_ups import GAME_FORM, PRICE_FEN, TopUp, a_top_up, a_top_up_order

pytestmark = pytest.mark.anyio

NUMBER = "13912345678"
TWICE = {"account__account": NUMBER, "again__account": NUMBER}
PLAYER = {"account__account": "12345678", "account__server": "祖安", "account__role": "夜的第七章"}


async def a_game(shopfront: Shopfront) -> TopUp:
    return await a_top_up(shopfront, GAME_FORM, slug="game")


async def test_the_form_asks_for_what_is_needed_and_no_more(shopfront: Shopfront) -> None:
    phone, game = await a_top_up(shopfront), await a_game(shopfront)
    page = (await shopfront.get(phone.path)).text
    for text in (
        "充值手机号",
        'inputmode="tel"',
        "再填一次充值手机号",
        "携号转网",
        "中国广电",
        "仅剩 3",
        "付款后自动充值",
    ):
        assert text in page
    page = (await shopfront.get(game.path)).text
    for text in ("QQ 号", 'inputmode="numeric"', "<option>艾欧尼亚</option>", "进入游戏后看到的名字", "选填"):
        assert text in page
    assert "携号转网" not in page
    assert "account." not in (await shopfront.get(PRODUCT)).text


async def test_the_confirm_page_shows_the_account_in_full_to_whoever_typed_it(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    page = await shopfront.post(
        goods.path, goods.wish(account__account="１３９ 1234 5678", again__account="+86 139-1234-5678")
    )
    assert page.status_code == 200
    for text in (NUMBER, "中国移动 · 江苏", "请逐字核对充值账号", "充值成功后不支持七天无理由退货"):
        assert text in page.text
    assert page.headers["cache-control"] == "no-store"
    assert await shopfront.count("orders") == 0


async def test_a_moved_number_keeps_the_operator_that_was_chosen(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    page = await shopfront.post(goods.path, goods.wish(**TWICE, operator="unicom"))
    assert "中国联通 · 江苏" in page.text
    assert "按您的选择" in page.text
    await a_top_up_order(shopfront, goods, **TWICE, operator="unicom")
    row = await shopfront.db.pool.fetchrow("SELECT operator, province FROM order_accounts")
    assert row is not None
    assert tuple(row) == ("unicom", "江苏")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account__account": "", "again__account": ""}, "请填写这一项"),
        ({"account__account": "1391234567", "again__account": "1391234567"}, "手机号应为 11 位数字"),
        ({"account__account": NUMBER, "again__account": "13912345679"}, "两次填写的不一样"),
        ({"account__account": NUMBER}, "两次填写的不一样"),
        ({**TWICE, "operator": "verizon"}, "请从列表中选择"),
        ({**TWICE, "quantity": "4"}, "库存只剩 3 件"),
    ],
)
async def test_what_is_wrong_with_a_phone_stands_beside_it(
    shopfront: Shopfront, changes: dict[str, str], words: str
) -> None:
    goods = await a_top_up(shopfront)
    page = await shopfront.post(goods.path, goods.wish(**changes))
    assert page.status_code == 422
    assert words in page.text
    assert page.headers["cache-control"] == "no-store"
    assert await shopfront.count("orders") == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account__account": "01234"}, "QQ 号应为 5–12 位数字"),
        ({"account__server": "北京"}, "请从列表中选择"),
        ({"account__server": ""}, "请填写这一项"),
        ({"account__role": "长" * 65}, "最多 64 个字"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
async def test_what_is_wrong_with_a_player_stands_beside_it_early_and_late(
    shopfront: Shopfront, changes: dict[str, str], words: str, late: bool
) -> None:
    goods = await a_game(shopfront)
    if late:
        confirm = await shopfront.post(goods.path, goods.wish(**PLAYER))
        fields = hidden(confirm.text) | {"terms_accepted": "yes"}
        changed = {name.replace("__", "."): text for name, text in changes.items()}
        page = await shopfront.post("/orders", fields | changed)
    else:
        page = await shopfront.post(goods.path, goods.wish(**{**PLAYER, **changes}))
    assert page.status_code == 422
    assert words in page.text
    assert "夜的第七章" in page.text or "account__role" in changes
    assert await shopfront.count("orders") == 0
    assert await shopfront.count("order_accounts") == 0


async def test_going_back_keeps_every_answer(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    confirm = await shopfront.post(goods.path, goods.wish(**TWICE, operator="telecom"))
    page = await shopfront.post(goods.path, hidden(confirm.text) | {"edit": "1"})
    assert page.status_code == 200
    assert page.text.count(f'value="{NUMBER}"') == 2
    assert '<option value="telecom" selected>' in page.text
    game = await a_game(shopfront)
    confirm = await shopfront.post(game.path, game.wish(**PLAYER))
    page = await shopfront.post(game.path, hidden(confirm.text) | {"edit": "1"})
    assert "<option selected>祖安</option>" in page.text


async def test_an_answer_is_text_and_never_markup(shopfront: Shopfront) -> None:
    goods = await a_game(shopfront)
    page = await shopfront.post(goods.path, goods.wish(**{**PLAYER, "account__role": "<b>&amp;</b>"}))
    assert page.status_code == 200
    assert "<b>&amp;</b>" not in page.text
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in page.text


async def test_answers_are_told_while_they_are_typed(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    told = await shopfront.post(f"{goods.path}/answers", goods.wish(**TWICE))
    assert told.json() == [
        {"field": "account.account", "right": True, "words": "中国移动 · 江苏"},
        {"field": "again.account", "right": True, "words": ""},
    ]
    told = await shopfront.post(f"{goods.path}/answers", goods.wish(account__account="139"))
    assert [one["right"] for one in told.json()] == [False, False]
    told = await shopfront.post(f"{goods.path}/answers", goods.wish(**TWICE, operator="unicom"))
    assert told.json()[0]["words"] == "中国联通 · 江苏"
    assert await shopfront.count("orders") == 0


async def test_nobody_is_told_without_a_form_token_or_of_goods_that_are_not_there(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    assert (await shopfront.client.post(f"{goods.path}/answers", data=goods.wish(**TWICE))).status_code == 403
    assert (await shopfront.post("/goods/top-up/nothing/answers", goods.wish(**TWICE))).status_code == 404
    assert (await shopfront.post(f"{PRODUCT}/answers", shopfront.wish())).json() == []


async def test_the_order_costs_what_was_confirmed_and_is_for_the_account(shopfront: Shopfront) -> None:
    goods = await a_top_up(shopfront)
    order_no = await a_top_up_order(shopfront, goods, **TWICE, quantity="2")
    row = await shopfront.db.pool.fetchrow("SELECT amount_fen, quantity FROM orders")
    assert row is not None
    assert tuple(row) == (2 * PRICE_FEN, 2)
    assert await shopfront.state_of(order_no) == "awaiting_payment"
    assert await shopfront.count("supply_holds") == 1


async def test_the_order_page_shows_the_account_masked(shopfront: Shopfront) -> None:
    order_no = await a_top_up_order(shopfront, await a_game(shopfront), **PLAYER)
    page = await shopfront.get(f"/orders/{order_no}")
    for text in ("12****78", "祖安", "夜****章"):
        assert text in page.text
    assert "12345678" not in page.text
    assert "夜的第七章" not in page.text
    order_no = await a_top_up_order(shopfront, await a_top_up(shopfront), **TWICE)
    page = await shopfront.get(f"/orders/{order_no}")
    assert "139****5678" in page.text
    assert "中国移动 · 江苏" in page.text
    assert NUMBER not in page.text
