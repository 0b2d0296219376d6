"""Answers to common questions, what a case can be about, and how well cases are kept, for programs."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from kameng.aftersales.answers import Answer, chosen, list_answers, search_answers
from kameng.aftersales.case import KIND_NAMES, CaseRules, kinds_of
from kameng.aftersales.conversation import find_case
from kameng.aftersales.figures import read_figures
from kameng.catalogue.filling import Delivers
from kameng.kernel.errors import InvalidInput
from kameng.tracking.view import view_order
from kameng.web.design.documented import problems
from kameng.web.guest_api.bearer import TokenNeeded
from kameng.web.guest_api.case_shapes import AnswerTextShape, HelpShape, KindShape, ServiceShape
from kameng.web.guest_api.counter import Counter
from kameng.web.guest_api.document import SECURED


@get(
    "/orders/{order_no:str}/help",
    operation_id="readHelp",
    security=SECURED,
    responses=problems(TokenNeeded, body=False),
)
async def read_help(counter: NamedDependency[Counter], order_no: FromPath[str]) -> HelpShape:
    """Answers that fit the order, and what a case of it can be about."""
    order_id = counter.bearer(order_no).order_id
    view = await view_order(db=counter.db, keyring=counter.keyring, order_id=order_id)
    delivers = Delivers.TOP_UP if view.is_top_up else Delivers.CODES
    fitting = chosen(
        await list_answers(counter.db), state=view.state, events={m.event for m in view.timeline}, delivers=delivers
    )
    case = await find_case(counter.db, order_id)
    return HelpShape(
        answers=[_answer(counter, answer) for answer in fitting],
        kinds=[KindShape(kind, counter.words(KIND_NAMES[kind])) for kind in kinds_of(view.state, delivers)],
        case_state=case.state if case else None,
    )


@get("/answers", operation_id="searchAnswers", responses=problems(InvalidInput, body=False))
async def answers(
    counter: NamedDependency[Counter],
    q: Annotated[str, QueryParameter(max_length=200, description="What is asked; empty: all answers.")] = "",
) -> list[AnswerTextShape]:
    """Answers to common questions, the best match first."""
    known = await list_answers(counter.db)
    return [_answer(counter, answer) for answer in (search_answers(known, q) if q.strip() else known)]


@get("/service", operation_id="readService", responses=problems(body=False))
async def service(counter: NamedDependency[Counter], case_rules: NamedDependency[CaseRules]) -> ServiceShape:
    """What is promised after a sale, and how it was kept."""
    figures = await read_figures(counter.db)
    return ServiceShape(
        answer_within_s=int(case_rules.answer_within.total_seconds()),
        solve_within_s=int(case_rules.solve_within.total_seconds()),
        cases=figures.cases,
        answer_median_s=figures.answer_median.total_seconds() if figures.answer_median is not None else None,
        answered_in_time_percent=figures.answered_percent,
        solution_median_s=figures.solution_median.total_seconds() if figures.solution_median is not None else None,
        solved_in_time_percent=figures.solved_percent,
    )


def _answer(counter: Counter, answer: Answer) -> AnswerTextShape:
    if counter.words.language.startswith("en"):
        return AnswerTextShape(answer.slug, answer.question_english, answer.answer_english)
    return AnswerTextShape(answer.slug, answer.question, answer.answer)
