"""A shop under fire: buyers who never give up, and somebody who kills its processes."""

import json
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from uuid import UUID

from kameng.cli.stack import Stack
from kameng.kernel.supervisor import DidNotStart, Supervisor, is_ready

ASKED_WITHIN_S = 60.0
# How buyers pay at the sandbox, and how often: most as they should.
BUTTONS = {"pay": 12, "thrice": 3, "no_notice": 3, "twice": 1, "more": 1}

Answer = dict[str, Any]


class _Here(urllib.request.HTTPRedirectHandler):
    """Stays where it is sent away from."""

    def redirect_request(self, *_: object) -> None:
        return None


@dataclass
class Fire:
    """`buyers()` and `killer()` each run in threads of their own until `over` is set."""

    stack: Stack
    supervisor: Supervisor
    over: threading.Event = field(default_factory=threading.Event)
    bought: int = 0
    kills: int = 0

    def buyer(self, seed: int, supplied: Collection[int]) -> None:
        """What is `supplied` isn't bought here: what goes on to suppliers dies in a test of its own."""
        dice = random.Random(seed)
        skus = [
            sku
            for product_type in self._ask("GET", f"{self.stack.web_url}/api/v1/catalogue")["types"]
            for product in product_type["products"]
            for sku in product["skus"]
            if sku["stock"] == "plenty" and sku["id"] not in supplied
        ]
        while not self.over.is_set():
            self._buy(dice, dice.choice(skus))
            self.bought += 1

    def killer(self, seed: int) -> None:
        dice = random.Random(seed)
        while not self.over.wait(dice.uniform(0.3, 1.5)):
            name = dice.choice(["web", "worker"])
            with suppress(ProcessLookupError):
                os.killpg(self.supervisor.children[name].pid, signal.SIGKILL)
                self.kills += 1
            self.supervisor.children[name].wait()
            self.supervisor.watch()

    def books(self) -> Answer:
        """What the bank really took and gave back."""
        return self._ask("GET", f"{self.stack.sandbox_url}control/books")

    def wait_until_ready(self) -> None:
        ends = time.monotonic() + ASKED_WITHIN_S
        self.supervisor.watch()
        while not all(is_ready(program) for program in self.supervisor.plan.programs):
            if time.monotonic() > ends:
                raise DidNotStart
            time.sleep(0.1)

    def _buy(self, dice: random.Random, sku: Answer) -> None:
        api = f"{self.stack.web_url}/api/v1"
        wish = {
            "sku_id": sku["id"],
            "quantity": dice.choice([1, 1, 1, 2]),
            "unit_price_fen": sku["price_fen"],
            "contact": f"13{dice.randrange(10**9):09d}",
            "terms_accepted": True,
        }
        key = str(UUID(int=dice.getrandbits(128)))
        placed = self._ask("POST", f"{api}/orders", wish, {"Idempotency-Key": key})
        bearer = {"Authorization": f"Bearer {placed['token']}"}
        way = {"gateway": "sandbox", "method": "alipay"}
        payment = self._ask("POST", f"{api}/orders/{placed['order_no']}/payments", way, bearer)
        [button] = dice.choices(list(BUTTONS), list(BUTTONS.values()))
        self._press(payment["url"], button)

    def _ask(self, method: str, url: str, body: object = None, headers: Answer | None = None) -> Answer:
        """Ask until there is an answer: a server that dies at it only delays it."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
        )
        ends = time.monotonic() + ASKED_WITHIN_S
        while True:
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    found: Answer = json.load(answer)
                    return found
            except urllib.error.HTTPError as refusal:
                if refusal.code < 500 or time.monotonic() > ends:
                    msg = f"{method} {url}: {refusal.code} {refusal.read()!r}"
                    raise AssertionError(msg) from refusal
            except (OSError, HTTPException, json.JSONDecodeError):
                if time.monotonic() > ends:
                    raise
            time.sleep(0.1)

    def _press(self, url: str, button: str) -> None:
        opener = urllib.request.build_opener(_Here)
        with suppress(urllib.error.HTTPError):
            opener.open(url, urllib.parse.urlencode({"act": button}).encode(), timeout=20)
