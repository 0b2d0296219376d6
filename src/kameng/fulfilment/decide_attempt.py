"""A person has found out what became of an attempt in doubt: in the supplier's own books, or by asking there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kameng.fulfilment import store
from kameng.fulfilment.attempt import Answer, AskedBy, Attempt, AttemptState
from kameng.fulfilment.settle import Heard, settle
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.supply.supplier import Code, Delivered, Failed, Reason
from kameng.supply.suppliers import Suppliers

WORDS_MAX = 300
CODES_MAX = 1000


class AttemptMissing(Refusal):
    code = "attempt_missing"
    status = 404
    words = Words("没有这次发货尝试")


class AttemptNotInDoubt(Refusal):
    code = "attempt_not_in_doubt"
    words = Words("这次发货尝试已有结果，不用核实")


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
    if not 1 <= len(finding.why) <= WORDS_MAX:
        raise InvalidInput(fields={"why": Words("请写明核实的依据，300 字以内")})
    if len(finding.codes) > CODES_MAX:
        raise InvalidInput(fields={"codes": Words("卡密太多，请分批处理")})
    source = await suppliers.with_id(attempt.supplier_id)
    heard = Heard(AskedBy.STAFF, Actor(ActorKind.STAFF, login))
    answer: Answer = Failed(Reason.OTHER, finding.why)
    if finding.delivered:
        codes = tuple(Code(code) for code in finding.codes)
        answer = Delivered(codes=codes, receipt=finding.receipt, words=finding.why)
    state = await settle(db=db, keyring=keyring, source=source, attempt=attempt, answer=answer, heard=heard)
    if finding.delivered and state in {AttemptState.IN_DOUBT, AttemptState.PLACED}:
        raise InvalidInput(fields={"codes": Words("请填写货源给出的卡密，每行一个")})
    return state


async def take_attempt(*, db: Database, attempt_id: int, staff_id: int) -> None:
    """From now on this person looks into it. Raises AttemptMissing, AttemptNotInDoubt."""
    await _in_doubt(db, attempt_id)
    async with db.transaction() as tx:
        if not await store.take_attempt(tx, attempt_id, staff_id):
            raise AttemptNotInDoubt


async def ask_now(*, db: Database, attempt_id: int) -> None:
    """Ask the supplier at once, not when it is due. Raises AttemptMissing, AttemptNotInDoubt."""
    await _in_doubt(db, attempt_id)
    async with db.transaction() as tx:
        await store.ask_soon(tx, attempt_id)


async def _in_doubt(db: Database, attempt_id: int) -> Attempt:
    async with db.reading() as connection:
        attempt = await store.find_attempt(connection, attempt_id)
    if attempt is None:
        raise AttemptMissing
    if attempt.state not in {AttemptState.IN_DOUBT, AttemptState.PLACED}:
        raise AttemptNotInDoubt
    return attempt
