"""A plain visit to an address, as gateways pay it: HTTP/1.0, one connection, no redirect, no library to weigh on it."""

import asyncio
import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

_ANSWER_BYTES_MAX = 64 * 1024


def with_fields(url: str, fields: Mapping[str, str]) -> str:
    """The address with these fields added to its query string."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(fields))))
    return urlunsplit(parts._replace(query=query, fragment=""))


async def visit(url: str) -> tuple[int, str]:
    """Status and body. Raises OSError if nobody is there (a time-out is the caller's), ValueError for anything but
    HTTP."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        msg = "not a web address"
        raise ValueError(msg)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or (443 if secure else 80), ssl=secure)
    try:
        path = f"{parts.path or '/'}?{parts.query}"
        head = f"GET {path} HTTP/1.0\r\nHost: {parts.netloc}\r\nUser-Agent: epay\r\nAccept: */*\r\n\r\n"
        writer.write(head.encode("ascii"))
        answer = bytearray()
        while len(answer) < _ANSWER_BYTES_MAX and (part := await reader.read(_ANSWER_BYTES_MAX)):
            answer += part
    finally:
        writer.close()
    start, _, body = bytes(answer).partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.[01] (\d{3})", start)
    if status is None:
        msg = "not an HTTP answer"
        raise ValueError(msg)
    return int(status[1]), body.decode("utf-8", "replace")
