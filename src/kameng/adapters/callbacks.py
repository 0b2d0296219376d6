"""Calls to addresses that merchants name. They are strangers' words, so none may lead inside our own network.

A name is looked up here, every address it leads to is judged, and the call goes to the very address that was judged:
a name that leads elsewhere a moment later changes nothing.
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from kameng.adapters.http import HttpClient
from kameng.kernel.errors import Outage
from kameng.kernel.public_address import Address, Network, may_be_called
from kameng.wholesale.hearer import Heard

LOOK_UP_TAKES_S = 5
ANSWER_BYTES_MAX = 16 * 1024
TEXT_MAX = 1000


class Callbacks:
    """Implements `wholesale.hearer.Hearer`. `reachable`: private networks that may be called all the same."""

    def __init__(self, http: HttpClient, *, reachable: Sequence[Network] = ()) -> None:
        self._http = http
        self._reachable = tuple(reachable)

    async def tell(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Heard:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = await _addresses_of(parts.hostname or "", port)
        if not addresses:
            return Heard(None, "no such host")
        if not all(may_be_called(address, self._reachable) for address in addresses):
            return Heard(None, "leads inside")
        try:
            answer = await self._http.post_json(
                url, body=body, headers=headers, bytes_max=ANSWER_BYTES_MAX, address=str(addresses[0])
            )
        except Outage as outage:
            return Heard(None, str(outage))
        return Heard(answer.status, answer.text[:TEXT_MAX])


async def _addresses_of(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOK_UP_TAKES_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return []
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
