"""What a protocol asks of whoever configures it: the form in the console and the flags on the command line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kameng.adapters.addresses import folder, is_safe
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words


@dataclass(frozen=True)
class Option:
    """One field of a configuration. Required unless it has a default; with `choices` only these values are taken.

    One whose name ends in `_url` is an address and always read with a slash at its end. `form`: what a value must match
    as a whole (a regular expression), and `form_words` what is said otherwise.
    """

    name: str
    label: Words
    hint: Words | None = None
    secret: bool = False
    default: str | None = None
    choices: Mapping[str, Words] = field(default_factory=dict)
    form: str = ""
    form_words: Words = Words("格式不对")


def read_options(options: Iterable[Option], config: Mapping[str, str]) -> dict[str, str]:
    """The value of each option, blanks stripped, defaults filled in. Raises InvalidInput naming each that is wrong."""
    values, wrong = {}, {}
    for option in options:
        value = config.get(option.name, "").strip() or option.default or ""
        if value and option.name.endswith("_url"):
            value = folder(value)
        values[option.name] = value
        if words := _wrong_with(option, value):
            wrong[option.name] = words
    if wrong:
        raise InvalidInput(fields=wrong)
    return values


def _wrong_with(option: Option, value: str) -> Words | None:
    if not value:
        return None if option.default == "" else Words("请填写")
    if option.choices and value not in option.choices:
        return Words("没有这个选项")
    if option.name.endswith("_url") and not is_safe(value):
        return Words("请填写 https:// 开头的地址（只有内网地址可以用 http）")
    if option.form and not re.fullmatch(option.form, value):
        return option.form_words
    return None
