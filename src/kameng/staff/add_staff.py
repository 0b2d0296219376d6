"""Somebody begins to work here."""

import re
from typing import ClassVar

from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words, narrowed
from kameng.staff import store
from kameng.staff.password import check_new_password, hash_password
from kameng.staff.roles import Role

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,30}", re.ASCII)


class LoginTaken(Refusal):
    code: ClassVar[str] = "login_taken"
    words: ClassVar[Words] = Words("这个登录名已经有人用了")


async def add_staff(*, db: Database, login: str, password: str, role: Role) -> int:
    """The new member's id. Raises InvalidInput (fields login, password) and LoginTaken."""
    login = narrowed(login).lower()
    if not _LOGIN.fullmatch(login):
        words = Words("登录名为 2–31 个字符：小写字母开头，可用小写字母、数字、点、横线、下划线")
        raise InvalidInput(fields={"login": words})
    check_new_password(password, login=login)
    password_hash = await hash_password(password)
    async with db.transaction() as tx:
        staff_id = await store.insert_staff(tx, login=login, role=role, password_hash=password_hash)
        if staff_id is None:
            raise LoginTaken(fields={"login": LoginTaken.words})
    return staff_id
