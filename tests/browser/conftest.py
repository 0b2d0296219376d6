"""Chromium against the running shop, on a cheap phone and on a desk."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.stack import Running, running_stack
from tests.browser.visitor import Visitor
from tests.postgres import clone, run_on, with_database

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}

Open = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marked as a folder, and kept together by pytest-xdist: one shop and one browser serve them all."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def shop(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    name = f"kameng_browser_{os.getpid()}"
    try:
        with running_stack(clone(template_url, name), tmp_path_factory.mktemp("shop")) as running:
            yield running
    finally:
        run_on(with_database(template_url, "postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def chromium(shop: Running) -> Iterator[Browser]:
    """After the shop, because Playwright's loop leaves no room for another in this thread."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def open_browser(shop: Running, chromium: Browser) -> Iterator[Open]:
    """Opens a fresh browser, as many as there are people: `open_browser(PHONE, java_script_enabled=False)`."""
    contexts: list[BrowserContext] = []

    def open_one(viewport: dict[str, int] = PHONE, **more: object) -> Visitor:
        options = {"locale": "zh-CN", "viewport": viewport, **more}
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        return Visitor(context.new_page(), shop)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def visitor(request: pytest.FixtureRequest, open_browser: Open) -> Visitor:
    return open_browser(request.param)
