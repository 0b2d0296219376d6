"""Strangers' addresses are called from outside our walls only, and no name leads back in."""

import asyncio
import socket
from typing import Any

import pytest

from kameng.adapters.callbacks import Callbacks
from kameng.adapters.http import HttpClient
from kameng.kernel.public_address import Network
from kameng.merchants.merchant import network_of
from kameng.wholesale.hearer import Heard
from tests.stand_in import says, stand_in

pytestmark = pytest.mark.anyio

LOOPBACK: tuple[Network, ...] = (network_of("127.0.0.0/8"),)


async def told(url: str, reachable: tuple[Network, ...] = ()) -> Heard:
    async with HttpClient(connect_timeout_s=2, total_timeout_s=2) as http:
        return await Callbacks(http, reachable=reachable).tell(url, body=b'{"a":1}', headers={"x-signed": "yes"})


async def test_a_post_arrives_byte_for_byte_under_the_name_it_was_sent_to() -> None:
    async with stand_in(lambda _: says('{"ok":true}')) as there:
        heard = await told(there.url.replace("127.0.0.1", "localhost") + "cb?x=1", LOOPBACK)
        assert heard == Heard(200, '{"ok":true}')
        [call] = there.heard
        assert (call.method, call.target, call.body) == ("POST", "/cb?x=1", '{"a":1}')
        assert call.headers["host"].startswith("localhost:")
        assert call.headers["x-signed"] == "yes"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
async def test_nothing_inside_is_called(host: str) -> None:
    async with stand_in(lambda _: says("x")) as there:
        heard = await told(there.url.replace("127.0.0.1", host))
        assert heard.status is None
        assert there.connections == 0


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A name server in the hands of somebody else: each question takes the next answer, the last one for ever."""
    answers: list[str] = []

    async def getaddrinfo(_: Any, host: str, port: int, **more: object) -> list[Any]:
        addresses = (answers.pop(0) if len(answers) > 1 else answers[0]).split(",")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return answers


async def test_a_name_that_leads_inside_is_not_followed(name_server: list[str]) -> None:
    name_server.append("127.0.0.1")
    async with stand_in(lambda _: says("x")) as there:
        heard = await told(there.url.replace("127.0.0.1", "evil.example.com"))
        assert heard == Heard(None, "leads inside")
        name_server[:] = ["8.8.8.8,127.0.0.1"]
        assert await told(there.url.replace("127.0.0.1", "evil.example.com")) == Heard(None, "leads inside")
        assert there.connections == 0


async def test_a_name_that_leads_elsewhere_a_moment_later_changes_nothing(name_server: list[str]) -> None:
    async with stand_in(lambda _: says("first")) as first:
        port = first.url.rsplit(":", 1)[1]
        name_server[:] = ["127.0.0.1", "127.0.0.2"]
        heard = await told(f"http://evil.example.com:{port}", (network_of("127.0.0.1/32"),))
        assert heard == Heard(200, "first")
        assert first.heard[0].headers["host"] == f"evil.example.com:{port.strip('/')}"
        assert len(name_server) == 1, "asked once, and called what was answered then"


async def test_no_redirect_is_followed() -> None:
    async with stand_in(lambda _: says("secrets")) as inside:
        moved = says("", status="307 Temporary Redirect", headers=f"Location: {inside.url}\r\n")
        async with stand_in(lambda _: moved) as there:
            heard = await told(there.url, LOOPBACK)
            assert heard.status == 307
            assert inside.connections == 0


async def test_silence_garbage_and_nobody_are_told_apart_from_an_answer() -> None:
    async with stand_in(lambda _: says("x" * 100_000)) as there:
        assert (await told(there.url, LOOPBACK)).status is None
    assert (await told(there.url, LOOPBACK)).status is None
    assert (await told("http://no-such-name.invalid/")).status is None
    async with stand_in(lambda _: says("oops", status="500 Oops")) as there:
        assert (await told(there.url, LOOPBACK)).status is None
