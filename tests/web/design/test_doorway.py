import pytest

from kameng.web.design.doorway import CONTENT_POLICY
from tests.web.shopfront import Shopfront

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/api/v1/catalogue", "/api/v1/nothing", "/healthz", "/static/x/style.css"]
)
async def test_every_answer_leaves_with_the_same_headers(shopfront: Shopfront, path: str) -> None:
    answer = await shopfront.get(path)
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert len(answer.headers["x-request-id"]) == 16
    assert answer.headers["server-timing"].startswith("app;dur=")


async def test_the_policy_allows_no_inline_script_or_style(shopfront: Shopfront) -> None:
    assert "unsafe" not in CONTENT_POLICY
    for path in ("/", "/q", "/goods"):
        page = (await shopfront.get(path)).text
        assert "<script>" not in page
        assert " style=" not in page
        assert " onclick=" not in page


async def test_forwarded_addresses_of_strangers_are_not_believed(shopfront: Shopfront) -> None:
    await shopfront.post("/q", {"order_no": "26112214305512345607", "second_factor": "1234"},
                         headers={"x-forwarded-for": "203.0.113.9"})  # fmt: skip
    subjects = await shopfront.db.pool.fetch("SELECT subject FROM guard_budgets WHERE subject LIKE 'address:%'")
    assert [row["subject"] for row in subjects] == ["address:127.0.0.1"]


async def test_the_language_is_asked_for_then_remembered_then_the_browsers(shopfront: Shopfront) -> None:
    browser = {"accept-language": "en-GB,en;q=0.9"}
    assert '<html lang="en">' in (await shopfront.get("/q", headers=browser)).text
    assert '<html lang="zh-CN">' in (await shopfront.get("/q", headers={"accept-language": "fr"})).text
    asked = await shopfront.get("/q?lang=zh-CN", headers=browser)
    assert '<html lang="zh-CN">' in asked.text
    assert '<html lang="zh-CN">' in (await shopfront.get("/q", headers=browser)).text


async def test_metrics_are_for_this_machine_and_not_for_a_proxys_guests(shopfront: Shopfront) -> None:
    assert (await shopfront.get("/metrics")).status_code == 200
    assert (await shopfront.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})).status_code == 404


async def test_metrics_count_what_happened_to_orders_since_the_last_look(shopfront: Shopfront) -> None:
    await shopfront.get("/metrics")
    await shopfront.paid(await shopfront.ordered())
    told = (await shopfront.get("/metrics")).text
    for line in (
        'kameng_order_events_total{event="delivered"} 1.0',
        'kameng_order_stage_seconds_count{stage="pay"} 1.0',
        "kameng_orders_placed_total 1.0",
        "kameng_orders_paid_not_delivered 0.0",
    ):
        assert line in told


async def test_alive_and_ready(shopfront: Shopfront) -> None:
    assert (await shopfront.get("/healthz")).text == "ok"
    assert (await shopfront.get("/readyz")).text == "ready"
    await shopfront.db.pool.execute("UPDATE migrations SET name = 'x' WHERE name = '0006_jobs.sql'")
    try:
        assert (await shopfront.get("/readyz")).status_code == 503
    finally:
        await shopfront.db.pool.execute("UPDATE migrations SET name = '0006_jobs.sql' WHERE name = 'x'")


async def test_an_error_of_ours_tells_nothing_but_its_number(shopfront: Shopfront) -> None:
    await shopfront.db.pool.execute("ALTER TABLE product_types RENAME TO gone")
    try:
        page, problem = await shopfront.get("/goods"), await shopfront.get("/api/v1/catalogue")
    finally:
        await shopfront.db.pool.execute("ALTER TABLE gone RENAME TO product_types")
    assert page.status_code == problem.status_code == 500
    assert "gone" not in page.text + problem.text
    assert "product_types" not in page.text + problem.text
    assert page.headers["x-request-id"] in page.text
    assert problem.json()["code"] == "internal_error"


async def test_too_large_a_body_is_refused(shopfront: Shopfront) -> None:
    body = b'{"order_no": "' + b"1" * 70_000 + b'"}'
    headers = {"content-type": "application/json"}
    answer = await shopfront.client.post("/api/v1/lookup", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_assets_are_kept_for_ever_under_their_digest_only(shopfront: Shopfront) -> None:
    address = shopfront.app.state.assets.address("style.css")
    current, old = await shopfront.get(address), await shopfront.get("/static/000000000000/style.css")
    assert "immutable" in current.headers["cache-control"]
    assert old.headers["cache-control"] == "no-cache"
    assert current.content == old.content
    assert len(current.content) <= 20_000
    assert (await shopfront.get("/static/x/../app.py")).status_code == 404
