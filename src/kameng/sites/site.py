"""A site as data, and which one a request means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words

_CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Site:
    """What a site looks like. `hosts` are lower-case host names without a port; `colour` is `#rrggbb`."""

    id: int
    code: str
    name: str
    hosts: tuple[str, ...]
    colour: str
    notice: str
    icp_number: str


@dataclass(frozen=True)
class NewSite:
    """A site before it has an id; checked when it is saved."""

    code: str
    name: str
    colour: str
    hosts: tuple[str, ...] = ()
    notice: str = ""
    icp_number: str = ""
    position: int = 0

    def check(self) -> None:
        """Raises InvalidInput naming each wrong field."""
        wrong: dict[str, Words] = {}
        if not _CODE.fullmatch(self.code):
            wrong["code"] = Words("站点代号只能用小写字母、数字和连字符")
        if not self.name.strip():
            wrong["name"] = Words("请填写站点名称")
        if not _COLOUR.fullmatch(self.colour):
            wrong["colour"] = Words("颜色写作 #rrggbb")
        if wrong:
            raise InvalidInput(fields=wrong)


class SiteMissing(Refusal):
    """No site answers to this name."""

    code: ClassVar[str] = "site_missing"
    status = 404
    words = Words("没有这个站点")


def with_code(sites: Sequence[Site], code: str) -> Site:
    """The site of this code. Raises SiteMissing."""
    for site in sites:
        if site.code == code:
            return site
    raise SiteMissing


def for_host(sites: Sequence[Site], host: str) -> Site:
    """The site with this host name (a port is ignored), else the first. Raises SiteMissing when there is none."""
    name = host.lower().rsplit(":", 1)[0] if not host.endswith("]") else host.lower()
    for site in sites:
        if name in site.hosts:
            return site
    if not sites:
        raise SiteMissing
    return sites[0]
