"""What a protocol's module says about itself, and what it is given to say it with."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import parse_qsl

from kameng.kernel.clock import SHANGHAI
from kameng.supply.supplier import Repeat
from kameng.web.sandbox.suppliers.warehouse import Warehouse
from kameng.web.sandbox.suppliers.wares import Declined, No, Purchase, Wanted, Ware


class Call(StrEnum):
    """What can be asked of a supplier, and made to misbehave. LOGIN is for platforms that hand out tokens."""

    PLACE = "place"
    QUERY = "query"
    CODES = "codes"
    BALANCE = "balance"
    CATALOGUE = "catalogue"
    GOODS = "goods"
    CANCEL = "cancel"
    COMPLAIN = "complain"
    LOGIN = "login"


@dataclass(frozen=True)
class Visit:
    """A request as it arrived. `path` begins with a slash and is without the prefix it is served under; `params` are
    the parts of the endpoint's path in braces; header names in lower case."""

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def form(self) -> dict[str, str]:
        """Query string and form, the form wins."""
        return {**self.query, **dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))}

    @cached_property
    def json(self) -> dict[str, Any]:
        """Raises Declined(FIELD_MISSING) for anything but a JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Declined(No.FIELD_MISSING)
        return found


@dataclass(frozen=True)
class Said:
    """An answer: an object for JSON, or text as it goes out."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json; charset=utf-8"

    @property
    def text(self) -> str:
        return self.body if isinstance(self.body, str) else compact(self.body)


@dataclass(frozen=True)
class Errand:
    """A callback on its way. `acknowledged` looks at status and body (blanks stripped) of the answer."""

    number: str
    url: str
    body: bytes
    acknowledged: Callable[[int, str], bool]
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/x-www-form-urlencoded"})
    method: str = "POST"


class Counter(Protocol):
    """Where an endpoint's work is done: `room.Room` implements it."""

    warehouse: Warehouse
    credentials: Mapping[str, str]

    def place(self, wanted: Wanted) -> Purchase:
        """Takes an order, which then goes the way that was set for it; an instant one has ended when this returns.
        Raises Declined."""
        ...

    def cancel(self, purchase: Purchase) -> Purchase:
        """Withdraws it with all its money, and calls back. Raises Declined(TOO_LATE) once it has ended."""
        ...

    def dressed(self, ware: Ware, entry: dict[str, Any]) -> dict[str, Any]:
        """An entry of the catalogue, with the garbage that was put on it."""
        ...


@dataclass(frozen=True)
class Endpoint:
    """`path` may have parts in braces, `/topups/{id}/status`; `method` None takes any. `answer` raises Declined."""

    path: str
    call: Call
    answer: Callable[[Counter, Visit], Said]
    method: str | None = None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))

    def met_by(self, visit: Visit) -> Visit | None:
        """The visit with its params, if it is meant for this endpoint."""
        found = self._pattern.fullmatch(visit.path) if self.method in {None, visit.method} else None
        return replace(visit, params=found.groupdict()) if found else None


@dataclass(frozen=True)
class Emulation:
    """One protocol. `credentials`: which names it needs to know its one customer by. `decline` says no in its own
    code and words. `errand` builds the signed callback about a purchase (None where there is none). `code_names` and
    `status_names` are the fields of answers that hold a result code and an order's state, for whims that say something
    unknown there. `seal` signs an answer, after whims have altered it.
    `prefix` begins the numbers it gives: the first letters of its name unless told otherwise."""

    name: str
    credentials: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    decline: Callable[[Call, No], Said]
    errand: Callable[[Counter, Purchase], Errand | None]
    repeat: Repeat = Repeat.REFUSED
    code_names: frozenset[str] = frozenset({"code"})
    status_names: frozenset[str] = frozenset({"status"})
    seal: Callable[[Counter, Any], Any] | None = None
    prefix: str | None = None


def compact(value: Any) -> str:
    """JSON in one line without blanks, Chinese and slashes as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def local_time(purchase: Purchase) -> str:
    """When it ended, or was placed, on a Chinese clock."""
    return f"{(purchase.ended_at or purchase.placed_at).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
