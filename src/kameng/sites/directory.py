"""All sites, remembered for a short while: every page needs its site, and sites hardly ever change."""

from datetime import datetime, timedelta

from kameng.kernel.database import Database
from kameng.sites import store
from kameng.sites.site import Site

FRESH_FOR = timedelta(seconds=15)


class SiteDirectory:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._sites: tuple[Site, ...] = ()
        self._read_at: datetime | None = None

    async def sites(self) -> tuple[Site, ...]:
        """In the order they are shown; at most fifteen seconds old."""
        now = self._db.clock.now()
        if self._read_at is None or not self._sites or now - self._read_at > FRESH_FOR:
            async with self._db.reading() as connection:
                rows = await store.list_sites(connection)
            self._sites = tuple(Site(**{**dict(row), "hosts": tuple(row["hosts"])}) for row in rows)
            self._read_at = now
        return self._sites

    def forget(self) -> None:
        """Read again at the next request, because a site was changed here."""
        self._read_at = None
