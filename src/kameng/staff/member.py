"""A member of staff as data, and what a surface knows of the one in front of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.staff.roles import Role


@dataclass(frozen=True)
class Staff:
    """Who acts. `login` is what order events and the audit log name."""

    id: int
    login: str
    role: Role


@dataclass(frozen=True)
class StaffListed:
    """One line of the staff list."""

    id: int
    login: str
    role: Role
    enabled: bool
    has_totp: bool
    locked_until: datetime | None
    created_at: datetime


class Step(StrEnum):
    """What a session still lacks."""

    ENROL = "enrol"
    CODE = "code"
    DONE = "done"


@dataclass(frozen=True)
class Session:
    """An open session. `token_index` finds it; the token itself is only in the browser."""

    token_index: bytes
    staff: Staff
    step: Step
    opened_at: datetime
    seen_at: datetime


class StaffMissing(Refusal):
    code: ClassVar[str] = "staff_missing"
    status: ClassVar[int] = 404
    words: ClassVar[Words] = Words("没有这个员工账号")


class SessionEnded(Refusal):
    """The session timed out, was closed, or is not at the step it was used for: log in again."""

    code: ClassVar[str] = "session_ended"
    status: ClassVar[int] = 401
    words: ClassVar[Words] = Words("登录已过期，请重新登录")
