"""The one client: bounded, silent about secrets, never inside a transaction."""

import asyncio
import gzip
import traceback
from contextlib import AsyncExitStack

import pytest
from structlog.testing import capture_logs

from kameng.adapters import http as http_module
from kameng.adapters.http import HttpClient
from kameng.kernel.database import Database
from kameng.kernel.errors import Outage
from tests.stand_in import Heard, says, stand_in

pytestmark = pytest.mark.anyio

SECRET = "a-very-secret-key"
PARAMS = {"act": "order", "key": SECRET}


async def test_it_sends_a_query_and_reads_the_answer() -> None:
    async with stand_in(lambda _: says('\ufeff{"好": 1}')) as there, HttpClient() as http:
        answer = await http.get(there.url + "api.php", params={"name": "Q币&=", "empty": ""})
    assert (answer.status, answer.text) == (200, '{"好": 1}')
    assert there.heard[0].method == "GET"
    assert there.heard[0].target == "/api.php?name=Q%E5%B8%81%26%3D&empty="


async def test_it_posts_a_form() -> None:
    async with stand_in(lambda _: says("ok")) as there, HttpClient() as http:
        await http.post_form(there.url + "mapi.php?act=x", fields={"name": "Q币 & 点", "money": "1.00"})
    heard = there.heard[0]
    assert heard.fields == {"act": "x", "name": "Q币 & 点", "money": "1.00"}
    assert heard.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_connections_are_reused() -> None:
    async with stand_in(lambda _: says("ok")) as there, HttpClient() as http:
        for _ in range(5):
            await http.get(there.url, params={})
    assert there.connections == 1


async def test_of_many_origins_only_so_many_are_kept_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "ORIGINS_MAX", 2)
    async with AsyncExitStack() as stack, HttpClient() as http:
        doors = [await stack.enter_async_context(stand_in(lambda _: says("ok"))) for _ in range(5)]
        for _ in range(3):
            answers = await asyncio.gather(*(http.get(door.url) for door in doors))
            assert [answer.text for answer in answers] == ["ok"] * 5
    # Two are kept after each round, so that the next one makes three anew.
    assert sum(door.connections for door in doors) == 5 + 3 + 3


async def test_nobody_there_is_known_to_have_had_no_effect() -> None:
    async with stand_in(lambda _: says("ok")) as there:
        url = there.url
    async with HttpClient() as http:
        for address in (url, "http://no-such-host.invalid/"):
            with pytest.raises(Outage) as outage:
                await http.post_form(address, fields=PARAMS)
            assert outage.value.outcome_known


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"not HTTP at all\r\n\r\n",
        says("<html>", status="502 Bad Gateway"),
        says("{}", status="500 Internal Server Error"),
        says("x" * 2_000),
    ],
    ids=["silence", "hang-up", "cut", "no-http", "502", "500", "too-large"],
)
async def test_a_broken_answer_leaves_the_outcome_unknown(raw: bytes | None) -> None:
    async with stand_in(lambda _: raw) as there, HttpClient(total_timeout_s=0.3, answer_bytes_max=1_000) as http:
        with pytest.raises(Outage) as outage:
            await http.post_form(there.url, fields=PARAMS)
    assert not outage.value.outcome_known
    assert len(there.heard) == 1


async def test_a_drip_fed_answer_ends_with_the_total_time() -> None:
    # Each read would be quick enough; together they never end.
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
    async with stand_in(lambda _: endless) as there, HttpClient(total_timeout_s=0.3) as http:
        with pytest.raises(Outage) as outage:
            await http.get(there.url, params={})
    assert not outage.value.outcome_known


async def test_a_small_answer_that_unpacks_into_a_large_one_is_refused() -> None:
    bomb = says(gzip.compress(b"x" * 1_000_000), headers="Content-Encoding: gzip\r\n")
    async with stand_in(lambda _: bomb) as there, HttpClient(answer_bytes_max=10_000) as http:
        with pytest.raises(Outage, match="too large"):
            await http.get(there.url, params={})
    assert there.heard[0].headers["accept-encoding"] == "identity"


async def test_what_was_compressed_unasked_is_read_all_the_same() -> None:
    packed = says(gzip.compress(b"hello"), headers="Content-Encoding: gzip\r\n")
    async with stand_in(lambda _: packed) as there, HttpClient() as http:
        assert (await http.get(there.url, params={})).text == "hello"


async def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    def reply(_: Heard) -> bytes:
        return says("", status="302 Found", headers="Location: /elsewhere\r\nSet-Cookie: a=b\r\n")

    async with stand_in(reply) as there, HttpClient() as http:
        assert (await http.get(there.url, params=PARAMS)).status == 302
        await http.get(there.url, params=PARAMS)
    assert [h.path for h in there.heard] == ["/", "/"]
    assert "cookie" not in there.heard[1].headers


async def test_a_client_error_is_an_answer() -> None:
    async with stand_in(lambda _: says("no", status="404 Not Found")) as there, HttpClient() as http:
        assert (await http.get(there.url, params={})).status == 404


async def test_nothing_secret_is_logged_or_raised(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with stand_in(lambda heard: says("ok") if heard.method == "GET" else b"") as there, HttpClient() as http:
        with capture_logs() as logs:
            await http.get(there.url + "api.php", params=PARAMS)
            with pytest.raises(Outage) as outage:
                await http.post_form(there.url + "api.php", fields=PARAMS)
    error = outage.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert SECRET not in "".join(traceback.format_exception(error)) + str(logs) + caplog.text
    assert [(entry["event"], entry["method"], entry["path"]) for entry in logs] == [
        ("called", "GET", "/api.php"),
        ("call failed", "POST", "/api.php"),
    ]
    assert logs[0]["status"] == 200
    assert logs[0]["host"] == "127.0.0.1"


async def test_no_call_is_made_inside_a_transaction(db: Database) -> None:
    async with stand_in(lambda _: says("ok")) as there, HttpClient() as http, db.transaction():
        with pytest.raises(AssertionError, match="transaction"):
            await http.get(there.url, params={})
    assert there.heard == []
