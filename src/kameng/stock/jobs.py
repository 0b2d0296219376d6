"""Jobs of this step. An import given up on stays visible as a batch that is `importing`; `resume_imports` picks it
up."""

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.jobs import Job
from kameng.stock.import_upload import import_upload

IMPORT_CARDS = Job("import_cards")


async def import_cards(*, db: Database, keyring: Keyring, batch_id: int) -> None:
    """Body of IMPORT_CARDS."""
    await import_upload(db=db, keyring=keyring, batch_id=batch_id)
