"""Forms that can be asked, and those nobody may save."""

from dataclasses import replace

import pytest

from kameng.catalogue.form import (
    CHOICES_MAX,
    FIELDS_MAX,
    AccountForm,
    FieldKind,
    FormField,
    asks_for_phone,
    check_form,
    form_of,
    rows_of,
)
from kameng.kernel.errors import InvalidInput

ACCOUNT = FormField("account", FieldKind.GAME_ACCOUNT, "游戏账号")
SERVER = FormField("server", FieldKind.CHOICE, "区服", choices=("一区", "二区"))
GAME = (ACCOUNT, SERVER, FormField("role", FieldKind.ROLE, "角色名", required=False, pattern=r".{2,12}", confirm=True))


@pytest.mark.parametrize("form", [(), GAME])
def test_a_form_comes_back_from_its_column(form: AccountForm) -> None:
    check_form(form)
    assert form_of(rows_of(form)) == form


def test_only_a_phone_that_is_topped_up_has_an_operator() -> None:
    phone = FormField("account", FieldKind.PHONE, "手机号")
    assert asks_for_phone((phone,))
    assert not asks_for_phone(GAME)
    assert not asks_for_phone((ACCOUNT, replace(phone, name="phone")))


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ((SERVER,), "form"),
        ((ACCOUNT, *(replace(SERVER, name=f"s{n}") for n in range(FIELDS_MAX))), "form"),
        ((ACCOUNT, ACCOUNT), "form.1.name"),
        ((ACCOUNT, replace(SERVER, name="Server")), "form.1.name"),
        ((ACCOUNT, replace(SERVER, name="区服")), "form.1.name"),
        ((replace(ACCOUNT, label=""),), "form.0.label"),
        ((replace(ACCOUNT, label="长" * 21),), "form.0.label"),
        ((replace(ACCOUNT, hint="长" * 101),), "form.0.hint"),
        ((replace(ACCOUNT, required=False),), "form.0.required"),
        ((ACCOUNT, replace(SERVER, choices=())), "form.1.choices"),
        ((ACCOUNT, replace(SERVER, choices=("",))), "form.1.choices"),
        ((ACCOUNT, replace(SERVER, choices=tuple(map(str, range(CHOICES_MAX + 1))))), "form.1.choices"),
        ((replace(ACCOUNT, pattern="("),), "form.0.pattern"),
        ((replace(ACCOUNT, pattern="(a+)+b"),), "form.0.pattern"),
        ((replace(ACCOUNT, pattern="a" * 201),), "form.0.pattern"),
    ],
)
def test_a_form_that_can_not_be_asked_is_refused_beside_its_fault(form: AccountForm, where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_form(form)
    assert list(refused.value.fields) == [where]
