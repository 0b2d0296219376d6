"""Answers to common questions 常见问题: searched, and chosen by how an order stands."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Any

from kameng.aftersales import answer_store
from kameng.catalogue.filling import Delivers
from kameng.catalogue.spelling import plain
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState

TYPED_MAX = 60
FOUND_MAX = 10
CHOSEN_MAX = 4
#: How much of what was typed must be met with; less is chance.
MET_MIN = 0.34


class AnswerMissing(Refusal):
    code = "answer_missing"
    status = 404
    words = Words("没有这篇常见问题")


@dataclass(frozen=True)
class Answer:
    """`states` and `events` say on which orders' pages it stands; `delivers` None: whatever they deliver."""

    id: int
    slug: str
    question: str
    answer: str
    question_english: str
    answer_english: str
    states: Sequence[str]
    events: Sequence[str]
    delivers: Delivers | None
    keywords: Sequence[str]
    position: int
    shown: bool
    search_pinyin: str


async def list_answers(db: Database, *, with_hidden: bool = False) -> list[Answer]:
    async with db.reading() as connection:
        rows = await answer_store.answers(connection, with_hidden=with_hidden)
    return [_answer(row) for row in rows]


async def find_answer(db: Database, slug: str) -> Answer:
    """Also one that is not shown. Raises AnswerMissing."""
    async with db.reading() as connection:
        row = await answer_store.answer(connection, slug)
    if row is None:
        raise AnswerMissing
    return _answer(row)


def chosen(
    answers: Iterable[Answer], *, state: OrderState, events: Collection[str], delivers: Delivers
) -> list[Answer]:
    """Those for an order that stands so: first those about something that has happened to it, then those about its
    state."""
    fitting = [
        (not set(answer.events) & set(events), answer.position, answer.id, answer)
        for answer in answers
        if answer.delivers in {None, delivers} and (state in answer.states or set(answer.events) & set(events))
    ]
    return [answer for *_, answer in sorted(fitting, key=lambda one: one[:3])][:CHOSEN_MAX]


def search_answers(answers: Sequence[Answer], typed: str) -> list[Answer]:
    """The best matches, best first: by pairs of characters that both have, rare ones counting more, or by pinyin.

    A pair is what a word is in Chinese; of a few hundred texts no index is needed.
    """
    text = plain(typed[:TYPED_MAX])
    if not text:
        return []
    titles = {
        answer.id: _pairs(" ".join((answer.question, answer.question_english, *answer.keywords))) for answer in answers
    }
    bodies = {answer.id: _pairs(f"{answer.answer} {answer.answer_english}") for answer in answers}
    known = Counter(pair for answer in answers for pair in titles[answer.id] | bodies[answer.id])
    weight = {pair: log(1 + len(answers) / known[pair]) if known[pair] else 1.0 for pair in _pairs(text)}
    whole = sum(weight.values())
    scores = {}
    for answer in answers:
        met = sum(
            w if pair in titles[answer.id] else w / 3 if pair in bodies[answer.id] else 0 for pair, w in weight.items()
        )
        by_pinyin = text.isascii() and len(text) > 1 and text in answer.search_pinyin
        scores[answer.id] = max(met / whole, 1.0 if by_pinyin else 0.0)
    found = [answer for answer in answers if scores[answer.id] >= MET_MIN]
    return sorted(found, key=lambda answer: (-scores[answer.id], answer.position, answer.id))[:FOUND_MAX]


def _pairs(text: str) -> set[str]:
    """Every two neighbouring characters; a single one stands for itself."""
    letters = plain(text)
    return {a + b for a, b in pairwise(letters)} or {letters}


def _answer(row: Any) -> Answer:
    return Answer(**{**dict(row), "delivers": Delivers(row["delivers"]) if row["delivers"] else None})
