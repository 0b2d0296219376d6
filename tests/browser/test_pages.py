"""Every page of the shop: no fault, in both languages, by day and by night; and light enough for a poor line."""

import pytest

from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.visitor import Visitor

PAGES = ("/", "/q", "/goods", "/goods/memberships", "/goods/game-cards/honor-of-kings", "/search?q=%E5%8D%A1",
         "/status", "/help", "/help?q=zzzz", "/search?q=zzzz", "/s/wanbao/", "/s/wanbao/q",
         "/orders/26112214305512345607")  # fmt: skip
BYTES_MAX = 100 * 1024


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault(visitor: Visitor, path: str) -> None:
    visitor.go(path)


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_have_no_fault_in_english_and_by_night(open_browser: Open, viewport: dict[str, int]) -> None:
    visitor = open_browser(viewport, locale="en-GB", color_scheme="dark")
    for path in PAGES:
        visitor.go(path)
    assert visitor.page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("width", [320, 768])
def test_pages_fit_other_screens(open_browser: Open, width: int) -> None:
    visitor = open_browser({"width": width, "height": 700})
    for path in PAGES:
        visitor.go(path)


@pytest.mark.parametrize("path", ["/", "/q"])
def test_the_lookup_page_weighs_little(open_browser: Open, path: str) -> None:
    visitor = open_browser()
    weights: list[int] = []
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda told: weights.append(int(told["encodedDataLength"])))
    visitor.go(path)
    visitor.page.wait_for_load_state("networkidle")
    assert len(weights) >= 4
    assert sum(weights) <= BYTES_MAX


def test_links_of_a_site_stay_on_it(open_browser: Open) -> None:
    visitor = open_browser()
    visitor.go("/s/wanbao/")
    links = visitor.page.locator("a[href^='/']").evaluate_all("links => links.map((it) => it.getAttribute('href'))")
    assert links
    assert all(link.startswith("/s/wanbao/") for link in links)
