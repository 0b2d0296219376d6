"""Proofs of work 工作量证明: ALTCHA challenges, stateless until one is spent.

The challenge is SHA-256(salt + number) for a number below a bound; the solver searches it. Salt carries the time it
ends, and an HMAC under our key makes the challenge ours (https://altcha.org/docs/v1/proof-of-work).
"""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
from altcha import v1 as altcha

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection
from kameng.risk.guard import spend_proof

PURPOSE = "proof of work"
LIFE = timedelta(minutes=5)
NUMBERS_MAX = 100_000


class Challenge(msgspec.Struct, rename="lower"):
    """What the ALTCHA widget and our own solver read."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


def new_challenge(keyring: Keyring, now: datetime) -> Challenge:
    """About 50 000 hashes of work on average: a second on a cheap phone."""
    made = altcha.create_challenge(
        altcha.ChallengeOptions(hmac_key=_key(keyring), max_number=NUMBERS_MAX, expires=now + LIFE)
    )
    return Challenge(
        algorithm=made.algorithm,
        challenge=made.challenge,
        maxnumber=made.max_number,
        salt=made.salt,
        signature=made.signature,
    )


async def is_good(connection: Connection, keyring: Keyring, proof: str, now: datetime) -> bool:
    """Whether the base64 JSON payload solves a challenge of ours that has neither ended nor been spent. Spends it."""
    try:
        payload = msgspec.json.decode(base64.b64decode(proof, validate=True), type=altcha.PayloadType)
        solved, _ = altcha.verify_solution(proof, _key(keyring), check_expires=False)
        expires_at = datetime.fromtimestamp(int(altcha.extract_params(payload)["expires"][0]), UTC)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, msgspec.DecodeError):
        return False
    if not solved or expires_at <= now:
        return False
    # The challenge names the work; the same work written down differently is still the same.
    return await spend_proof(connection, hashlib.sha256(str(payload["challenge"]).encode()).digest(), expires_at)


def _key(keyring: Keyring) -> str:
    return keyring.index("challenge", purpose=PURPOSE).hex()
