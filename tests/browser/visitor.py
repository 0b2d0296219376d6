"""A person with a browser. Whatever they do, pages must not complain, overflow or leave a field without a name."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.stack import Running

# Each is a fault of a page, wherever it is found.
FAULTS = """() => {
  const faults = [];
  const over = document.documentElement.scrollWidth - window.innerWidth;
  if (over > 0) faults.push(`overflows by ${over}px`);
  for (const input of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!input.labels.length && !input.getAttribute("aria-label")) faults.push(`no label: ${input.outerHTML}`);
  for (const it of document.querySelectorAll("a[href], button"))
    if (!(it.textContent.trim() || it.getAttribute("aria-label"))) faults.push(`no name: ${it.outerHTML}`);
  const ids = [...document.querySelectorAll("[id]")].map((it) => it.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`twice: #${id}`);
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  return faults;
}"""


def a_phone() -> str:
    """A number nobody has ordered with in this run."""
    return f"139{random.randint(0, 10**8 - 1):08d}"


@dataclass
class Visitor:
    page: Page
    shop: Running
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def go(self, path: str) -> None:
        self.page.goto(self.shop.url + path)
        self.look()

    def look(self) -> None:
        """The page as it stands has no fault."""
        faults = self.page.evaluate(FAULTS)
        assert faults == [], f"{self.page.url}: {faults}"
        assert self.complaints == [], self.page.url

    def press(self, name: str) -> None:
        """A button, and the page it leads to."""
        self.page.get_by_role("button", name=name).first.click()
        self.page.wait_for_load_state()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=15_000)

    def is_at(self, pattern: str) -> None:
        self.page.wait_for_url(re.compile(pattern), timeout=15_000)

    def order(self, contact: str, *, product: str = "/goods/game-cards/genshin") -> str:
        """From the product page to the unpaid order; its number."""
        self.go(product)
        self.choose()
        self.page.fill("#contact", contact)
        self.press("下一步")
        self.look()
        self.page.check("[name=terms_accepted]")
        self.press("提交订单")
        self.is_at(r"/orders/\d{20}$")
        self.look()
        return self.page.url.rsplit("/", 1)[1]

    def choose(self) -> None:
        """The last face value that is on sale; the label is what a finger meets."""
        self.page.locator("label.choice:has(input:enabled)").last.click()

    def pay(self) -> None:
        """At the gateway, as it should be; the buyer is sent back by it or comes back by themselves."""
        self.press("支付宝")
        self.is_at(r"/pay/\d+")
        self.page.get_by_role("button", name=re.compile("^支付 ")).click()
        self.page.wait_for_load_state()

    def texts(self, selector: str) -> list[str]:
        found: list[Any] = self.page.locator(selector).all_inner_texts()
        return [str(text).strip() for text in found]
