"""`kameng story`: a purchase from wish to code, and a top-up by suppliers that do their worst, told in the terminal."""

import http.cookiejar
import json
import shutil
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from kameng.cli.stack import Stack
from kameng.cli.terms import embedded, read_settings
from kameng.kernel.free_ports import free_ports
from kameng.kernel.money import yuan
from kameng.kernel.supervisor import Supervisor

PHONE = "13800138000"
TOP_UP, FACE_VALUE, ACCOUNT = "phone-credit", "30 元", {"account": "13912345678"}
WITHIN_S = 90.0

# The first supplier fails. The second takes the order, answers with garbage, and tells the truth when it is asked.
WORST: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("yrapi/control/reset", {}),
    ("yrapi/control/course", {"delay_s": 1, "ending": {"state": "failed", "words": "运营商维护"}}),
    ("kasushou/control/reset", {}),
    ("kasushou/control/course", {"delay_s": 12}),
    ("kasushou/control/whim", {"call": "place", "how": "html_502", "times": 1}),
)


class Teller:
    """Speaks JSON with the platform and tells what it hears."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def shop(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._ask(method, f"{self._stack.web_url}/api/v1{path}", body, headers)

    def press(self, url: str, *, button: str) -> None:
        """Pay on the gateway's own page, as a person would; it leads back to the shop."""
        data = urllib.parse.urlencode({"act": button}).encode()
        with self._opener.open(urllib.request.Request(url, data=data), timeout=20):  # noqa: S310 - our own address
            return

    def pull(self, path: str, told: object) -> Any:
        """A string behind the sandbox suppliers' stage; with None told, a look there."""
        return self._ask("GET" if told is None else "POST", f"{self._stack.suppliers_url}{path}", told, {})

    def _ask(self, method: str, url: str, body: object, headers: dict[str, str]) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(  # noqa: S310 - our own address
            url, data=data, method=method, headers={"Content-Type": "application/json", **headers}
        )
        with self._opener.open(request, timeout=10) as answer:
            return json.load(answer)


@click.command()
def story() -> None:
    """Buy a card and a top-up on a platform of its own, made for this and thrown away: wish, order, payment, code,
    lookup; and how an order goes whose first supplier fails and whose second answers garbage."""
    with tempfile.TemporaryDirectory() as folder:
        # Never the database that is set: the story fills it with demo goods and sells them.
        settings = replace(read_settings(), database_url=None, data=Path(folder), key_file=Path(folder) / "keys")
        port, sandbox_port, _suppliers_port = free_ports(3)
        settings = replace(settings, port=port)
        settings = replace(settings, web=replace(settings.web, public_url=f"http://127.0.0.1:{settings.port}"))
        stack = Stack(settings, sandbox_port=sandbox_port)
        click.echo("A platform of its own is starting …")
        supervisor = Supervisor(stack.prepare())
        supervisor.start()
        try:
            teller = Teller(stack)
            tell(teller)
            tell_supplied(teller)
        finally:
            supervisor.stop()
            # Started by root, the database lives outside of the data folder.
            for left in (embedded(settings).folder, embedded(settings).socket_folder):
                shutil.rmtree(left, ignore_errors=True)


def tell(teller: Teller) -> None:
    """The purchase from stock, line by line."""
    product, sku = _first_in_stock(teller.shop("GET", "/catalogue"))
    placed = _bought(teller, product, sku, {})
    revealed = teller.shop("POST", f"/orders/{placed['order_no']}/reveal", {}, token=placed["token"])
    _line("5 卡密", ", ".join(revealed["codes"]))
    found = _found(teller, placed["order_no"])
    _line("6 查单", f"{found['state']}  {found['reading']}")
    _timeline(found)


def tell_supplied(teller: Teller) -> None:
    """The top-up, as its page would show it while it goes on."""
    for path, told in WORST:
        teller.pull(path, told)
    product, sku = _offered(teller)
    click.echo()
    placed = _bought(teller, product, sku, ACCOUNT)
    found = _found(teller, placed["order_no"])
    said = ""
    deadline = time.monotonic() + WITHIN_S
    while found["state"] != "delivered" and time.monotonic() < deadline:
        if found["reading"] != said:
            said = found["reading"]
            _line("5 进展", f"{said}  {found['arrival'] or ''}")
        time.sleep(0.5)
        found = _found(teller, placed["order_no"])
    _line("6 到账", f"{found['state']}  {found['reading']}")
    _timeline(found)
    for number, name in enumerate(("yrapi", "kasushou"), start=1):
        books = teller.pull(f"{name}/control/books?number={placed['order_no']}-{number}", None)
        for one in books["purchases"]:
            _line("7 对账", f"{one['number']}  {name}  {one['state']}  ¥{yuan(one['cost_fen'] - one['refund_fen'])}")


def _bought(teller: Teller, product: Any, sku: Any, account: dict[str, str]) -> Any:
    """Wish, order, payment; the order's number and token."""
    _line("1 选择", f"{product['name']} {sku['face_value']}  ¥{yuan(sku['price_fen'])}")
    wish = {
        "sku_id": sku["id"],
        "quantity": 1,
        "unit_price_fen": sku["price_fen"],
        "contact": PHONE,
        "terms_accepted": True,
        "account": account,
    }
    placed = teller.shop("POST", "/orders", wish)
    _line("2 下单", f"{placed['order_no']}  {placed['state']}")
    way = {"gateway": "sandbox", "method": "alipay"}
    payment = teller.shop("POST", f"/orders/{placed['order_no']}/payments", way, token=placed["token"])
    _line("3 支付", f"¥{yuan(payment['amount_fen'])}  {payment['url']}")
    teller.press(payment["url"], button="pay")
    _line("4 付款", "沙箱网关已收款并通知")
    return placed


def _found(teller: Teller, order_no: str) -> Any:
    return teller.shop("POST", "/lookup", {"order_no": order_no, "second_factor": PHONE[-4:]})["order"]


def _timeline(found: Any) -> None:
    click.echo()
    for moment in found["timeline"]:
        click.echo(f"   {moment['at']}  {moment['words']}")


def _offered(teller: Teller) -> tuple[Any, Any]:
    """The top-up, once the suppliers' goods have been read."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        for product, sku in _all_skus(teller.shop("GET", "/catalogue")):
            if (product["slug"], sku["face_value"]) == (TOP_UP, FACE_VALUE) and sku["stock"] != "none":
                return product, sku
        time.sleep(0.5)
    msg = "the sandbox suppliers' goods could not be read"
    raise click.ClickException(msg)


def _first_in_stock(catalogue: Any) -> tuple[Any, Any]:
    for product, sku in _all_skus(catalogue):
        if sku["stock"] != "none":
            return product, sku
    msg = "nothing is in stock"
    raise click.ClickException(msg)


def _all_skus(catalogue: Any) -> Iterator[tuple[Any, Any]]:
    for product_type in catalogue["types"]:
        for product in product_type["products"]:
            yield from ((product, sku) for sku in product["skus"])


def _line(step: str, words: str) -> None:
    click.echo(f"{step}   {words}")
