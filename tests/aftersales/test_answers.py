"""Common questions are found as people ask them, and stand on the pages of the orders they are about."""

from dataclasses import replace

import pytest

from kameng.aftersales.answers import AnswerMissing, chosen, find_answer, list_answers, search_answers
from kameng.aftersales.save_answer import AnswerDraft, save_answer
from kameng.catalogue.filling import Delivers
from kameng.cli.demo_answers import ANSWERS
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.orders.lifecycle import OrderEvent, OrderState

pytestmark = pytest.mark.anyio

DRAFT = AnswerDraft("how-long", "充值多久到账？", "一般几分钟。", "How long does a top-up take?", "A few minutes.")


@pytest.fixture
async def filled(db: Database) -> Database:
    async with db.transaction() as tx:
        for draft in ANSWERS:
            await save_answer(tx, draft)
    return db


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("卡密无效怎么办", "codes-invalid"), ("卡密用不了", "codes-invalid"), ("充值多久到账", "how-long"),
        ("kami", "codes-invalid"), ("kmwx", "codes-invalid"), ("invalid code", "codes-invalid"),
        ("扣了钱没显示", "paid-not-shown"), ("退款什么时候到", "refund-when"), ("填错号码了", "wrong-account"),
        ("忘记订单号", "lost-number"), ("refund", "refund-when"),
    ],
)  # fmt: skip
async def test_a_question_is_found_as_people_ask_it(filled: Database, typed: str, slug: str) -> None:
    found = search_answers(await list_answers(filled), typed)
    assert slug in [answer.slug for answer in found][:2]


@pytest.mark.parametrize("typed", ["", "   ", "zzzzqq", "%", "'; DROP TABLE answers", "x" * 500])
async def test_nonsense_finds_nothing(filled: Database, typed: str) -> None:
    assert search_answers(await list_answers(filled), typed) == []


async def test_on_an_orders_page_stands_what_fits_its_state(filled: Database) -> None:
    answers = await list_answers(filled)

    def slugs(state: OrderState, delivers: Delivers, *events: str) -> list[str]:
        return [answer.slug for answer in chosen(answers, state=state, events=events, delivers=delivers)]

    assert slugs(OrderState.DELIVERING, Delivers.TOP_UP)[0] == "how-long"
    assert slugs(OrderState.DELIVERED, Delivers.CODES)[0] == "codes-invalid"
    assert "codes-invalid" not in slugs(OrderState.DELIVERED, Delivers.TOP_UP)
    assert slugs(OrderState.DELIVERING, Delivers.TOP_UP, "result_in_doubt")[0] == "in-doubt"


async def test_every_state_of_an_order_has_answers_in_the_demo(filled: Database) -> None:
    answers = await list_answers(filled)
    unanswered = [
        (state, delivers)
        for state in set(OrderState) - {OrderState.RESUBMITTING}
        for delivers in Delivers
        if not chosen(answers, state=state, events=(), delivers=delivers)
    ]
    assert unanswered == []


def test_the_demo_names_events_that_there_are() -> None:
    names = {event.name for event in OrderEvent.__subclasses__()}
    assert {event for draft in ANSWERS for event in draft.events} <= names


async def test_what_is_hidden_is_found_by_staff_alone(db: Database) -> None:
    async with db.transaction() as tx:
        await save_answer(tx, replace(DRAFT, shown=False))
    assert await list_answers(db) == []
    assert [answer.slug for answer in await list_answers(db, with_hidden=True)] == ["how-long"]
    assert (await find_answer(db, "how-long")).question == DRAFT.question


async def test_saving_again_writes_over(db: Database) -> None:
    async with db.transaction() as tx:
        first = await save_answer(tx, DRAFT)
        assert await save_answer(tx, replace(DRAFT, answer="半小时内。", delivers=Delivers.TOP_UP)) == first
    answer = await find_answer(db, "how-long")
    assert (answer.answer, answer.delivers) == ("半小时内。", Delivers.TOP_UP)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Wie Lange"}, "slug"), ({"slug": ""}, "slug"), ({"question": ""}, "question"),
        ({"question_english": "x" * 101}, "question_english"), ({"answer": ""}, "answer"),
        ({"answer_english": "x" * 3001}, "answer_english"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_and_nothing_is_saved(db: Database, changes: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        async with db.transaction() as tx:
            await save_answer(tx, replace(DRAFT, **changes))  # type: ignore[arg-type]
    assert set(refused.value.fields) == {field}
    with pytest.raises(AnswerMissing):
        await find_answer(db, "how-long")
