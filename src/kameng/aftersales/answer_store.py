"""SQL of answers to common questions, and of what staff write again and again. Private to this package."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from kameng.kernel.database import Connection, Transaction

_ANSWER = """
SELECT id, slug, question, answer, question_english, answer_english, states, events, delivers, keywords, position,
       shown, search_pinyin
FROM answers
"""

ANSWERS = f"{_ANSWER} WHERE shown OR $1 ORDER BY position, id"

ANSWER = f"{_ANSWER} WHERE slug = $1"

SAVE_ANSWER = """
INSERT INTO answers (slug, question, answer, question_english, answer_english, states, events, delivers, keywords,
                     position, shown, search_pinyin)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (slug) DO UPDATE SET question = excluded.question, answer = excluded.answer,
    question_english = excluded.question_english, answer_english = excluded.answer_english,
    states = excluded.states, events = excluded.events, delivers = excluded.delivers, keywords = excluded.keywords,
    position = excluded.position, shown = excluded.shown, search_pinyin = excluded.search_pinyin
RETURNING id
"""

MACROS = "SELECT id, name, words, position FROM case_macros ORDER BY position, id"

SAVE_MACRO = """
INSERT INTO case_macros (name, words, position) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET words = excluded.words, position = excluded.position RETURNING id
"""

DROP_MACRO = "DELETE FROM case_macros WHERE id = $1 RETURNING name"


async def answers(connection: Connection, *, with_hidden: bool) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(ANSWERS, with_hidden)
    return rows


async def answer(connection: Connection, slug: str) -> asyncpg.Record | None:
    return await connection.fetchrow(ANSWER, slug)


async def save_answer(tx: Transaction, values: Sequence[Any]) -> int:
    answer_id: int = await tx.connection.fetchval(SAVE_ANSWER, *values)
    return answer_id


async def macros(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(MACROS)
    return rows


async def save_macro(tx: Transaction, name: str, words: str, position: int) -> int:
    macro_id: int = await tx.connection.fetchval(SAVE_MACRO, name, words, position)
    return macro_id


async def drop_macro(tx: Transaction, macro_id: int) -> str | None:
    name: str | None = await tx.connection.fetchval(DROP_MACRO, macro_id)
    return name
