"""What buyers type becomes an account, or words beside the field."""

import pytest

from kameng.catalogue.form import AccountForm, FieldKind, FormField
from kameng.catalogue.read_account import read_account, read_answer
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.account import Account, Answer

PHONE = (FormField("account", FieldKind.PHONE, "手机号"),)
QQ = (FormField("account", FieldKind.QQ, "QQ 号"),)
GAME = (
    FormField("account", FieldKind.GAME_ACCOUNT, "游戏账号", pattern=r"[a-z]\w{3,15}"),
    FormField("server", FieldKind.CHOICE, "区服", choices=("艾欧尼亚", "祖安")),
    FormField("role", FieldKind.ROLE, "角色名", required=False),
)


@pytest.mark.parametrize("typed", ["13800138000", " 138 0013 8000 ", "１３８００１３８０００", "+86 138-0013-8000"])
def test_a_phone_number_is_one_however_it_is_typed(typed: str) -> None:
    account = read_account(PHONE, {"account": typed})
    assert account == Account((Answer("account", "手机号", "13800138000"),), operator="mobile", province="北京")


def test_the_buyer_knows_best_to_which_operator_a_number_has_moved() -> None:
    account = read_account(PHONE, {"account": "13800138000"}, operator="unicom")
    assert account is not None
    assert (account.operator, account.province) == ("unicom", "北京")


def test_a_segment_that_nobody_knows_is_no_reason_to_refuse() -> None:
    account = read_account(PHONE, {"account": "16000000000"})
    assert account is not None
    assert (account.main, account.operator, account.province) == ("16000000000", None, None)


def test_a_game_account_has_its_server_and_role() -> None:
    account = read_account(GAME, {"account": "dragon_1", "server": "祖安", "role": " ＡＢ "})
    assert account == Account(
        (
            Answer("account", "游戏账号", "dragon_1"),
            Answer("server", "区服", "祖安", is_open=True),
            Answer("role", "角色名", "ＡＢ"),
        )
    )


def test_what_is_not_required_may_be_left_out() -> None:
    account = read_account(GAME, {"account": "dragon_1", "server": "祖安"})
    assert account is not None
    assert account.fields == {"account": "dragon_1", "server": "祖安"}


def test_goods_that_need_no_account_have_none() -> None:
    assert read_account((), {}) is None


@pytest.mark.parametrize(
    ("form", "typed", "where"),
    [
        (PHONE, {}, ["account.account"]),
        (PHONE, {"account": "1380013800"}, ["account.account"]),
        (PHONE, {"account": "12800138000"}, ["account.account"]),
        (PHONE, {"account": "13800138000 call me"}, ["account.account"]),
        (PHONE, {"account": "+1 650 253 0000"}, ["account.account"]),
        (PHONE, {"account": "13800138000", "server": "x"}, ["account.server"]),
        ((), {"account": "13800138000"}, ["account.account"]),
        (QQ, {"account": "012345"}, ["account.account"]),
        (QQ, {"account": "1234"}, ["account.account"]),
        (QQ, {"account": "1٢٣٤٥"}, ["account.account"]),
        (GAME, {"account": "dragon_1", "server": "北京"}, ["account.server"]),
        (GAME, {"account": "龙", "server": "", "role": "a\nb"}, ["account.account", "account.role", "account.server"]),
        (GAME, {"account": "a" * 65, "server": "祖安"}, ["account.account"]),
        (GAME, {"account": "dragon_1", "server": "祖安", "role": "a\u202eb"}, ["account.role"]),
    ],
)
def test_what_can_not_be_used_is_told_beside_its_field(
    form: AccountForm, typed: dict[str, str], where: list[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_account(form, typed)
    assert sorted(refused.value.fields) == where


@pytest.mark.parametrize(
    ("form", "typed", "operator"),
    [
        (PHONE, {"account": "13800138000"}, "verizon"),
        (QQ, {"account": "10001"}, "unicom"),
        ((), {}, "unicom"),
    ],
)
def test_an_operator_is_one_of_ours_and_only_for_phones(
    form: AccountForm, typed: dict[str, str], operator: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_account(form, typed, operator=operator)
    assert list(refused.value.fields) == ["operator"]


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (FieldKind.QQ, "１２ ３４ ５", "12345"),
        (FieldKind.EMAIL, " Name@Example.COM ", "name@example.com"),
        (FieldKind.TEXT, " 随便 写 ", "随便 写"),
        (FieldKind.GAME_ACCOUNT, "Dragon 1", "Dragon1"),
    ],
)
def test_answers_have_a_normal_form(kind: FieldKind, typed: str, value: str) -> None:
    assert read_answer(FormField("account", kind, "账号"), typed) == value


def test_the_suppliers_own_format_comes_first() -> None:
    steam = FormField("account", FieldKind.GAME_ACCOUNT, "Steam ID", pattern=r"7656119\d{10}")
    assert read_answer(steam, "76561198000000000") == "76561198000000000"
    assert isinstance(read_answer(steam, "7656119800000000"), Words)
    short_qq = FormField("account", FieldKind.QQ, "QQ 号", pattern=r"\d{4}")
    assert read_answer(short_qq, "1234") == "1234"
    only_mobile = FormField("account", FieldKind.PHONE, "手机号", pattern=r"13[5-9]\d{8}")
    assert isinstance(read_answer(only_mobile, "18600000000"), Words)
