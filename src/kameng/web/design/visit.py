"""Who is at the door: everything about a request that every page needs, found out once."""

from dataclasses import dataclass
from typing import Any

from kameng.sites.site import Site, SiteMissing
from kameng.web.design.translation import Translator

_KEY = "visit"


@dataclass(frozen=True)
class Visit:
    """`prefix` is '' or '/s/<code>', kept by every link. `client_address` is an IP address in text."""

    request_id: str
    found_site: Site | None
    prefix: str
    words: Translator
    client_address: str
    is_https: bool

    @property
    def site(self) -> Site:
        """Raises SiteMissing when no site answers to the name that was asked for."""
        if self.found_site is None:
            raise SiteMissing
        return self.found_site

    def link(self, path: str) -> str:
        """An address of ours that stays on this site. Addresses shared by all sites are left as they are."""
        return path if path.startswith(("/static/", "/console")) else self.prefix + path


def remember_visit(scope: Any, visit: Visit) -> None:
    scope.setdefault("state", {})[_KEY] = visit


def visit_of(scope: Any) -> Visit:
    visit: Visit = scope["state"][_KEY]
    return visit
