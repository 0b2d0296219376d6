"""How answers break between two machines, shared by everything the sandbox plays."""

from collections.abc import AsyncIterator, Iterable
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from litestar import Response
from litestar.response import Stream

JSON_TYPE = "application/json; charset=utf-8"
_BROKEN_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"

Said = Response[Any]


def broken_page(*, status: int) -> Said:
    """What a proxy writes when nobody stands behind it."""
    return Response(_BROKEN_PAGE, media_type="text/html", status_code=status)


def cut_off(text: str) -> Said:
    """Half of the answer under the promise of more of it, then the line is dropped."""
    return Stream(_half(text), media_type=JSON_TYPE, headers={"content-length": str(len(text.encode()) + 4096)})


def unfinished(text: str) -> Said:
    """The answer without its end, as if that were all."""
    return Response(text[: len(text) - min(9, len(text))].encode(), media_type=JSON_TYPE, status_code=200)


def nothing() -> Said:
    return Response(b"", media_type=JSON_TYPE, status_code=200)


def redirect() -> Said:
    return Response(b"", status_code=302, headers={"location": "/elsewhere"})


async def _half(text: str) -> AsyncIterator[bytes]:
    yield text[: len(text) // 2].encode()


class Counted(Protocol):
    """`times` None: until something else is set."""

    times: int | None


CallT = TypeVar("CallT", bound=Enum)
WhimT = TypeVar("WhimT", bound=Counted)


class Due(Generic[CallT, WhimT]):
    """What is still to go wrong, by call, first set first served."""

    def __init__(self, calls: Iterable[CallT]) -> None:
        self._due: dict[CallT, list[WhimT]] = {call: [] for call in calls}

    def add(self, call: CallT, whim: WhimT) -> None:
        self._due[call].append(whim)

    def clear(self) -> None:
        for due in self._due.values():
            due.clear()

    def next(self, call: CallT) -> WhimT | None:
        due = self._due[call]
        if not due:
            return None
        first = due[0]
        if first.times is not None:
            first.times -= 1
            if first.times <= 0:
                due.pop(0)
        elif len(due) > 1:
            due.pop(0)
            return self.next(call)
        return first
