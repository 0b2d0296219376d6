"""Requests made from the document itself, right and wrong: none breaks anything, every answer is one that is told."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.stack import Running, running_stack
from tests.postgres import clone, run_on, with_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance",
)  # fmt: skip
EXAMPLES = 50
# Nobody is slowed down, so that what lies behind the guard is reached too.
GENEROUS = {
    "KAMENG_OPEN_ORDERS_MAX": "1000",
    "KAMENG_GUARD_ADDRESS_PROOF_AFTER": "1000000",
    "KAMENG_GUARD_ADDRESS_WAITS_AFTER": "1000000",
    "KAMENG_GUARD_ORDER_PROOF_AFTER": "1000000",
    "KAMENG_GUARD_ORDER_WHOLE_CONTACT_AFTER": "1000000",
    "KAMENG_GUARD_GLOBAL_PROOF_AFTER": "1000000",
}


@pytest.fixture(scope="module")
def shop(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    name = f"kameng_fuzz_{os.getpid()}"
    try:
        with running_stack(clone(template_url, name), tmp_path_factory.mktemp("shop"), **GENEROUS) as running:
            yield running
    finally:
        run_on(with_database(template_url, "postgres"), f"DROP DATABASE {name} WITH (FORCE)")


def asked(url: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def an_order(api: str) -> dict[str, str]:
    """An unpaid one of something that is in stock."""
    skus = [
        sku
        for one in asked(f"{api}/catalogue")["types"]
        for product in one["products"]
        for sku in product["skus"]
        if sku["stock"] == "plenty" and not product["form"]
    ]
    wish = {"sku_id": skus[0]["id"], "unit_price_fen": skus[0]["price_fen"], "quantity": 1,
            "contact": "13800138000", "terms_accepted": True}  # fmt: skip
    order: dict[str, str] = asked(f"{api}/orders", wish)
    return order


@pytest.mark.parametrize("with_token", [False, True], ids=["anybody", "the_bearer"])
def test_nothing_that_is_sent_breaks_anything(shop: Running, tmp_path: Path, with_token: bool) -> None:
    api = f"{shop.url}/api/v1"
    order = an_order(api)
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[parameters]\norder_no = "{order["order_no"]}"\n' if with_token else "")
    # A stream that opens for its bearer doesn't end.
    bearer = ["--header", f"Authorization: Bearer {order['token']}", "--exclude-path-regex", "events$"]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{api}/openapi.json",
         "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing",
         "--generation-deterministic", "--continue-on-failure", *(bearer if with_token else [])],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert " generated, " in done.stdout
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert asked(f"{api}/catalogue")["types"]
