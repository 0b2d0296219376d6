"""The buyer says something, with or without pictures."""

from collections.abc import Sequence
from datetime import timedelta

from kameng.aftersales import store
from kameng.aftersales.case import Author, BuyerWrote, Case, CaseMissing, CaseRules
from kameng.aftersales.move import BUYER, move
from kameng.aftersales.picture import read_pictures
from kameng.aftersales.words import checked, say
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.number import OrderId

MESSAGES_MAX = 10
WINDOW = timedelta(minutes=10)


class TooManyMessages(Refusal):
    """`retry_after_s`: when to come again."""

    code = "too_many_messages"
    status = 429
    words = Words("发送太频繁，请过几分钟再试；客服能看到您之前的留言")


async def write_message(
    *, db: Database, keyring: Keyring, rules: CaseRules, order_id: OrderId, words: str, pictures: Sequence[bytes] = ()
) -> Case:
    """Into the order's newest case; words may be missing where there are pictures.

    The caller has checked that its writer owns the order. Raises InvalidInput, CaseMissing, CaseMoved,
    TooManyMessages, TooManyPictures, PictureTooLarge, PictureUnusable.
    """
    words = checked(words, needed=not pictures)
    read = await read_pictures(pictures)
    async with db.transaction() as tx:
        case = await newest_case(tx, order_id)
        await not_too_hasty(tx, case)
        case = await move(tx, rules, case, BuyerWrote, by=BUYER)
        await say(tx, keyring, case, words, author=Author.BUYER, pictures=read)
    return case


async def newest_case(tx: Transaction, order_id: OrderId) -> Case:
    """The order's newest case, held. Raises CaseMissing."""
    case = await store.lock_newest(tx, order_id)
    if case is None:
        raise CaseMissing
    return case


async def not_too_hasty(tx: Transaction, case: Case) -> None:
    """Raises TooManyMessages."""
    count, since = await store.buyers_messages(tx, case.id, tx.now - WINDOW)
    if count >= MESSAGES_MAX and since is not None:
        raise TooManyMessages(retry_after_s=int((since + WINDOW - tx.now).total_seconds()) + 1)
