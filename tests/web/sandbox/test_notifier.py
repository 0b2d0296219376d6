"""Notifies are repeated until the merchant says success, and not for ever."""

import asyncio

import pytest

from kameng.web.sandbox.notifier import Manner, Notice, Notifier
from tests.stand_in import says, stand_in

pytestmark = pytest.mark.anyio

FIELDS = {"out_trade_no": "P1", "trade_no": "1", "money": "1.00", "name": "Q币 & 点"}


async def test_until_it_is_acknowledged() -> None:
    answers = [says("fail"), says("busy", status="503 Busy"), says(" success\n")]
    async with stand_in(lambda _: answers.pop(0)) as shop:
        notifier = Notifier(pauses_s=(0.01,) * 5)
        await asyncio.gather(*notifier.tell(Notice(shop.url + "n?shop=1", FIELDS)))
        await notifier.close()
    assert [h.fields for h in shop.heard] == [{"shop": "1"} | FIELDS] * 3
    assert {h.method for h in shop.heard} == {"GET"}
    assert (notifier.tally.sent, notifier.tally.acknowledged, notifier.tally.given_up) == (3, 1, 0)
    assert [(told.status, told.said) for told in notifier.tally.log] == [(200, "fail"), (503, "busy"), (200, "success")]


async def test_it_gives_up_in_the_end() -> None:
    async with stand_in(lambda _: says("fail")) as shop:
        notifier = Notifier(pauses_s=(0.01, 0.01))
        await asyncio.gather(*notifier.tell(Notice(shop.url, FIELDS)))
        await notifier.close()
    assert len(shop.heard) == 3
    assert notifier.tally.given_up == 1


@pytest.mark.parametrize("raw", [b"", b"gibberish\r\n\r\n", b"HTTP/1.1\r\n\r\n"])
async def test_what_is_no_answer_is_no_success(raw: bytes) -> None:
    async with stand_in(lambda _: raw) as shop:
        notifier = Notifier()
        told = await notifier.ask(Notice(shop.url, FIELDS))
        await notifier.close()
    assert told.status is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ftp://127.0.0.1/", "nonsense", "http://[bad/", "http://h:x/"])
async def test_an_address_where_nobody_is_harms_nobody(url: str) -> None:
    notifier = Notifier(pauses_s=())
    await asyncio.gather(*notifier.tell(Notice(url, FIELDS)))
    await notifier.close()
    assert notifier.tally.given_up == 1


async def test_copies_and_silence() -> None:
    async with stand_in(lambda _: says("success")) as shop:
        notifier = Notifier()
        assert notifier.tell(Notice(shop.url, FIELDS), manner=Manner(silent=True)) == []
        await asyncio.gather(*notifier.tell(Notice(shop.url, FIELDS), manner=Manner(copies=3)))
        await notifier.close()
    assert len(shop.heard) == 3


async def test_closing_stops_what_was_still_to_be_sent() -> None:
    async with stand_in(lambda _: says("success")) as shop:
        notifier = Notifier()
        tasks = notifier.tell(Notice(shop.url, FIELDS), manner=Manner(delay_s=60))
        await notifier.close()
    assert [task.cancelled() for task in tasks] == [True]
    assert shop.heard == []
