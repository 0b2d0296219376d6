"""Three kinds of wrong: a refusal (business says no), an outage (someone else's machine), an assertion (our bug)."""

from collections.abc import Mapping
from typing import ClassVar

from kameng.kernel.text import Words


class Refusal(Exception):
    """Business says no. Never alerts. Rendered once per surface, in the reader's language.

    `code` is stable and part of the API. `words` is what a person reads. `fields` maps a form field to the words
    that stand beside it.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 409
    words: ClassVar[Words]

    def __init__(self, *, fields: Mapping[str, Words] | None = None, **values: object) -> None:
        super().__init__(self.code)
        self.fields = dict(fields or {})
        self.values = values


class InvalidInput(Refusal):
    """What was typed can't be used as it is; `fields` says where and why."""

    code = "invalid_input"
    status = 422
    words = Words("填写的内容有误，请检查标出的地方")


class Outage(Exception):
    """Someone else's machine failed us. `outcome_known` is False when the call may have had its effect."""

    def __init__(self, detail: str, *, outcome_known: bool) -> None:
        super().__init__(detail)
        self.outcome_known = outcome_known
