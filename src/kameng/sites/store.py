"""SQL of the sites. Private to this package."""

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.sites.site import NewSite

LIST_SITES = "SELECT id, code, name, hosts, colour, notice, icp_number FROM sites ORDER BY position, id"

SAVE_SITE = """
INSERT INTO sites (code, name, hosts, colour, notice, icp_number, position) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, hosts = excluded.hosts, colour = excluded.colour,
    notice = excluded.notice, icp_number = excluded.icp_number, position = excluded.position
RETURNING id
"""


async def list_sites(connection: Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(LIST_SITES)
    return rows


async def save_site(tx: Transaction, new: NewSite) -> int:
    site_id: int = await tx.connection.fetchval(
        SAVE_SITE, new.code, new.name, list(new.hosts), new.colour, new.notice, new.icp_number, new.position
    )
    return site_id
