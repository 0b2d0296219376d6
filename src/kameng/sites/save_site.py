"""A site is opened, or changed."""

from kameng.kernel.database import Database
from kameng.sites import store
from kameng.sites.site import NewSite


async def save_site(*, db: Database, new: NewSite) -> int:
    """The id of the site with this code, made or changed. Raises InvalidInput."""
    new.check()
    async with db.transaction() as tx:
        return await store.save_site(tx, new)
