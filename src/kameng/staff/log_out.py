"""A session is closed."""

from kameng.kernel.database import Database
from kameng.staff import store
from kameng.staff.audit import Note, note
from kameng.staff.member import Session


async def log_out(*, db: Database, session: Session, address: str | None) -> None:
    """Close this session; closing it twice is no error."""
    async with db.transaction() as tx:
        if await store.close_session(tx, session.token_index):
            await note(tx, Note(session.staff, "session:closed", f"staff:{session.staff.login}", {}, address))
