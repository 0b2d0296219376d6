"""A picture goes into a case, sealed."""

from kameng.aftersales import store
from kameng.aftersales.picture import Picture, TooManyPictures
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction

PICTURES_MAX = 12
PURPOSE_PICTURE = "case picture"


async def add_picture(tx: Transaction, keyring: Keyring, *, case_id: int, message_id: int, picture: Picture) -> None:
    """In the transaction that writes its message and holds the case. Raises TooManyPictures."""
    if await store.pictures_counted(tx, case_id) >= PICTURES_MAX:
        raise TooManyPictures
    sealed = keyring.seal(picture.content, purpose=PURPOSE_PICTURE, bound_to=str(case_id).encode())
    await store.write_picture(tx, case_id, message_id, (picture.width, picture.height), sealed)
