"""The guard's questions, asked the same way by lookup and reveal."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.risk.guard import GuardRules, Standing, count_refusal, standing_of, subjects_of, tell_of_scanning
from kameng.risk.proof_of_work import Challenge, is_good, new_challenge


class Slowed(Refusal):
    """Sent away before the question was looked at; `counted` is how often that has happened from here."""

    counted: Mapping[str, int] = {}


class ProofNeeded(Slowed):
    """Too many misses from here, on this order or in the whole shop: solve `challenge` (ALTCHA) and ask again."""

    code = "proof_needed"
    status = 429
    words = Words("查询失败次数较多，请等待浏览器完成一次安全验证后重试")

    def __init__(self, challenge: Challenge) -> None:
        super().__init__(challenge=challenge)
        self.challenge = challenge


class SlowDown(Slowed):
    """This address has used up its tries; `retry_after_s` says when there are new ones."""

    code = "slow_down"
    status = 429
    words = Words("查询失败次数过多，请稍后再试")

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


def budgets_of(rules: GuardRules, address: str, order_ids: Sequence[int], now: datetime) -> list[tuple[str, datetime]]:
    return [(subject, rules.window_of(subject, now)) for subject in subjects_of(address, order_ids)]


async def let_through(  # noqa: PLR0913
    connection: Connection,
    keyring: Keyring,
    rules: GuardRules,
    failures: Mapping[str, int],
    *,
    address: str,
    order_ids: Sequence[int],
    proof: str | None,
    now: datetime,
) -> Standing:
    """What the guard still asks of this request. Raises SlowDown, ProofNeeded."""
    standing = standing_of(rules, failures, address=address, order_ids=order_ids, now=now)
    slowed: Slowed | None = None
    if standing.wait_s:
        slowed = SlowDown(standing.wait_s)
    elif standing.proof_needed and not (proof and await is_good(connection, keyring, proof, now)):
        slowed = ProofNeeded(new_challenge(keyring, now))
    if slowed is not None:
        slowed.counted = await count_refusal(connection, rules, address=address, now=now)
        raise slowed
    return standing


@asynccontextmanager
async def scanning_told(db: Database, rules: GuardRules) -> AsyncIterator[None]:
    """Whoever is sent away inside too often is told of, once their connection is free again."""
    try:
        yield
    except Slowed as slowed:
        await tell_of_scanning(db, rules, slowed.counted)
        raise
