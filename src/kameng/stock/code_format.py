"""Which codes a product takes. Its format is a regular expression from a person, run over a million lines."""

import re
from dataclasses import dataclass, field

from kameng.kernel.errors import Refusal
from kameng.kernel.safe_pattern import TEXT_CHARACTERS_MAX, UnsafePattern, safe_pattern
from kameng.kernel.text import Words

CODE_CHARACTERS_MAX = TEXT_CHARACTERS_MAX


class UnsafeFormat(Refusal):
    code = "unsafe_code_format"
    status = 422
    words = Words("卡密格式写得不对，或太复杂：请只用字符、字符组[A-Z0-9]、分组和次数{16}")


@dataclass(frozen=True)
class CodeFormat:
    """A compiled format; None takes any code. Raises UnsafeFormat when it is made."""

    expression: str | None
    keeps_case: bool
    pattern: re.Pattern[str] | None = field(init=False)

    def __post_init__(self) -> None:
        compiled = None if self.expression is None else _compiled(self.expression, keeps_case=self.keeps_case)
        object.__setattr__(self, "pattern", compiled)


def _compiled(expression: str, *, keeps_case: bool) -> re.Pattern[str]:
    try:
        return safe_pattern(expression, flags=re.NOFLAG if keeps_case else re.IGNORECASE)
    except UnsafePattern as error:
        raise UnsafeFormat from error
