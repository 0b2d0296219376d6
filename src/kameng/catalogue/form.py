"""What a buyer must tell so that a product can be delivered 充值表单: its fields, as data."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from kameng.kernel.errors import InvalidInput
from kameng.kernel.safe_pattern import UnsafePattern, safe_pattern
from kameng.kernel.text import Words
from kameng.orders.account import MAIN

FIELDS_MAX = 8
LABEL_MAX = 20
HINT_MAX = 100
CHOICES_MAX = 300
ANSWER_MAX = 64
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


class FieldKind(StrEnum):
    PHONE = "phone"
    QQ = "qq"
    GAME_ACCOUNT = "game_account"
    SERVER = "server"
    ROLE = "role"
    EMAIL = "email"
    TEXT = "text"
    CHOICE = "choice"


@dataclass(frozen=True)
class FormField:
    r"""One question. The field called `account` says what is topped up.

    `pattern` is a regular expression for the whole answer, in which \d and \w are ASCII as in a browser.
    `choices` are all the answers there are, where there are any. `confirm`: a person types it twice.
    """

    name: str
    kind: FieldKind
    label: str
    hint: str = ""
    required: bool = True
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    confirm: bool = False

    @property
    def is_main(self) -> bool:
        return self.name == MAIN


#: In the order in which they are asked; empty for goods that need no account.
AccountForm = tuple[FormField, ...]


def form_of(rows: Sequence[Mapping[str, Any]]) -> AccountForm:
    """From its column. Raises msgspec.ValidationError."""
    return msgspec.convert(rows, AccountForm) if rows else ()


def rows_of(form: AccountForm) -> list[dict[str, Any]]:
    """For its column."""
    rows: list[dict[str, Any]] = msgspec.to_builtins(form)
    return rows


def asks_for_phone(form: AccountForm) -> bool:
    """Whether it is a phone that is topped up, so that operator and province matter."""
    return any(field.is_main and field.kind is FieldKind.PHONE for field in form)


def check_form(form: AccountForm) -> None:
    """Raises InvalidInput; what is wrong with the third field's pattern stands under `form.2.pattern`."""
    fields = {
        f"form.{place}.{attribute}": words
        for place, field in enumerate(form)
        for attribute, words in _faults(field, before=form[:place])
    }
    if len(form) > FIELDS_MAX:
        fields["form"] = Words("最多 8 项")
    elif form and not any(field.is_main for field in form):
        fields["form"] = Words("要有且只有一项的名称是 account，它就是充值账号")
    if fields:
        raise InvalidInput(fields=fields)


def _faults(field: FormField, *, before: AccountForm) -> Iterator[tuple[str, Words]]:
    if not _NAME.fullmatch(field.name):
        yield "name", Words("只能用小写字母、数字和下划线，以字母开头")
    elif any(field.name == other.name for other in before):
        yield "name", Words("这个名称已经用过了")
    if not 1 <= len(field.label) <= LABEL_MAX:
        yield "label", Words("名称应为 1–20 个字")
    if len(field.hint) > HINT_MAX:
        yield "hint", Words("说明最多 100 个字")
    if field.is_main and not field.required:
        yield "required", Words("充值账号必须填写")
    if field.kind is FieldKind.CHOICE and not field.choices:
        yield "choices", Words("请写出可选的内容，每行一个")
    if len(field.choices) > CHOICES_MAX or any(not 1 <= len(choice) <= ANSWER_MAX for choice in field.choices):
        yield "choices", Words("最多 300 个选项，每个最多 64 个字")
    if field.pattern is not None and not _is_safe(field.pattern):
        yield "pattern", Words("正则表达式写得不对，或太复杂")


def _is_safe(pattern: str) -> bool:
    try:
        safe_pattern(pattern)
    except UnsafePattern:
        return False
    return True
