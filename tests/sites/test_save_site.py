from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput
from kameng.sites.directory import FRESH_FOR, SiteDirectory
from kameng.sites.save_site import save_site
from kameng.sites.site import NewSite, SiteMissing, for_host, with_code

pytestmark = pytest.mark.anyio

HAICHENG = NewSite("haicheng", "海城卡盟", "#0b6bcb", hosts=("shop.example.com",), position=1)
WANBAO = NewSite("wanbao", "万宝卡盟", "#b4232a", hosts=("wanbao.example.com",), position=2)


async def test_a_site_is_found_by_host_whatever_the_port_and_case(db: Database) -> None:
    for site in (WANBAO, HAICHENG):
        await save_site(db=db, new=site)
    sites = await SiteDirectory(db).sites()
    assert [site.code for site in sites] == ["haicheng", "wanbao"]
    assert for_host(sites, "WANBAO.example.com:8443").code == "wanbao"
    assert for_host(sites, "somewhere.else").code == "haicheng"
    assert with_code(sites, "wanbao").name == "万宝卡盟"
    with pytest.raises(SiteMissing):
        with_code(sites, "nobody")
    with pytest.raises(SiteMissing):
        for_host((), "shop.example.com")


async def test_a_change_is_seen_after_a_short_while(db: Database, clock: VirtualClock) -> None:
    directory = SiteDirectory(db)
    await save_site(db=db, new=HAICHENG)
    await directory.sites()
    await save_site(db=db, new=replace(HAICHENG, name="新名字"))
    assert (await directory.sites())[0].name == "海城卡盟"
    clock.go_on(FRESH_FOR + timedelta(seconds=1))
    assert (await directory.sites())[0].name == "新名字"


@pytest.mark.parametrize(
    ("changes", "field"), [({"code": "A"}, "code"), ({"name": " "}, "name"), ({"colour": "red"}, "colour")]
)
async def test_what_can_not_be_a_site_is_refused(db: Database, changes: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await save_site(db=db, new=replace(HAICHENG, **changes))  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
    assert await SiteDirectory(db).sites() == ()
