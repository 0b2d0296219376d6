"""`kameng story`: one purchase from wish to code, told in the terminal as it happens."""

import http.cookiejar
import json
import socket
import tempfile
import urllib.parse
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from kameng.cli.stack import Stack
from kameng.cli.terms import read_settings
from kameng.kernel.money import yuan
from kameng.kernel.supervisor import Supervisor

PHONE = "13800138000"


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

    def _ask(self, method: str, url: str, body: object, headers: dict[str, str]) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(  # noqa: S310 - our own address
            url, data=data, method=method, headers={"Content-Type": "application/json", **headers}
        )
        with self._opener.open(request, timeout=10) as answer:
            return json.load(answer)


@click.command()
def story() -> None:
    """Buy one card on a platform of its own, made for this and thrown away: wish, order, payment, code, lookup."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(read_settings(), data=Path(folder), key_file=Path(folder) / "keys", port=_free_port())
        settings = replace(settings, web=replace(settings.web, public_url=f"http://127.0.0.1:{settings.port}"))
        stack = Stack(settings, sandbox_port=_free_port())
        click.echo("A platform of its own is starting …")
        supervisor = Supervisor(stack.prepare())
        supervisor.start()
        try:
            tell(Teller(stack))
        finally:
            supervisor.stop()


def tell(teller: Teller) -> None:
    """The purchase, line by line."""
    product, sku = _first_in_stock(teller.shop("GET", "/catalogue"))
    _line("1 选择", f"{product['name']} {sku['face_value']}  ¥{yuan(sku['price_fen'])}")
    wish = {
        "sku_id": sku["id"],
        "quantity": 1,
        "unit_price_fen": sku["price_fen"],
        "contact": PHONE,
        "terms_accepted": True,
    }
    placed = teller.shop("POST", "/orders", wish)
    _line("2 下单", f"{placed['order_no']}  {placed['state']}")
    way = {"gateway": "sandbox", "method": "alipay"}
    payment = teller.shop("POST", f"/orders/{placed['order_no']}/payments", way, token=placed["token"])
    _line("3 支付", f"¥{yuan(payment['amount_fen'])}  {payment['url']}")
    teller.press(payment["url"], button="pay")
    _line("4 付款", "沙箱网关已收款并通知")
    revealed = teller.shop("POST", f"/orders/{placed['order_no']}/reveal", {}, token=placed["token"])
    _line("5 卡密", ", ".join(revealed["codes"]))
    found = teller.shop("POST", "/lookup", {"order_no": placed["order_no"], "second_factor": PHONE[-4:]})["order"]
    _line("6 查单", f"{found['state']}  {found['reading']}")
    click.echo()
    for moment in found["timeline"]:
        click.echo(f"   {moment['at']}  {moment['words']}")


def _first_in_stock(catalogue: Any) -> tuple[Any, Any]:
    products = (product for product_type in catalogue["types"] for product in product_type["products"])
    for product in products:
        for sku in product["skus"]:
            if sku["stock"] != "none":
                return product, sku
    msg = "nothing is in stock"
    raise click.ClickException(msg)


def _line(step: str, words: str) -> None:
    click.echo(f"{step}   {words}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
