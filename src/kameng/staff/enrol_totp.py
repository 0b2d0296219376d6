"""Enrolment of an authenticator: a secret shown once as QR code and text, confirmed by the first code made from it."""

from dataclasses import dataclass
from io import BytesIO

import pyotp
import segno

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.staff import store
from kameng.staff.audit import Note, note
from kameng.staff.member import Session, SessionEnded, Staff, Step
from kameng.staff.pass_totp import check_code
from kameng.staff.sessions import Opened
from kameng.staff.totp import seal_secret, unseal_secret

ISSUER = "Kameng"


@dataclass(frozen=True)
class Enrolment:
    """What the page shows: the secret in groups of four, and the same as an SVG image (a whole document)."""

    secret: str
    svg: str


async def begin_enrolment(*, db: Database, keyring: Keyring, session: Session) -> Enrolment:
    """The secret to enrol with: the one begun before, or a new one. Raises SessionEnded for the enrolled."""
    if session.step is not Step.ENROL:
        raise SessionEnded
    async with db.transaction() as tx:
        secrets = await store.lock_secrets(tx, session.staff.id)
        if secrets.totp_since is not None:
            raise SessionEnded
        # A page loaded again shows the secret that was scanned a moment ago.
        if secrets.totp_sealed is not None:
            return _enrolment(session.staff, unseal_secret(keyring, session.staff, secrets.totp_sealed))
        secret = pyotp.random_base32()
        await store.set_totp(tx, session.staff.id, seal_secret(keyring, session.staff, secret))
    return _enrolment(session.staff, secret)


async def confirm_enrolment(
    *, db: Database, keyring: Keyring, session: Session, code: str, address: str | None
) -> Opened:
    """Take the secret into use and finish the session under a new token. Raises WrongCode, LockedOut, SessionEnded."""
    if session.step is not Step.ENROL:
        raise SessionEnded
    async with db.transaction() as tx:
        outcome = await check_code(tx, keyring, session, code=code, address=address)
        if isinstance(outcome, Opened):
            await store.confirm_totp(tx, session.staff.id)
            await note(tx, Note(session.staff, "totp:enrolled", f"staff:{session.staff.login}", {}, address))
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _enrolment(staff: Staff, secret: str) -> Enrolment:
    uri = pyotp.TOTP(secret).provisioning_uri(name=staff.login, issuer_name=ISSUER)
    svg = BytesIO()
    segno.make(uri, error="m").save(svg, kind="svg", scale=5, border=2, xmldecl=False)
    grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return Enrolment(grouped, svg.getvalue().decode())
