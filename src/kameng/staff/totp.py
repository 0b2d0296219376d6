"""Time-based one-time codes (RFC 6238: SHA-1, six digits, 30 seconds), one step of clock drift either way."""

import hmac
from datetime import datetime

import pyotp

from kameng.kernel.crypto import Keyring
from kameng.kernel.text import digits_of
from kameng.staff.member import Staff

PURPOSE = "staff totp"
STEP_SECONDS = 30
CODE_DIGITS = 6
DRIFT = (0, -1, 1)
TYPED_CHARACTERS_MAX = 32


def seal_secret(keyring: Keyring, staff: Staff, secret: str) -> bytes:
    return keyring.seal(secret.encode(), purpose=PURPOSE, bound_to=str(staff.id).encode())


def unseal_secret(keyring: Keyring, staff: Staff, sealed: bytes) -> str:
    """Raises Unreadable."""
    return keyring.unseal(sealed, purpose=PURPOSE, bound_to=str(staff.id).encode()).decode()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The 30-second step whose code this is, of the present one and its neighbours; None when it is neither."""
    digits = digits_of(code[:TYPED_CHARACTERS_MAX])
    if len(digits) != CODE_DIGITS:
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    fitting = [
        present + drift
        for drift in DRIFT
        if hmac.compare_digest(generator.at((present + drift) * STEP_SECONDS), digits)
    ]
    return fitting[0] if fitting else None
