"""Bringing codes in: look first, then import exactly what was looked at."""

import re
from datetime import timedelta

import httpx
import pytest

from kameng.kernel.clock import VirtualClock
from kameng.staff.roles import Role
from kameng.stock.import_upload import import_upload
from tests.web.console.conftest import Console
from tests.web.console.shop import Shop

pytestmark = pytest.mark.anyio

CODES = "NEW-0001\nAAAA-1111-BBBB\nNEW-0002\nNEW-0001\nNEW-0003,2020-01-01\n"
CHECKED = re.compile(r'name="checked" value="([^"]*)"')


@pytest.fixture(autouse=True)
async def at_the_desk(console: Console, shop: Shop) -> Shop:
    await console.enter_as(Role.OPERATOR)
    return shop


async def check(console: Console, codes: str = CODES, sku: str = "1", **headers: str) -> httpx.Response:
    file = {"file": ("cards.txt", codes.encode(), "text/plain")}
    return await console.post("/console/stock/check", {"sku": sku}, files=file, headers=headers)


async def bring(console: Console, token: str, codes: str = CODES, sku: str = "1") -> httpx.Response:
    file = {"file": ("cards.txt", codes.encode(), "text/plain")}
    return await console.post("/console/stock/import", {"sku": sku, "checked": token}, files=file)


def token_of(answer: httpx.Response) -> str:
    found = CHECKED.search(answer.text)
    assert found is not None
    return found[1]


async def batches(console: Console) -> int:
    count: int = await console.db.pool.fetchval("SELECT count(*) FROM card_batches WHERE source = 'cards.txt'")
    return count


async def test_a_dry_run_names_each_refused_line_and_stores_nothing(console: Console) -> None:
    answer = await check(console)
    assert "共 5 行，可导入 2 张，拒绝 3 行" in answer.text
    lines = re.findall(r"<tr><td>(\d+)</td><td>([^<]+)</td></tr>", answer.text)
    assert lines == [("2", "库中已有这张卡密"), ("4", "与文件中前面的卡密重复"), ("5", "有效期已过")]
    assert await batches(console) == 0
    assert await console.db.pool.fetchval("SELECT count(*) FROM pgqueuer") == 0
    assert "NEW-0001" not in answer.text
    assert [(line.action, line.subject) for line in await console.log()] == [("stock:checked", "sku:1")]


async def test_what_was_looked_at_is_imported_and_its_progress_seen(console: Console) -> None:
    answer = await bring(console, token_of(await check(console)))
    assert answer.status_code == 303
    page = await console.get(answer.headers["location"])
    assert "排队中" in page.text
    assert 'http-equiv="refresh"' in page.text
    batch_id = int(answer.headers["location"].rpartition("/")[2])
    await import_upload(db=console.db, keyring=console.keyring, batch_id=batch_id)
    part = await console.get(answer.headers["location"], **{"HX-Request": "true"})
    assert "导入完成" in part.text
    assert "已导入 2 张，拒绝 3 行" in part.text
    assert "<html" not in part.text
    assert "hx-trigger" not in part.text
    assert [line.action for line in await console.log()] == ["stock:imported", "stock:checked"]
    assert "NEW-0001" not in str(await console.log())


async def test_the_script_gets_only_the_outcome(console: Console) -> None:
    answer = await check(console, **{"HX-Request": "true"})
    assert "<html" not in answer.text
    assert token_of(answer)
    refused = await check(console, "", **{"HX-Request": "true"})
    assert refused.status_code == 200
    assert 'role="alert"' in refused.text


async def test_codes_can_be_pasted(console: Console) -> None:
    answer = await console.post("/console/stock/check", {"sku": "1", "codes": "NEW-1\nNEW-2"})
    assert "可导入 2 张" in answer.text
    assert "NEW-1" not in answer.text
    done = await console.post(
        "/console/stock/import", {"sku": "1", "codes": "NEW-1\nNEW-2", "checked": token_of(answer)}
    )
    assert done.status_code == 303


async def test_nothing_else_is_imported_than_what_was_looked_at(
    console: Console, clock: VirtualClock, at_the_desk: Shop
) -> None:
    token = token_of(await check(console))
    for codes, sku, shown in (
        (CODES + "X-1\n", "1", token),
        (CODES, "2", token),
        (CODES, "1", ""),
        (CODES, "1", "AAAA"),
    ):
        answer = await bring(console, shown, codes, sku)
        assert answer.status_code == 409
        assert "请重新试导入" in answer.text
    clock.go_on(timedelta(minutes=59))
    await console.enter_as(Role.OWNER)
    assert (await bring(console, token)).status_code == 409
    await console.enter_as(Role.OPERATOR)
    clock.go_on(timedelta(minutes=1))
    await console.enter_as(Role.OPERATOR)
    assert (await bring(console, token)).status_code == 409
    assert await batches(console) == 0


@pytest.mark.parametrize("sku", ["", "x", "-1", "99", "9999999999"])
async def test_a_face_value_that_is_none_is_refused(console: Console, sku: str) -> None:
    assert (await check(console, sku=sku)).status_code in (404, 422)


async def test_nothing_and_garbage_are_refused_in_words(console: Console) -> None:
    nothing = await console.post("/console/stock/check", {"sku": "1"})
    assert nothing.status_code == 422
    assert "请选择文件" in nothing.text
    file = {"file": ("cards.xlsx", b"PK\x03\x04 not a workbook", "application/octet-stream")}
    garbage = await console.post("/console/stock/check", {"sku": "1"}, files=file)
    assert 400 <= garbage.status_code < 500


async def test_a_file_of_some_megabytes_passes(console: Console) -> None:
    many = "".join(f"BIG-{number:012}\n" for number in range(200_000))
    assert "可导入 200000 张" in (await check(console, many)).text


async def test_the_levels_are_shown_and_low_ones_marked(console: Console, at_the_desk: Shop) -> None:
    await at_the_desk.paid()
    page = (await console.get("/console/stock")).text
    cells = re.findall(r'<td class="text-end">(?:<span[^>]*>)?(\d+)', page)
    assert cells[:5] == ["2", "0", "1", "0", "0"]
    assert "bg-orange-lt" in page
