"""What a buyer typed into a product's form, read and checked."""

import re
from collections.abc import Mapping
from dataclasses import replace

from kameng.catalogue.form import ANSWER_MAX, AccountForm, FieldKind, FormField, asks_for_phone
from kameng.catalogue.phone_segment import Operator, segment_of
from kameng.kernel.errors import InvalidInput
from kameng.kernel.safe_pattern import safe_pattern
from kameng.kernel.text import Words, narrowed
from kameng.orders.account import MAIN, Account, Answer
from kameng.orders.contact import email_of, phone_of

MISSING = Words("请填写这一项")
NOT_OFFERED = Words("请从列表中选择")
TOO_LONG = Words("最多 64 个字")
UNLIKE_FORMAT = Words("格式不对，请对照说明检查")
WRONG_QQ = Words("QQ 号应为 5–12 位数字，不以 0 开头")
QQ = "[1-9][0-9]{4,11}"
# Of an e-mail address and a phone number there is a form that everybody agrees on.
_READERS = {FieldKind.PHONE: phone_of, FieldKind.EMAIL: email_of}
# A role may be called ＡＢＣ and be somebody else than ABC.
_AS_TYPED = {FieldKind.ROLE, FieldKind.SERVER, FieldKind.TEXT}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")


def read_account(form: AccountForm, typed: Mapping[str, str], *, operator: str = "") -> Account | None:
    """The account in one normal form, with operator and province of a phone number; None where none is asked for.

    `operator` is the buyer's word for it where a phone number has moved to another one. Raises InvalidInput: what is
    wrong with the answer `server` stands under `account.server`.
    """
    wrong = {f"{MAIN}.{name[:ANSWER_MAX]}": Words("没有这一项") for name in typed.keys() - {f.name for f in form}}
    answers = []
    for field in form:
        match read_answer(field, typed.get(field.name, "")):
            case Words() as words:
                wrong[f"{MAIN}.{field.name}"] = words
            case "":
                pass
            case value:
                answers.append(Answer(field.name, field.label, value, is_open=bool(field.choices)))
    has_phone = asks_for_phone(form)
    if operator and not (has_phone and operator in set(Operator)):
        wrong["operator"] = NOT_OFFERED
    if wrong:
        raise InvalidInput(fields=wrong)
    if not answers:
        return None
    account = Account(tuple(answers))
    if not has_phone:
        return account
    segment = segment_of(account.main)
    return replace(account, operator=operator or segment.operator, province=segment.province)


def read_answer(field: FormField, text: str) -> str | Words:
    """One answer in its normal form, empty where none is needed; or what is wrong with it."""
    text = text.strip() if field.kind in _AS_TYPED else narrowed(text)
    if not text:
        return MISSING if field.required else ""
    if len(text) > ANSWER_MAX:
        return TOO_LONG
    if field.choices:
        return next((choice for choice in field.choices if narrowed(choice) == narrowed(text)), NOT_OFFERED)
    if _CONTROL.search(text):
        return UNLIKE_FORMAT
    if field.kind in _READERS:
        read = _READERS[field.kind](text)
        return read if isinstance(read, Words) or _fits(field.pattern, read) else UNLIKE_FORMAT
    if field.kind in {FieldKind.QQ, FieldKind.GAME_ACCOUNT}:
        text = "".join(text.split())
    if _fits(field.pattern or (QQ if field.kind is FieldKind.QQ else None), text):
        return text
    return WRONG_QQ if field.kind is FieldKind.QQ and field.pattern is None else UNLIKE_FORMAT


def _fits(pattern: str | None, text: str) -> bool:
    return pattern is None or safe_pattern(pattern, flags=re.ASCII).fullmatch(text) is not None
