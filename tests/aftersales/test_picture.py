"""Only pictures are taken, and what is kept is our own file: nothing that was hidden in one survives."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from kameng.aftersales.picture import (
    BYTES_MAX,
    LONG_EDGE_MAX,
    PIXELS_MAX,
    SHORT_EDGE_MAX,
    PictureTooLarge,
    PictureUnusable,
    read_picture,
    read_pictures,
)
from tests.builders.cases import a_picture

SCRIPT = b"<script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def a_png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that claims to be of this size, whatever its data hold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in body
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_webp_of_the_same_size(form: str) -> None:
    picture = read_picture(a_picture(form, size=(300, 200)))
    assert (picture.width, picture.height) == (300, 200)
    assert (opened(picture.content).format, opened(picture.content).size) == ("WEBP", (300, 200))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x", SVG, b"<?xml version='1.0'?>" + SVG, b"<html>" + SCRIPT + b"</html>", b"%PDF-1.7\n",
        b"GIF89a" + SCRIPT,
        b"\xff\xd8\xff\xe0" + SCRIPT, b"\x89PNG\r\n\x1a\n" + SCRIPT, b"RIFF\0\0\0\0WEBP" + SCRIPT, b"MZ" + b"\0" * 99,
        b"PK\x03\x04" + b"\0" * 99,
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_whatever_its_name(content: bytes) -> None:
    with pytest.raises(PictureUnusable):
        read_picture(content)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "ICO", "PPM", "TGA"])
def test_other_kinds_of_pictures_are_refused(form: str) -> None:
    with pytest.raises(PictureUnusable):
        read_picture(a_picture(form))


def test_an_eps_runs_no_interpreter() -> None:
    with pytest.raises(PictureUnusable):
        read_picture(a_picture("EPS"))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_stands_behind_or_before_a_picture_is_gone(form: str) -> None:
    assert SCRIPT not in read_picture(a_picture(form) + SCRIPT + b"PK\x03\x04").content
    with pytest.raises(PictureUnusable):
        read_picture(SCRIPT + a_picture(form))


def test_place_camera_and_comments_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 6.0)
    sent = a_picture("JPEG", exif=exif, comment=SCRIPT)
    assert b"SecretPhone" in sent
    assert SCRIPT in sent
    picture = opened(read_picture(sent).content)
    assert (dict(picture.getexif()), b"SecretPhone" in read_picture(sent).content) == ({}, False)
    assert set(picture.info) <= {"loop", "background", "timestamp", "duration"}


def test_texts_and_profiles_are_gone() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "13800138000")
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>13800138000</x:xmpmeta>")
    made = read_picture(a_picture("PNG", pnginfo=texts, icc_profile=SCRIPT * 9))
    assert b"13800138000" not in made.content
    assert SCRIPT not in made.content


def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_picture(a_picture("JPEG", size=(80, 40), exif=exif))
    assert (picture.width, picture.height) == (40, 80)


def test_what_can_be_seen_through_lies_on_white() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(made, "PNG")
    pixel = opened(read_picture(made.getvalue()).content).convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert min(pixel) > 250


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_way_to_write_colours_is_read(mode: str) -> None:
    made = io.BytesIO()
    Image.new(mode, (12, 9)).save(made, "JPEG" if mode == "CMYK" else "PNG")
    assert read_picture(made.getvalue()).width == 12


def test_a_large_picture_is_made_smaller_and_a_long_screenshot_stays_readable() -> None:
    photo = read_picture(a_picture(size=(4000, 3000)))
    assert (photo.width, photo.height) == (1920, SHORT_EDGE_MAX)
    screenshot = read_picture(a_picture("PNG", size=(1080, 12000)))
    assert screenshot.height == LONG_EDGE_MAX
    assert screenshot.width == 720


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 1), (PIXELS_MAX, 2), (0, 9)])
def test_a_bomb_is_recognised_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises((PictureTooLarge, PictureUnusable)):
        read_picture(a_png(*size))


def test_a_text_that_swells_is_refused() -> None:
    swollen = b"Comment\0\0" + zlib.compress(b"A" * 80_000_000, 9)
    with pytest.raises(PictureUnusable):
        read_picture(a_png(4, 4, (b"zTXt", swollen)))


def test_an_animation_becomes_its_first_picture() -> None:
    made = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(made, "WEBP", save_all=True, append_images=frames[1:])
    assert getattr(opened(read_picture(made.getvalue()).content), "n_frames", 1) == 1


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_half_a_picture_is_refused(form: str) -> None:
    content = a_picture(form, size=(400, 300))
    with pytest.raises(PictureUnusable):
        read_picture(content[: len(content) // 2])


@pytest.mark.anyio
async def test_more_bytes_than_allowed_are_not_looked_at() -> None:
    with pytest.raises(PictureTooLarge):
        await read_pictures([b"\xff\xd8" + b"\0" * BYTES_MAX])


@settings(max_examples=150, deadline=None)
@given(
    form=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    spots=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
    cut=st.floats(0.2, 1),
)
def test_damaged_pictures_are_read_or_refused_and_nothing_else(
    form: str, spots: list[tuple[float, bytes]], cut: float
) -> None:
    content = bytearray(a_picture(form, size=(33, 21)))
    for place, damage in spots:
        at = int(place * len(content))
        content[at : at + len(damage)] = damage
    try:
        picture = read_picture(bytes(content[: int(cut * len(content)) + 1]))
    except (PictureUnusable, PictureTooLarge):
        return
    assert opened(picture.content).format == "WEBP"
