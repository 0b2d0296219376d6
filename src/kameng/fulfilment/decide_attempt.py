"""A person has found out what became of an attempt in doubt: in the supplier's own books, or by asking there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kameng.catalogue.filling import Delivers
from kameng.fulfilment import store
from kameng.fulfilment.attempt import Answer, AskedBy, Attempt, AttemptState
from kameng.fulfilment.settle import settle
from kameng.fulfilment.told import Heard
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.stock.known_codes import count_new_codes
from kameng.supply.answer import Code, Delivered, Failed, Reason
from kameng.supply.suppliers import Source, Suppliers, SupplierUnknown

WORDS_MAX = 300
CODES_MAX = 1000


class AttemptMissing(Refusal):
    code = "attempt_missing"
    status = 404
    words = Words("没有这次发货尝试")


class AttemptNotInDoubt(Refusal):
    code = "attempt_not_in_doubt"
    words = Words("这次发货尝试已有结果，不用核实")


class AttemptTaken(Refusal):
    """Somebody else has it since the page was opened."""

    code = "attempt_taken"
    words = Words("刚刚有同事接手了，或已经有了结果，没有改动")


@dataclass(frozen=True)
class Finding:
    """What was found: delivered (with the codes, where it was codes) or not. `why` says how it is known."""

    delivered: bool
    why: str
    codes: Sequence[str] = field(default=(), repr=False)
    receipt: str = field(default="", repr=False)


async def decide_attempt(
    *, db: Database, keyring: Keyring, suppliers: Suppliers, attempt_id: int, finding: Finding, login: str
) -> AttemptState:
    """Record what a person found. Not delivered: another supplier is looked for at once, so it must be certain.

    The caller has checked the right to do so and writes the audit entry. Raises InvalidInput, AttemptMissing,
    AttemptNotInDoubt.
    """
    attempt = await _in_doubt(db, attempt_id)
    why, codes = finding.why.strip(), [code.strip() for code in finding.codes if code.strip()]
    if not 1 <= len(why) <= WORDS_MAX:
        raise InvalidInput(fields={"why": Words("请写明核实的依据，300 字以内")})
    answer: Answer = Failed(Reason.OTHER, why)
    if finding.delivered:
        await _check_codes(db, keyring, attempt, codes)
        answer = Delivered(codes=tuple(map(Code, codes)), receipt=finding.receipt, words=why)
    source = await _source(suppliers, attempt)
    supplier = source.code if source else str(attempt.supplier_id)
    heard = Heard(AskedBy.STAFF, Actor(ActorKind.STAFF, login), supplier)
    return await settle(db=db, keyring=keyring, source=source, attempt=attempt, answer=answer, heard=heard)


async def take_attempt(*, db: Database, attempt_id: int, staff_id: int, only_free: bool = False) -> None:
    """From now on this person looks into it; `only_free`: unless somebody else does.

    Raises AttemptMissing, AttemptNotInDoubt, AttemptTaken.
    """
    await _in_doubt(db, attempt_id)
    async with db.transaction() as tx:
        if not await store.take_attempt(tx, attempt_id, staff_id, only_free=only_free):
            raise AttemptTaken if only_free else AttemptNotInDoubt


async def ask_now(*, db: Database, attempt_id: int) -> None:
    """Ask the supplier at once, not when it is due. Raises AttemptMissing, AttemptNotInDoubt."""
    await _in_doubt(db, attempt_id)
    async with db.transaction() as tx:
        await store.ask_soon(tx, attempt_id)


async def _check_codes(db: Database, keyring: Keyring, attempt: Attempt, codes: Sequence[str]) -> None:
    """Without a code that is new, "delivered" would be no finding but another doubt, or even a failure."""
    async with db.reading() as connection:
        delivers = await store.delivers(connection, attempt.delivery_id)
        if delivers is not Delivers.CODES:
            return
        new = await count_new_codes(connection, keyring, sku_id=attempt.sku_id, codes=codes) if codes else 0
    if len(codes) > CODES_MAX:
        raise InvalidInput(fields={"codes": Words("卡密太多，请分批处理")})
    if not codes:
        raise InvalidInput(fields={"codes": Words("请填写货源给出的卡密，每行一个")})
    if new == 0:
        raise InvalidInput(fields={"codes": Words("这些卡密库中都已有，请核对")})


async def _source(suppliers: Suppliers, attempt: Attempt) -> Source | None:
    """None when its configuration can't be used: a person decides all the same."""
    try:
        return await suppliers.with_id(attempt.supplier_id)
    except SupplierUnknown:
        return None


async def _in_doubt(db: Database, attempt_id: int) -> Attempt:
    async with db.reading() as connection:
        attempt = await store.find_attempt(connection, attempt_id)
    if attempt is None:
        raise AttemptMissing
    if attempt.state not in {AttemptState.IN_DOUBT, AttemptState.PLACED}:
        raise AttemptNotInDoubt
    return attempt
