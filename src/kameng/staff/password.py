"""Passwords: the rule for new ones, and argon2id, which is slow on purpose and therefore runs in a thread."""

import asyncio
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words

LENGTH_MIN = 12
LENGTH_MAX = 200
DIFFERENT_CHARACTERS_MIN = 5

# What people choose when twelve characters are asked of them; compared without case, blanks and punctuation.
_COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())

_hasher = PasswordHasher()

# Verified against when the login is unknown, so that both answers cost the same.
_NOBODY = _hasher.hash("nobody has this password")


def check_new_password(password: str, *, login: str) -> None:
    """Raises InvalidInput with the words for the field `password`."""
    words = _fault_of(password, login=login)
    if words is not None:
        raise InvalidInput(fields={"password": words})


def _fault_of(password: str, *, login: str) -> Words | None:
    bare, bare_login = _bare(password), _bare(login)
    if len(password) < LENGTH_MIN:
        return Words("密码至少 12 个字符")
    if len(password) > LENGTH_MAX:
        return Words("密码太长，最多 200 个字符")
    if bare_login in bare and len(bare.replace(bare_login, "")) < LENGTH_MIN // 2:
        return Words("密码不能是登录名，也不能只比登录名多几个字符")
    if bare in _COMMON or len(set(password)) < DIFFERENT_CHARACTERS_MIN:
        return Words("这个密码太常见，请换一个")
    return None


def _bare(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


async def hash_password(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, password)


async def is_password(password: str, password_hash: str | None) -> bool:
    """Whether it fits. Takes as long for None (nobody's hash) as for a hash that does not fit."""
    fits = await asyncio.to_thread(_verify, password_hash or _NOBODY, password[: LENGTH_MAX + 1])
    return fits and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
