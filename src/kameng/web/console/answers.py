"""Answers to common questions: written, shown on the pages of the orders they are about, hidden."""

from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.aftersales.answers import find_answer, list_answers
from kameng.aftersales.save_answer import AnswerDraft, save_answer
from kameng.catalogue.filling import Delivers
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.staff.audit import note
from kameng.staff.roles import Permission
from kameng.web.console.door import Desk, needs
from kameng.web.console.fields import number_typed
from kameng.web.console.goods_drafts import DELIVERS
from kameng.web.console.pages import back_to, show, typed, typed_lists
from kameng.web.console.wording import EVENTS

PATH = "/console/answers"
EDIT = [needs(Permission.ANSWER_EDIT)]
# A gateway's notice stands among the desk's words, but is no event of an order.
ORDER_EVENTS = {event: name for event, name in EVENTS.items() if event != "notice"}


@get("/answers", guards=EDIT)
async def answers_page(desk: NamedDependency[Desk]) -> Response[str]:
    return show(desk.request, "console/answers/list.html", answers=await list_answers(desk.db, with_hidden=True))


@get("/answers/new", guards=EDIT)
async def new_answer_page(desk: NamedDependency[Desk]) -> Response[str]:
    return _page(desk, AnswerDraft("", "", "", "", ""), is_new=True)


@get("/answers/{slug:str}", guards=EDIT)
async def answer_page(desk: NamedDependency[Desk], slug: FromPath[str]) -> Response[str]:
    found = await find_answer(desk.db, slug)
    draft = AnswerDraft(
        slug=found.slug, question=found.question, answer=found.answer, question_english=found.question_english,
        answer_english=found.answer_english, states=[OrderState(state) for state in found.states],
        events=found.events, delivers=found.delivers, keywords=found.keywords, position=found.position,
        shown=found.shown,
    )  # fmt: skip
    return _page(desk, draft, is_new=False)


@post("/answers", guards=EDIT, status_code=200)
async def save(desk: NamedDependency[Desk]) -> Response[Any]:
    form = await typed(desk.request)
    draft = await _draft(desk, form)
    try:
        draft = replace(draft, position=number_typed(form, "position", otherwise=0))
        if "new" in form and draft.slug in {one.slug for one in await list_answers(desk.db, with_hidden=True)}:
            raise InvalidInput(fields={"slug": Words("已经有同名的常见问题")})
        async with desk.db.transaction() as tx:
            await save_answer(tx, draft)
            await note(tx, desk.note("answer:saved", f"answer:{draft.slug}", enabled=draft.shown))
    except InvalidInput as refusal:
        return _page(desk, draft, is_new="new" in form, refusal=refusal)
    return back_to(PATH, done="saved")


async def _draft(desk: Desk, form: dict[str, str]) -> AnswerDraft:
    """What was typed; values that there are none of are left out."""
    states = await typed_lists(desk.request, "states")
    events = await typed_lists(desk.request, "events")
    return AnswerDraft(
        slug=form.get("slug", ""),
        question=form.get("question", ""),
        answer=form.get("answer", "").replace("\r\n", "\n"),
        question_english=form.get("question_english", ""),
        answer_english=form.get("answer_english", "").replace("\r\n", "\n"),
        states=[state for state in OrderState if state in states],
        events=[event for event in ORDER_EVENTS if event in events],
        delivers=Delivers(form["delivers"]) if form.get("delivers") in set(Delivers) else None,
        keywords=[word for word in form.get("keywords", "").replace("，", ",").split(",") if word.strip()][:30],
        shown="shown" in form,
    )


def _page(desk: Desk, draft: AnswerDraft, *, is_new: bool, refusal: Refusal | None = None) -> Response[str]:
    return show(
        desk.request, "console/answers/form.html", status=refusal.status if refusal else 200, draft=draft,
        is_new=is_new, states=list(OrderState), events=ORDER_EVENTS, delivers=DELIVERS, refusal=refusal,
    )  # fmt: skip
