"""A server on a real socket that says what it is told to say, and remembers what it heard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Heard:
    method: str
    target: str
    headers: dict[str, str]
    body: str

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def fields(self) -> dict[str, str]:
        """Query string and form."""
        return dict(parse_qsl(urlsplit(self.target).query) + parse_qsl(self.body))


def says(body: str | bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    raw = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\n{headers}\r\n".encode() + raw


#: What is written back to each request; None writes nothing and keeps the line open, b"" hangs up.
Reply = Callable[[Heard], bytes | None]


@dataclass
class StandIn:
    """`url` ends in a slash."""

    url: str
    reply: Reply
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        talk = asyncio.current_task()
        assert talk
        self._talks.add(talk)
        try:
            while await self._talked(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(talk)
            writer.close()

    async def _talked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, version = first.split()
        heard = Heard(method, target, headers, body.decode())
        self.heard.append(heard)
        answer = self.reply(heard)
        if answer is None:
            await asyncio.Event().wait()
        writer.write(answer or b"")
        await writer.drain()
        return bool(answer) and version == "HTTP/1.1"

    async def leave(self) -> None:
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


@asynccontextmanager
async def stand_in(reply: Reply) -> AsyncIterator[StandIn]:
    here = StandIn("", reply)
    server = await asyncio.start_server(here.meet, "127.0.0.1", 0)
    here.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield here
    finally:
        server.close()
        await here.leave()
        await server.wait_closed()
