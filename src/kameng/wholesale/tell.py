"""Word goes out about orders that have changed: claim, call, record; again until it is heard, or given up.

What is told is the newest state; a state that passed in between is not told by itself.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from kameng.kernel import km1
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.merchants.issue_key import KeyMissing, secret_of
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.wholesale import dujiao, store
from kameng.wholesale.hearer import Heard, Hearer
from kameng.wholesale.order import MerchantOrder, codes_of, find_order
from kameng.wholesale.purchase import PURPOSE_CALLBACK, Protocol

AT_A_TIME = 20
#: Longer than one call can take: nobody tells what is being told.
CALL_TAKES = timedelta(minutes=1)
ANSWER_MAX = 200
#: When to tell again what nobody heard; then we give up.
AGAIN_AFTER: Mapping[Protocol, tuple[timedelta, ...]] = {
    Protocol.KM1: tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 7200, 6 * 3600, 12 * 3600, 24 * 3600)),
    Protocol.DUJIAO: tuple(timedelta(seconds=s) for s in (30, 60, 120, 300)),
    # This protocol has no callbacks.
    Protocol.ACGFAKA: (),
}

log = structlog.get_logger()


@dataclass(frozen=True)
class _Due:
    order_id: int
    merchant_id: int
    merchant_code: str
    key_id: str
    protocol: Protocol
    url_sealed: bytes
    tries: int
    claimed: datetime


async def tell_merchants(*, db: Database, keyring: Keyring, hearer: Hearer) -> int:
    """How many were due. Up to AT_A_TIME at once; a slow one keeps nobody waiting beyond this round."""
    async with db.transaction() as tx:
        claimed = tx.now + CALL_TAKES
        rows = await store.claim_webhooks(tx, until=claimed, at_most=AT_A_TIME)
    due = [
        _Due(
            order_id=row["order_id"],
            merchant_id=row["merchant_id"],
            merchant_code=row["merchant_code"],
            key_id=row["key_id"],
            protocol=Protocol(row["protocol"]),
            url_sealed=row["url_sealed"],
            tries=row["tries"],
            claimed=claimed,
        )
        for row in rows
    ]
    await asyncio.gather(*(_tell(db, keyring, hearer, one) for one in due))
    return len(due)


async def tell_again(tx: Transaction, *, merchant_id: int, order_id: int) -> bool:
    """Tell the present state once more, now. False when nobody asked to be told of this order."""
    return await store.tell_again(tx, merchant_id, order_id)


async def _tell(db: Database, keyring: Keyring, hearer: Hearer, due: _Due) -> None:
    try:
        order = await find_order(db, due.merchant_id, order_id=due.order_id)
        body, headers = await _message(db, keyring, order, due)
        heard = await hearer.tell(_url_of(keyring, due), body=body, headers=headers)
    except KeyMissing:
        await _record_unheard(db, due, "the key was withdrawn", again=False)
        return
    except Exception as error:
        # One that breaks keeps no other from being told.
        log.exception("webhook.broken", order=due.order_id)
        await _record_unheard(db, due, f"broken on our side: {type(error).__name__}", again=True)
        return
    words = f"{heard.status or ''} {heard.text}".strip()[:ANSWER_MAX].replace("\0", "")
    if _is_heard(due.protocol, heard):
        async with db.one_statement() as tx:
            await store.record_told(tx, due.order_id, due.claimed, order.state, str(heard.status))
    else:
        await _record_unheard(db, due, words, again=True)


async def _record_unheard(db: Database, due: _Due, words: str, *, again: bool) -> None:
    pauses = AGAIN_AFTER[due.protocol]
    async with db.transaction() as tx:
        again_at = tx.now + pauses[due.tries - 1] if again and due.tries <= len(pauses) else None
        written = await store.record_unheard(tx, due.order_id, due.claimed, words, again_at=again_at)
        if written and again_at is None:
            await raise_alarm(tx, AlarmKind.MERCHANT_NOT_REACHED, f"merchant:{due.merchant_code}", answer=words)


def _is_heard(protocol: Protocol, heard: Heard) -> bool:
    if heard.status is None or not 200 <= heard.status < 300:
        return False
    if protocol is not Protocol.DUJIAO:
        return True
    try:
        said: Any = msgspec.json.decode(heard.text)
    except msgspec.DecodeError:
        return False
    return isinstance(said, dict) and said.get("ok") is True


async def _message(db: Database, keyring: Keyring, order: MerchantOrder, due: _Due) -> tuple[bytes, dict[str, str]]:
    now = db.clock.now()
    async with db.reading() as connection:
        secret = await secret_of(connection, keyring, due.key_id)
    if due.protocol is Protocol.DUJIAO:
        codes = await codes_of(db, keyring, order)
        body = msgspec.json.encode(_dujiao(order, codes, now))
        return body, dujiao.headers_of(
            due.key_id, secret, path=dujiao.CALLBACK_PATH, timestamp=str(int(now.timestamp())), body=body
        )
    body = msgspec.json.encode(_own(order, now))
    signed = km1.authorization(due.key_id, secret, method="POST", target=km1.WEBHOOK, body=body, now=now)
    return body, {"Authorization": signed}


def _dujiao(order: MerchantOrder, codes: list[str], now: datetime) -> dict[str, Any]:
    fulfilment = dujiao.fulfilment_of(order, codes)
    said = {
        "event": "order.fulfilled" if fulfilment else "order.status_changed",
        "order_id": int(order.order_id),
        "order_no": order.order_no,
        "downstream_order_no": order.out_order_no,
        "status": dujiao.STATUS[order.state],
        "timestamp": int(now.timestamp()),
    }
    return said | ({"fulfillment": fulfilment} if fulfilment else {})


def _own(order: MerchantOrder, now: datetime) -> dict[str, Any]:
    """No code travels in it: whoever hears it asks for the order."""
    return {
        "type": "order.state_changed",
        "id": f"evt_{secrets.token_hex(12)}",
        "timestamp": now.isoformat(),
        "data": {
            "order_no": order.order_no,
            "out_order_no": order.out_order_no,
            "state": order.state,
            "changed_at": order.changed_at.isoformat(),
        },
    }


def _url_of(keyring: Keyring, due: _Due) -> str:
    return keyring.unseal(due.url_sealed, purpose=PURPOSE_CALLBACK, bound_to=str(due.order_id).encode()).decode()
