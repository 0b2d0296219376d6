"""Pictures a buyer sends with a message, honest ones and others."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from kameng.aftersales.picture import BYTES_MAX
from tests.builders.cases import a_picture
from tests.web.shopfront import Shopfront
from tests.web.storefront.test_case import with_a_case
from tests.web.storefront.test_order import looked_up

pytestmark = pytest.mark.anyio

SCRIPT = b"<script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


async def sent(shopfront: Shopfront, order_no: str, *files: tuple[str, bytes, str], words: str = "") -> httpx.Response:
    """A form with files: name, content and type, all of which are claims."""
    parts: Any = [("pictures", file) for file in files]
    return await shopfront.post(f"/orders/{order_no}/case/messages", {"words": words}, files=parts)


async def test_a_picture_is_shown_to_its_owner_as_nothing_but_a_picture(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    answer = await sent(shopfront, order_no, ("截图.jpg", a_picture(size=(300, 200)), "image/jpeg"), words="看图")
    assert answer.status_code == 303
    page = (await shopfront.get(f"/orders/{order_no}/case")).text
    picture_id = await shopfront.db.pool.fetchval("SELECT id FROM case_pictures")
    address = f"/orders/{order_no}/case/pictures/{picture_id}"
    assert f'src="{address}" width="300" height="200"' in page
    shown = await shopfront.get(address)
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"] == "private, no-store"
    assert Image.open(io.BytesIO(shown.content)).size == (300, 200)


async def test_several_pictures_need_no_words(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    files = [(f"{form}.bin", a_picture(form), "application/octet-stream") for form in ("JPEG", "PNG", "WEBP")]
    assert (await sent(shopfront, order_no, *files)).status_code == 303
    assert await shopfront.count("case_pictures") == 3


async def test_an_empty_file_field_is_no_picture(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    answer = await sent(shopfront, order_no, ("", b"", "application/octet-stream"), words="没有图")
    assert answer.status_code == 303
    assert (await shopfront.count("case_messages"), await shopfront.count("case_pictures")) == (1, 0)


@pytest.mark.parametrize(
    ("name", "content", "claimed"),
    [
        ("photo.jpg", b"<!doctype html>" + SCRIPT, "image/jpeg"),
        ("photo.svg", SVG, "image/svg+xml"),
        ("photo.png", SVG, "image/png"),
        ("photo.gif", a_picture("GIF"), "image/gif"),
        ("photo.jpg.php", b"<?php system($_GET['c']); ?>", "image/jpeg"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF" + SCRIPT, "image/jpeg"),
        ("photo.webp", b"RIFF\x24\x00\x00\x00WEBPVP8 " + SCRIPT, "image/webp"),
        ("photo.pdf", b"%PDF-1.4\n", "image/jpeg"),
    ],
)
async def test_what_is_no_picture_is_refused_whatever_it_claims(
    shopfront: Shopfront, name: str, content: bytes, claimed: str
) -> None:
    order_no = await with_a_case(shopfront)
    answer = await sent(shopfront, order_no, (name, content, claimed), words="看图")
    assert answer.status_code == 422
    assert "图片无法识别" in answer.text
    assert "看图" in answer.text
    assert (await shopfront.count("case_messages"), await shopfront.count("case_pictures")) == (0, 0)


async def test_a_picture_that_is_a_page_too_is_only_a_picture_afterwards(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    polyglot = a_picture("JPEG", comment=b"*/" + SCRIPT) + SCRIPT + b"PK\x03\x04"
    await sent(shopfront, order_no, ("x.html", polyglot, "text/html"))
    picture_id = await shopfront.db.pool.fetchval("SELECT id FROM case_pictures")
    shown = await shopfront.get(f"/orders/{order_no}/case/pictures/{picture_id}")
    assert shown.content.startswith(b"RIFF")
    assert SCRIPT not in shown.content


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\x.jpg", "/etc/cron.d/x", "a" * 4000 + ".jpg", "\u202egpj.exe"]
)
async def test_a_files_name_means_nothing(shopfront: Shopfront, name: str) -> None:
    order_no = await with_a_case(shopfront)
    assert (await sent(shopfront, order_no, (name, a_picture(), "image/jpeg"))).status_code == 303
    stored = await shopfront.db.pool.fetchrow("SELECT * FROM case_pictures")
    assert stored is not None
    assert set(dict(stored)) == {"id", "case_id", "message_id", "width", "height", "sealed"}


async def test_too_many_bytes_are_refused(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    large = a_picture() + b"\0" * BYTES_MAX
    answer = await sent(shopfront, order_no, ("x.jpg", large, "image/jpeg"))
    assert answer.status_code == 413
    assert "图片太大" in answer.text
    answer = await sent(shopfront, order_no, *[("x.jpg", large, "image/jpeg")] * 4)
    assert answer.status_code == 413
    assert await shopfront.count("case_pictures") == 0


async def test_more_than_three_at_once_are_refused(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    answer = await sent(shopfront, order_no, *[("x.jpg", a_picture(), "image/jpeg")] * 4)
    assert answer.status_code == 422
    assert "图片太多" in answer.text


async def test_nobody_else_sees_it(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    await sent(shopfront, order_no, ("x.jpg", a_picture(), "image/jpeg"))
    picture_id = await shopfront.db.pool.fetchval("SELECT id FROM case_pictures")
    other = await with_a_case(shopfront)
    assert (await shopfront.get(f"/orders/{other}/case/pictures/{picture_id}")).status_code == 404
    assert (await shopfront.get(f"/orders/{other}/case/pictures/{2**70}")).status_code == 404
    await looked_up(shopfront, order_no)
    assert (await shopfront.get(f"/orders/{order_no}/case/pictures/{picture_id}")).status_code == 404


async def test_other_forms_take_no_large_bodies(shopfront: Shopfront) -> None:
    order_no = await with_a_case(shopfront)
    answer = await shopfront.post(f"/orders/{order_no}/case/verdict", {"solved": "no", "words": "长" * 100_000})
    assert answer.status_code == 413
