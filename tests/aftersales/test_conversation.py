"""What is said in a case: sealed, bounded, not too often, and each side reads what is theirs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.aftersales.add_picture import PICTURES_MAX
from kameng.aftersales.answer_case import AnsweredMeanwhile, StaffAnswer, Then, answer_case
from kameng.aftersales.case import Author, CaseMissing, CaseMoved, CaseState
from kameng.aftersales.conversation import case_version, find_picture, read_case
from kameng.aftersales.picture import TooManyPictures, read_picture
from kameng.aftersales.words import WORDS_MAX
from kameng.aftersales.write_message import MESSAGES_MAX, TooManyMessages, write_message
from kameng.aftersales.write_note import write_note
from kameng.invariants.check import check_invariants
from kameng.kernel.crypto import Unreadable
from kameng.kernel.errors import InvalidInput
from kameng.orders.number import OrderId
from tests.builders.cases import a_case_desk, a_picture
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

pytestmark = pytest.mark.anyio

SECRET = "CARD00001X000000 打不开，我的电话 13800001234"


async def test_both_sides_read_what_was_said_in_order(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.buyer_writes("提示已使用")
    await desk.answer("请发一张截图", then=Then.BUYER)
    await desk.buyer_writes("截图来了", pictures=(a_picture(),))
    seen = await read_case(db=shop.db, keyring=shop.keyring, order_id=desk.order_id)
    assert seen is not None
    assert [(m.author, m.words) for m in seen.messages] == [
        (Author.BUYER, "提示已使用"), (Author.STAFF, "请发一张截图"), (Author.BUYER, "截图来了"),
    ]  # fmt: skip
    assert [len(m.pictures) for m in seen.messages] == [0, 0, 1]
    assert seen.case.state is CaseState.ANSWERED


async def test_words_are_sealed_at_rest_and_to_their_case(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.buyer_writes(SECRET)
    wrong = await check_invariants(shop.db, now=shop.clock.now(), secrets=[SECRET, "13800001234", "CARD00001X000000"])
    assert wrong == []
    assert "13800001234" not in repr((await desk.file()).messages)
    other = await a_paid_order(shop, await a_stocked_sku(shop))
    await shop.rows("UPDATE cases SET state = 'closed', closed_at = now(), due_at = NULL, due_for = NULL")
    await shop.rows(
        "INSERT INTO cases (order_id, kind, state, facts, opened_at, answer_by, solve_by)"
        " VALUES ($1, 'other', 'open', '{}', now(), now(), now())", other.order_id,
    )  # fmt: skip
    await shop.rows("UPDATE case_messages SET case_id = case_id + 1")
    with pytest.raises(Unreadable):
        await read_case(db=shop.db, keyring=shop.keyring, order_id=other.order_id)


async def test_a_note_is_for_staff_alone_and_stops_no_clock(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await write_note(db=shop.db, keyring=shop.keyring, case_id=desk.case.id, staff=desk.an, words="像是老客户")
    seen = await read_case(db=shop.db, keyring=shop.keyring, order_id=desk.order_id)
    assert seen is not None
    assert list(seen.messages) == []
    assert [(m.author, m.login, m.words) for m in (await desk.file()).messages] == [(Author.NOTE, "an", "像是老客户")]
    assert await desk.now() == desk.case


async def test_the_version_grows_with_everything_that_happens(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    versions = [await case_version(shop.db, desk.case.id)]
    for act in (desk.buyer_writes, desk.answer, desk.solve):
        await act()
        versions.append(await case_version(shop.db, desk.case.id))
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("words", ["", "  \r\n ", "x" * (WORDS_MAX + 1)])
async def test_words_are_needed_and_bounded(shop: Shop, words: str) -> None:
    desk = await a_case_desk(shop)
    for write in (desk.buyer_writes, desk.answer):
        with pytest.raises(InvalidInput) as refused:
            await write(words)
        assert set(refused.value.fields) == {"words"}
    assert await desk.story() == ["opened"]


async def test_nul_can_be_typed(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.buyer_writes("不\0行")
    assert [m.words for m in (await desk.file()).messages] == ["不行"]


async def test_a_buyer_in_a_hurry_is_slowed_down_and_may_write_again_later(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    for _ in range(MESSAGES_MAX):
        await desk.buyer_writes()
        shop.clock.go_on(timedelta(seconds=30))
    with pytest.raises(TooManyMessages) as refused:
        await desk.buyer_writes()
    assert refused.value.values["retry_after_s"] == 301
    assert len((await desk.file()).messages) == MESSAGES_MAX
    shop.clock.go_on(timedelta(seconds=301))
    await desk.buyer_writes()


async def test_there_is_an_end_of_pictures(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    for _ in range(PICTURES_MAX // 3):
        await desk.buyer_writes("", pictures=(a_picture(),) * 3)
    with pytest.raises(TooManyPictures):
        await desk.buyer_writes("再一张", pictures=(a_picture(),))
    with pytest.raises(TooManyPictures):
        await desk.buyer_writes("四张", pictures=(a_picture(),) * 4)
    file = await desk.file()
    assert (len(file.messages), sum(len(m.pictures) for m in file.messages)) == (PICTURES_MAX // 3, PICTURES_MAX)


async def test_a_picture_is_sealed_and_shown_for_its_order_alone(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    sent = a_picture(size=(40, 30))
    await desk.buyer_writes("看图", pictures=(sent,))
    (shot,) = (await desk.file()).messages[0].pictures
    shown = await find_picture(db=shop.db, keyring=shop.keyring, order_id=desk.order_id, picture_id=shot.id)
    assert shown == read_picture(sent).content
    assert (shot.width, shot.height) == (40, 30)
    (row,) = await shop.rows("SELECT sealed FROM case_pictures")
    assert b"WEBP" not in bytes(row["sealed"])  # type: ignore[call-overload]
    other = await a_paid_order(shop, await a_stocked_sku(shop))
    for order_id, picture_id in ((other.order_id, shot.id), (desk.order_id, shot.id + 1)):
        with pytest.raises(CaseMissing):
            await find_picture(db=shop.db, keyring=shop.keyring, order_id=order_id, picture_id=picture_id)


async def test_without_a_case_nothing_can_be_written(shop: Shop) -> None:
    order = await a_paid_order(shop, await a_stocked_sku(shop))
    desk = await a_case_desk(shop)
    for order_id in (order.order_id, OrderId(1)):
        with pytest.raises(CaseMissing):
            await write_message(**desk.tools(), order_id=order_id, words="有人吗")


async def test_a_solved_case_wants_yes_or_no_first(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    await desk.solve()
    for act in (desk.buyer_writes, desk.answer):
        with pytest.raises(CaseMoved):
            await act()


async def test_who_has_not_read_a_colleagues_answer_is_told(shop: Shop) -> None:
    desk = await a_case_desk(shop)
    before = (await desk.file()).seen
    await desk.answer("我来处理", by=desk.an)
    late = StaffAnswer(desk.case.id, desk.bo, "我来处理", before)
    with pytest.raises(AnsweredMeanwhile):
        await answer_case(**desk.tools(), answer=late)
    assert [m.login for m in (await desk.file()).messages] == ["an"]
    await answer_case(**desk.tools(), answer=replace(late, seen=(await desk.file()).seen))
    assert [m.login for m in (await desk.file()).messages] == ["an", "bo"]
