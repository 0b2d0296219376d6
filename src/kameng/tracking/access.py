"""Tokens that open one order: given to whoever placed it or proved it to be theirs, held by the browser or API client.

A token is the order's key, what it allows, when it ends, and a keyed hash over the three. Nothing is stored.
"""

import base64
import binascii
import hmac
import struct
from datetime import datetime, timedelta
from enum import IntEnum

from kameng.kernel.crypto import INDEX_BYTES, Keyring
from kameng.orders.number import OrderId

PURPOSE = "order access"
_FORM = struct.Struct(">QBI")


class Access(IntEnum):
    """VIEWER: number and second factor were right. OWNER: placed it, or typed the whole contact."""

    VIEWER = 1
    OWNER = 2


LIFE = {Access.VIEWER: timedelta(days=1), Access.OWNER: timedelta(days=90)}


def grant(keyring: Keyring, order_id: OrderId, access: Access, now: datetime) -> str:
    """A token for this order, safe in a cookie or header."""
    body = _FORM.pack(order_id, access, int((now + LIFE[access]).timestamp()))
    return base64.urlsafe_b64encode(body + _mac(keyring, body)).rstrip(b"=").decode()


def access_of(keyring: Keyring, token: str, order_id: OrderId, now: datetime) -> Access | None:
    """What the token allows on this order at this moment; None if nothing."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: _FORM.size], raw[_FORM.size :]
    if len(body) != _FORM.size or len(mac) != INDEX_BYTES or not hmac.compare_digest(mac, _mac(keyring, body)):
        return None
    named, access, ends = _FORM.unpack(body)
    return Access(access) if named == order_id and ends > now.timestamp() else None


def _mac(keyring: Keyring, body: bytes) -> bytes:
    return keyring.index(body.hex(), purpose=PURPOSE)
