"""What is said in a case: bounded, and sealed at rest, because people write codes and numbers into it."""

from collections.abc import Sequence

from kameng.aftersales import store
from kameng.aftersales.add_picture import add_picture
from kameng.aftersales.case import Author, Case
from kameng.aftersales.picture import Picture
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words

WORDS_MAX = 1000
PURPOSE_WORDS = "case words"


def checked(words: str, *, needed: bool = True) -> str:
    """Raises InvalidInput (field words)."""
    words = words.replace("\0", "").replace("\r\n", "\n").strip()
    if needed and not words:
        raise InvalidInput(fields={"words": Words("请写点什么")})
    if len(words) > WORDS_MAX:
        raise InvalidInput(fields={"words": Words("最多 1000 字")})
    return words


async def say(  # noqa: PLR0913
    tx: Transaction, keyring: Keyring, case: Case, words: str, *,
    author: Author, login: str | None = None, pictures: Sequence[Picture] = (),
) -> int:  # fmt: skip
    """Write it into a case the caller has locked; the message's number. Raises TooManyPictures."""
    sealed = keyring.seal(words.encode(), purpose=PURPOSE_WORDS, bound_to=bound_to(case.id))
    message_id = await store.write_message(tx, case.id, author, login, sealed)
    for picture in pictures:
        await add_picture(tx, keyring, case_id=case.id, message_id=message_id, picture=picture)
    return message_id


def heard(keyring: Keyring, case_id: int, sealed: bytes) -> str:
    """The words of a message."""
    return keyring.unseal(sealed, purpose=PURPOSE_WORDS, bound_to=bound_to(case_id)).decode()


def bound_to(case_id: int) -> bytes:
    """Of another case it can't be opened."""
    return str(case_id).encode()
