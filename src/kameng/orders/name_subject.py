"""Whom staff mean when they put somebody on a list: typed out, or somebody an order came from."""

import re

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words, narrowed
from kameng.orders import store
from kameng.orders.account import account_index, masked, unseal_account
from kameng.orders.contact import contact_of, unseal_contact, whole_index
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId
from kameng.risk.lists import Subject
from kameng.risk.scores import latest_score
from kameng.risk.subjects import SubjectKind, public_names, subject_index

WRONG_ADDRESS = Words("IP 地址格式不对")
DEVICE_SHOWN = 6


class NotKnownHere(Refusal):
    """Nothing is kept by which this subject of the order could be told again."""

    code = "subject_unknown"
    words = Words("这个订单没有留下这项信息")


def subject_typed(keyring: Keyring, kind: SubjectKind, text: str) -> Subject:
    """A contact, an account, an address, or any address of a network. Raises InvalidInput (subject)."""
    text = narrowed(text)
    if not text:
        raise InvalidInput(fields={"subject": Words("请填写要加入名单的内容")})
    match kind:
        case SubjectKind.CONTACT:
            try:
                contact = contact_of(text)
            except InvalidInput as wrong:
                raise InvalidInput(fields={"subject": wrong.fields["contact"]}) from None
            return Subject(kind, whole_index(keyring, contact), contact.masked)
        case SubjectKind.ACCOUNT:
            return Subject(kind, account_index(keyring, text), masked(text))
        case SubjectKind.DEVICE:
            return Subject(kind, subject_index(keyring, kind, text), f"{text[:DEVICE_SHOWN]}…")
        case SubjectKind.ADDRESS | SubjectKind.NETWORK:
            return _address_typed(keyring, kind, text)


async def subject_of_order(connection: Connection, keyring: Keyring, order_id: OrderId, kind: SubjectKind) -> Subject:
    """Somebody an order came from. Raises OrderMissing, NotKnownHere, InvalidInput (subject), Unreadable."""
    row = await store.whom(connection, order_id)
    if row is None:
        raise OrderMissing
    match kind:
        case SubjectKind.CONTACT:
            contact = unseal_contact(keyring, order_id, row["contact_sealed"])
            return Subject(kind, row["contact_index"], contact.masked)
        case SubjectKind.ACCOUNT if row["sealed"] is not None:
            account = unseal_account(keyring, order_id, row["sealed"], operator=None, province=None)
            return Subject(kind, row["account_index"], account.masked)
        case SubjectKind.ADDRESS | SubjectKind.NETWORK if row["client_address"] is not None:
            return _address_typed(keyring, kind, str(row["client_address"]))
        case SubjectKind.DEVICE:
            score = await latest_score(connection, order_id)
            if score is not None and kind in score.subjects:
                return Subject(kind, score.subjects[kind], f"{score.subjects[kind].hex()[:DEVICE_SHOWN]}…")
    raise NotKnownHere


def _address_typed(keyring: Keyring, kind: SubjectKind, text: str) -> Subject:
    try:
        named = public_names(text.partition("/")[0])
    except ValueError:
        raise InvalidInput(fields={"subject": WRONG_ADDRESS}) from None
    if named is None:
        raise InvalidInput(fields={"subject": Words("本机和内网地址不能加入名单")})
    address, network = named
    first, second = re.split("[.:]", address)[:2]
    label = f"{first}:{second}:*" if ":" in address else f"{first}.{second}.*.*"
    return Subject(kind, subject_index(keyring, kind, address if kind is SubjectKind.ADDRESS else network), label)
