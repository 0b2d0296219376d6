"""A gateway says something: verify it, store it raw, and ask the gateway before believing it."""

import hashlib
from collections.abc import Mapping

from kameng.kernel.database import Database
from kameng.orders.contact import without_contacts
from kameng.payment import store
from kameng.payment.attempt import ASK_AFTER, HeardFrom, attempt_id_of
from kameng.payment.gateway import Forged, Notice, Paid, QueryAnswer, Unpaid
from kameng.payment.gateways import Channel, Gateways
from kameng.payment.settle import settle
from kameng.risk.alarms import AlarmKind, raise_alarm

FIELDS_MAX = 40
TEXT_MAX = 500


async def hear_notify(*, db: Database, gateways: Gateways, gateway_code: str, fields: Mapping[str, str]) -> str:
    """What to answer the sender with. Once a genuine notify is stored it is ours to settle: unless the gateway denies
    it at once it is acknowledged, and the poller asks until its money is recorded.

    Raises GatewayUnknown.
    """
    channel = await gateways.named(gateway_code)
    try:
        notice = channel.gateway.read_notify(fields)
    except Forged as forged:
        await _note_forgery(db, channel, fields, str(forged))
        return channel.gateway.rejection
    attempt_id = attempt_id_of(notice.reference)
    attempt_id = await _store(db, channel, fields, notice, attempt_id)
    if attempt_id is None or not notice.paid:
        return channel.gateway.acknowledgement
    answer = await settle(
        db=db, gateways=gateways, attempt_id=attempt_id, heard_from=HeardFrom.NOTIFY, trade_no=notice.trade_no
    )
    if _contradicts(notice, answer):
        async with db.transaction() as tx:
            await raise_alarm(
                tx, AlarmKind.NOTICE_CONTRADICTED, f"payment:{notice.reference}", said_fen=notice.amount_fen,
                found_fen=answer.amount_fen if isinstance(answer, Paid) else 0,
            )  # fmt: skip
    return channel.gateway.rejection if isinstance(answer, Unpaid) else channel.gateway.acknowledgement


async def _store(
    db: Database, channel: Channel, fields: Mapping[str, str], notice: Notice, attempt_id: int | None
) -> int | None:
    """Write the notify down; the attempt it is about, None if there is none of ours at this gateway."""
    digest = hashlib.sha256(repr(sorted(fields.items())).encode("utf-8", "replace")).digest()
    numbers = {notice.reference, notice.trade_no}
    kept = {name: value if value in numbers else without_contacts(value) for name, value in fields.items()}
    async with db.one_statement() as tx:
        ask_at = tx.now + ASK_AFTER[0] if notice.paid else None
        known = await store.store_notice(
            tx, store.NewNotice(channel.id, digest, genuine=True, fields=kept, attempt_id=attempt_id,
                                trade_no=notice.trade_no, ask_at=ask_at)
        )  # fmt: skip
    if known is None:
        async with db.transaction() as tx:
            await raise_alarm(
                tx, AlarmKind.UNKNOWN_PAYMENT, f"gateway:{channel.code}", reference=notice.reference,
                trade_no=notice.trade_no, said_fen=notice.amount_fen,
            )  # fmt: skip
    return known


async def _note_forgery(db: Database, channel: Channel, fields: Mapping[str, str], why: str) -> None:
    """One row a minute however many come, so that nobody can fill the disk with lies."""
    shortened = {
        without_contacts(name[:TEXT_MAX]): without_contacts(value[:TEXT_MAX])
        for name, value in list(fields.items())[:FIELDS_MAX]
    }
    async with db.transaction() as tx:
        digest = hashlib.sha256(f"forged {tx.now:%Y-%m-%d %H:%M}".encode()).digest()
        await store.store_notice(tx, store.NewNotice(channel.id, digest, genuine=False, fields=shortened))
        await raise_alarm(tx, AlarmKind.FORGED_NOTICE, f"gateway:{channel.code}", why=why)


def _contradicts(notice: Notice, answer: QueryAnswer | None) -> bool:
    return isinstance(answer, Unpaid) or (isinstance(answer, Paid) and answer.amount_fen != notice.amount_fen)
