"""An answer to a common question is written, or written anew."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kameng.aftersales import answer_store
from kameng.catalogue.filling import Delivers
from kameng.catalogue.spelling import initials_of, pinyin_of
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState

QUESTION_MAX = 100
ANSWER_MAX = 3000
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


@dataclass(frozen=True)
class AnswerDraft:
    """As it is written; see `answers.Answer`."""

    slug: str
    question: str
    answer: str
    question_english: str
    answer_english: str
    states: Sequence[OrderState] = ()
    events: Sequence[str] = ()
    delivers: Delivers | None = None
    keywords: Sequence[str] = ()
    position: int = 0
    shown: bool = True


async def save_answer(tx: Transaction, draft: AnswerDraft) -> int:
    """Of the same slug is written over; its number. Raises InvalidInput."""
    wrong: dict[str, Words] = {}
    if not _SLUG.fullmatch(draft.slug):
        wrong["slug"] = Words("网址名只能用小写字母、数字和短横线")
    for name in ("question", "question_english"):
        if not 1 <= len(getattr(draft, name)) <= QUESTION_MAX:
            wrong[name] = Words("问题为 1 到 100 字")
    for name in ("answer", "answer_english"):
        if not 1 <= len(getattr(draft, name)) <= ANSWER_MAX:
            wrong[name] = Words("回答为 1 到 3000 字")
    if wrong:
        raise InvalidInput(fields=wrong)
    searched = [draft.question, *draft.keywords]
    pinyin = " ".join(form for text in searched for form in (pinyin_of(text), initials_of(text)))
    return await answer_store.save_answer(
        tx,
        (
            draft.slug, draft.question, draft.answer, draft.question_english, draft.answer_english,
            [str(state) for state in draft.states], list(draft.events), draft.delivers, list(draft.keywords),
            draft.position, draft.shown, pinyin,
        ),
    )  # fmt: skip
